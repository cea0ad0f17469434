package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.internal.node.NodeRuntime;
import org.mainstay.core.internal.run.ActionOrder;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.RegisteredKit;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.kit.Action;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;

/** Steps as this server does them, for itself and for others. Thread-safe; each call may wait for kits. */
final class LocalSteps {
    private static final long KIT_HOURS = 2;
    /** More than the guard waits for a device. */
    private static final long DISK_SECONDS = 15;

    private final NodeRuntime.Access node;
    private final KitForms forms;
    private final Locks locks;
    private final AdminLock adminLock;
    private final Supplier<List<String>> addresses;

    LocalSteps(NodeRuntime.Access node, Locks locks, AdminLock adminLock, Supplier<List<String>> addresses) {
        this.node = node;
        this.adminLock = adminLock;
        this.forms = new KitForms(node);
        this.locks = locks;
        this.addresses = addresses;
    }

    /** @param from server that asks */
    Step.Answer perform(String from, Step step) {
        try {
            return carryOut(from, step);
        } catch (Refusal e) {
            return Step.Answer.refused(e.exitCode(), e.getMessage());
        }
    }

    private Step.Answer carryOut(String from, Step step) throws Refusal {
        if (step instanceof Step.Lock lock) {
            Optional<String> refusal =
                    locks.lock(lock.keys(), new Locks.Holder(lock.operation(), from, lock.who(), lock.what()));
            Lcd own = node.cluster().snapshot().own();
            String version = own.incarnation() + "." + own.version();
            return refusal.map(text -> Step.Answer.refused(ExitCode.IN_USE, text))
                    .orElse(new Step.Answer(0, "locked", List.of(), List.of(), version));
        }
        if (step instanceof Step.Unlock unlock) {
            locks.unlock(unlock.operation());
            return Step.Answer.done("unlocked");
        }
        if (step instanceof Step.Extend extend) {
            return extend(extend);
        }
        if (step instanceof Step.Run run) {
            return run(run);
        }
        if (step instanceof Step.Validate validate) {
            return validate(validate);
        }
        if (step instanceof Step.HasAddress address) {
            boolean here = LocalAddresses.isLoopback(address.address())
                    || addresses.get().stream().anyMatch(own -> LocalAddresses.same(own, address.address()));
            return here
                    ? Step.Answer.done("it is here")
                    : Step.Answer.refused(
                            ExitCode.INVALID_ARGUMENT,
                            address.address() + " is on no interface there; addresses: "
                                    + String.join(", ", addresses.get()));
        }
        return cluster(step);
    }

    private Step.Answer cluster(Step step) throws Refusal {
        if (step instanceof Step.AdminLock lock) {
            return adminLock
                    .take(lock.holder())
                    .map(flag -> Step.Answer.refused(ExitCode.IN_USE, flag))
                    .orElse(Step.Answer.done("locked"));
        }
        if (step instanceof Step.AdminUnlock unlock) {
            return adminLock.release(unlock.operation())
                    ? Step.Answer.done("unlocked")
                    : Step.Answer.refused(ExitCode.NOT_FOUND, "not held");
        }
        if (step instanceof Step.DiskArea area) {
            GuardControl.HandleResult result = Job.wait(
                    node.guard().disk(area.verb(), area.device(), area.path()), DISK_SECONDS, TimeUnit.SECONDS);
            return result.done()
                    ? Step.Answer.done(result.message())
                    : Step.Answer.refused(ExitCode.INVALID_ARGUMENT, result.message());
        }
        if (step instanceof Step.PostScripts scripts) {
            Duration limit = Duration.ofSeconds(node.config().tunables().number("GLOBAL_SCRIPT_SECS", 300, 1));
            Optional<String> failed =
                    GlobalScripts.runHere(node, scripts.event(), true, scripts.arguments(), limit, line -> {});
            return failed.map(text -> Step.Answer.refused(ExitCode.SYSTEM_ERROR, text))
                    .orElse(Step.Answer.done("done"));
        }
        throw new Refusal(
                ExitCode.INTERNAL_ERROR, "unknown step " + step.getClass().getSimpleName());
    }

    private Step.Answer extend(Step.Extend extend) throws Refusal {
        ClusterSnapshot snapshot = node.cluster().snapshot();
        for (String holder : extend.holders()) {
            boolean reached = snapshot.own().rows(LcdSection.PATHS).values().stream()
                    .anyMatch(path ->
                            path.peer().equals(holder) && snapshot.paths().getOrDefault(path.id(), false));
            if (!holder.equals(snapshot.self()) && !reached) {
                // ADM-241
                throw new Refusal(
                        ExitCode.NO_COMMUNICATION,
                        "no comm path to " + holder + " is alive, which holds the hierarchy;"
                                + " create one with 'mainstay commpath create'");
            }
        }
        List<Step.Item> done = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Map<String, ResourceInfo> known = new HashMap<>();
        Resources.all(snapshot.own()).forEach(info -> known.put(info.tag(), info));
        for (Step.Item item : extend.items()) {
            RegisteredKit kit = forms.of(item.application(), item.type());
            checkFree(snapshot.own(), item);
            Creation creation = askKit(snapshot, kit, item, known, extend.holders());
            creation.remarks().forEach(remark -> remarks.add(item.tag() + ": " + remark));
            Step.Item extended = item.extended(creation.id(), kit.descriptor().version(), creation.properties());
            checkFree(snapshot.own(), extended);
            known.put(item.tag(), info(snapshot.self(), extended));
            done.add(extended);
        }
        return new Step.Answer(0, "the kits agree", remarks, done, "");
    }

    private static void checkFree(Lcd own, Step.Item item) throws Refusal {
        if (own.instance(item.tag()).isPresent()) {
            throw new Refusal(
                    ExitCode.EXISTS,
                    "there is already another resource with tag '" + item.tag() + "'; delete or rename one of them");
        }
        for (Instance other : own.instances().values()) {
            if (other.id().equals(item.id())) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        "resource '" + other.tag() + "' already has the id '" + item.id() + "' of '" + item.tag()
                                + "'");
            }
        }
    }

    private Creation askKit(
            ClusterSnapshot snapshot,
            RegisteredKit kit,
            Step.Item item,
            Map<String, ResourceInfo> known,
            List<String> holders)
            throws Refusal {
        Map<String, String> template = item.kitVersion().isEmpty()
                        || item.kitVersion().equals(kit.descriptor().version())
                ? item.properties()
                : kit.kit().migrate(item.kitVersion(), item.properties());
        Map<String, String> answers;
        try {
            answers = forms.complete(kit, Action.EXTEND, item.answers(), template, snapshot.own());
        } catch (Refusal e) {
            throw new Refusal(e.exitCode(), item.tag() + ": " + e.getMessage());
        }
        ResourceInfo resource = new ResourceInfo(
                snapshot.self(), item.tag(), item.id(), item.application(), item.type(), answers, false);
        ActionOrder order = new ActionOrder(
                Action.EXTEND,
                "",
                List.of(),
                resource,
                "",
                item.children().stream()
                        .map(known::get)
                        .filter(java.util.Objects::nonNull)
                        .toList(),
                List.copyOf(known.values()),
                holders,
                "extend",
                false,
                false);
        Ended<Creation> ended = Job.wait(node.runner().create(order, line -> {}), KIT_HOURS, TimeUnit.HOURS);
        if (!ended.answered()) {
            throw new Refusal(ExitCode.SYSTEM_ERROR, item.tag() + ": " + ended.message());
        }
        if (ended.value().refusal().isPresent()) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    item.tag() + ": " + ended.value().refusal().get());
        }
        return ended.value();
    }

    private static ResourceInfo info(String server, Step.Item item) {
        return new ResourceInfo(
                server, item.tag(), item.id(), item.application(), item.type(), item.properties(), false);
    }

    private Step.Answer run(Step.Run run) throws Refusal {
        Action action = run.action().equals(Action.DELETE.actionName()) ? Action.DELETE : Action.UNEXTEND;
        List<String> remarks = new ArrayList<>();
        for (String tag : run.tags()) {
            Lcd own = node.cluster().snapshot().own();
            Optional<ActionOrder> order = Resources.order(own, tag, action, run.action(), false);
            if (order.isEmpty()) {
                continue;
            }
            Ended<Outcome> ended =
                    Job.wait(node.runner().run(order.get(), line -> {}).result(), KIT_HOURS, TimeUnit.HOURS);
            if (ended.how() == Ended.How.NOT_RUN) {
                remarks.add(tag + " on " + own.server() + ": what its kit may have left behind was not undone: "
                        + ended.message());
            } else {
                Ended.Result result = Ended.Result.of(ended);
                if (!result.succeeded()) {
                    throw new Refusal(
                            ExitCode.SYSTEM_ERROR, run.action() + " of '" + tag + "' failed: " + result.message());
                }
            }
        }
        return new Step.Answer(0, "done", remarks, List.of(), "");
    }

    private Step.Answer validate(Step.Validate validate) throws Refusal {
        Lcd own = node.cluster().snapshot().own();
        Instance instance = own.instance(validate.tag())
                .orElseThrow(
                        () -> new Refusal(ExitCode.NOT_FOUND, "there is no resource '" + validate.tag() + "' there"));
        RegisteredKit kit = forms.of(instance.application(), instance.type());
        Instance changed =
                instance.withProperties(validate.properties(), kit.descriptor().version());
        Optional<ActionOrder> order = Resources.order(own.with(changed), validate.tag(), Action.VALIDATE, "set", false);
        Ended.Result result = Ended.Result.of(
                Job.wait(node.runner().run(order.orElseThrow(), line -> {}).result(), KIT_HOURS, TimeUnit.HOURS));
        return result.succeeded()
                ? Step.Answer.done(result.message())
                : Step.Answer.refused(ExitCode.INVALID_ARGUMENT, validate.tag() + ": " + result.message());
    }
}

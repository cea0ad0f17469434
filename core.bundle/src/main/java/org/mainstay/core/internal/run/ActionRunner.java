package org.mainstay.core.internal.run;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.core.internal.host.HostFactory;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the actions of kits on worker threads, each with the time limit of its kit's descriptor. Thread-safe; never blocks; the
 * stages complete exactly once, never exceptionally, on any thread.
 */
public final class ActionRunner {
    /** Log of actions: tag and action begin each line. */
    private static final Logger LOG = LoggerFactory.getLogger("org.mainstay.action");
    /** A form must answer within a second; a little more for a busy machine. */
    private static final Duration FORM_LIMIT = Duration.ofSeconds(5);

    private final Workers workers;
    private final KitRegistry kits;
    private final HostFactory hosts;
    private final Tunables tunables;
    private final Handles handles;

    /**
     * The parts are closed by whoever made them.
     *
     * @param handles asked before a failure counts
     */
    public ActionRunner(Workers workers, KitRegistry kits, HostFactory hosts, Tunables tunables, Handles handles) {
        this.workers = workers;
        this.kits = kits;
        this.hosts = hosts;
        this.tunables = tunables;
        this.handles = handles;
    }

    /**
     * Runs restore, remove, recover, delete, unextend, validate or an own action. Waits for its turn: one action of an instance
     * at a time.
     *
     * @param progress called with what the action tells the operator
     */
    public Running<Outcome> run(ActionOrder order, Consumer<String> progress) {
        return run(order, Optional::empty, progress);
    }

    /**
     * As {@link #run(ActionOrder, Consumer)}.
     *
     * @param refusal asked on the worker thread immediately before the kit, and before each command in the course of the action:
     *     why it must not start any more. A manager that stood still in the middle of a restore must not go on with it when its
     *     right to run has ended meanwhile (I1)
     */
    public Running<Outcome> run(ActionOrder order, Supplier<Optional<String>> refusal, Consumer<String> progress) {
        Call.Kind kind = order.action() == Action.VALIDATE ? Call.Kind.LOOK : Call.Kind.CHANGE;
        return call(order, kind, progress, (kit, context) -> {
            Optional<String> why = refusal.get();
            if (why.isPresent()) {
                return Outcome.failed(why.get());
            }
            context.control().revokedWhen(() -> refusal.get().isPresent());
            return out(order, perform(kit, order, context));
        });
    }

    /** Runs quickCheck or deepCheck, unless something else of the instance runs. Code that does not link has not looked. */
    public CompletionStage<Ended<Outcome>> check(ActionOrder order) {
        return call(order, Call.Kind.CHECK, message -> {}, (kit, context) -> {
                    try {
                        return perform(kit, order, context);
                    } catch (LinkageError e) {
                        throw defect(order, "its code does not fit together (" + e + ")", e);
                    }
                })
                .result();
    }

    /** Looks what the resource is on this machine; runs beside other actions. */
    public CompletionStage<Ended<Probe>> probe(ActionOrder order) {
        return call(order, Call.Kind.LOOK, true, message -> {}, (kit, context) -> out(order, kit.probe(context)))
                .result();
    }

    /** A command that a kill did not end may still do what it was begun for, such as mount: nothing is out before it has ended. */
    private Outcome out(ActionOrder order, Outcome answer) {
        return order.action() == Action.REMOVE && answer != null && answer.succeeded()
                ? hangs(order)
                        .map(why -> Outcome.failed(why + ". The kit says: " + answer.message(), answer.detail()))
                        .orElse(answer)
                : answer;
    }

    private Probe out(ActionOrder order, Probe answer) {
        return answer != null && answer.state() == Probe.State.STOPPED
                ? hangs(order)
                        .map(why -> Probe.unknown(why + ". The kit says: " + answer.message()))
                        .orElse(answer)
                : answer;
    }

    private Optional<String> hangs(ActionOrder order) {
        String tag = order.resource().tag();
        return hosts.survivors(tag)
                .map(processes -> "a command of an earlier action of " + tag
                        + " hangs in the kernel, a kill does not end it, and it may still take effect: " + processes
                        + "; " + tag + " counts as in service here until it has ended");
    }

    /** Asks the kit to check and complete a create or extend; the order's resource holds the answers. */
    public CompletionStage<Ended<Creation>> create(ActionOrder order, Consumer<String> progress) {
        return call(
                        order,
                        Call.Kind.LOOK,
                        progress,
                        (kit, context) -> order.action() == Action.EXTEND ? kit.extend(context) : kit.create(context))
                .result();
    }

    /**
     * Returns the text forms of how to end the instance on this machine without its kit: the kit's handles and the instance's
     * control group, to be recorded before each restore.
     */
    public CompletionStage<Ended<List<String>>> killHandles(ActionOrder order) {
        return call(order, Call.Kind.LOOK, message -> {}, (kit, context) -> {
                    List<String> handles = new ArrayList<>();
                    for (KillHandle handle : kit.killHandles(context)) {
                        handles.add(handle.encode());
                    }
                    hosts.processHandle(order.resource().tag())
                            .map(KillHandle::encode)
                            .ifPresent(handles::add);
                    return handles;
                })
                .result();
    }

    /** Returns the fields to ask next; empty fields of an unknown kit are reported as not run. */
    public CompletionStage<Ended<List<Field>>> form(
            RegisteredKit kit, Action purpose, Map<String, String> answers, List<ResourceInfo> resources) {
        String name = "form of " + kit.key();
        return workers.submit(new Call<>(name, "", Call.Kind.LOOK, FORM_LIMIT, kit.kit(), control -> {
                    Host host = FencedHost.of(hosts.forLook("", control, LOG), control);
                    return kit.kit().form(new Form(purpose, Map.copyOf(answers), List.copyOf(resources), host));
                }))
                .result();
    }

    /**
     * Waits for what a kit does that goes away, then cancels what has not ended; answers after that no longer count.
     *
     * @param drain how long actions that run may go on
     */
    public void kitGone(RecoveryKit kit, Duration drain) throws InterruptedException {
        workers.awaitOwner(kit, drain);
        workers.cancelOwner(kit, "its kit was uninstalled or is being upgraded");
    }

    /** Returns whether an action or a check of the instance runs or waits. */
    public boolean busy(String tag) {
        return workers.busy(tag);
    }

    /** Returns whether an action of the instance hangs beyond its end, and what it can still do. */
    public Hang hang(String tag) {
        return workers.hang(tag);
    }

    /** What is asked of the kit. */
    private interface Question<T> {
        T ask(RecoveryKit kit, KitContext context);
    }

    private <T> Running<T> call(ActionOrder order, Call.Kind kind, Consumer<String> progress, Question<T> question) {
        return call(order, kind, order.action() == Action.REMOVE, progress, question);
    }

    private <T> Running<T> call(
            ActionOrder order, Call.Kind kind, boolean urgent, Consumer<String> progress, Question<T> question) {
        ResourceInfo resource = order.resource();
        Optional<RegisteredKit> found = kits.find(resource.application(), resource.type());
        if (found.isEmpty()) {
            String key = RegisteredKit.key(resource.application(), resource.type());
            return Running.ended(Ended.without(
                    Ended.How.NOT_RUN,
                    "the kit " + key + " is not installed here; install its feature, then try again"));
        }
        RegisteredKit kit = found.get();
        String name = order.actionName() + " " + resource.tag();
        String lane = kind == Call.Kind.LOOK ? "" : resource.tag();
        Duration limit = kit.descriptor().timeLimit(order.action());
        return workers.submit(new Call<>(name, lane, kind, limit, urgent, kit.kit(), control -> {
            if (!kits.present(kit)) {
                throw new KitGone(kit.key());
            }
            Consumer<String> told = message -> {
                LOG.info("{} {}: {}", resource.tag(), order.actionName(), message);
                progress.accept(message);
            };
            Host host = FencedHost.of(
                    changes(order, kind)
                            ? hosts.forAction(resource.tag(), control, LOG)
                            : hosts.forLook(resource.tag(), control, LOG),
                    control);
            KitContext context = new KitContext(migrated(kit, order), control, host, tunables, told);
            T answer = ask(order, question, kit.kit(), context);
            if (answer == null) {
                throw new IllegalStateException("the kit answered nothing, which is a defect of the kit");
            }
            return answer;
        }));
    }

    /** A check or probe that hangs cannot take effect later; create and extend may make file systems, though they need no turn. */
    private static boolean changes(ActionOrder order, Call.Kind kind) {
        return kind == Call.Kind.CHANGE || order.action() == Action.CREATE || order.action() == Action.EXTEND;
    }

    /**
     * What fails because this process has no file handles left says nothing of the resource, and "nothing is left of it" may be said for the
     * same reason: the handles are looked at before either counts. Restore and remove are done again by the process that follows.
     */
    private <T> T ask(ActionOrder order, Question<T> question, RecoveryKit kit, KitContext context) {
        boolean certain = false;
        try {
            T answer = question.ask(kit, context);
            log(order, answer);
            certain = certain(order, answer);
            return answer;
        } finally {
            if (!certain) {
                handles.check();
            }
        }
    }

    private static boolean certain(ActionOrder order, Object answer) {
        if (answer instanceof Probe probe) {
            return probe.state() == Probe.State.RUNNING;
        }
        return !(answer instanceof Outcome outcome) || outcome.succeeded() && order.action() != Action.REMOVE;
    }

    /** Properties that another version of the kit wrote are converted each time; they are stored when next set. */
    private ActionOrder migrated(RegisteredKit kit, ActionOrder order) {
        String from = order.kitVersion();
        if (from.isEmpty() || from.equals(kit.descriptor().version())) {
            return order;
        }
        try {
            return order.withProperties(kit.kit().migrate(from, order.resource().properties()));
        } catch (RuntimeException | LinkageError e) {
            throw defect(order, "it cannot read the properties that its version " + from + " wrote (" + e + ")", e);
        }
    }

    /** What a kit cannot do for its own fault is told once, and does not count against what it protects (I8). */
    private KitDefect defect(ActionOrder order, String why, Throwable cause) {
        String text =
                order.actionName() + " of " + order.resource().tag() + " did not take place, because its kit does not "
                        + "work: " + why + "; it goes on unwatched until another version of the kit is installed";
        kits.defect(order.resource().application(), order.resource().type(), text);
        return new KitDefect(text, cause);
    }

    private static Outcome perform(RecoveryKit kit, ActionOrder order, ActionContext context) {
        switch (order.action()) {
            case RESTORE:
                return kit.restore(context);
            case REMOVE:
                return kit.remove(context);
            case RECOVER:
                return kit.recover(context);
            case DELETE:
                return kit.delete(context);
            case UNEXTEND:
                return kit.unextend(context);
            case VALIDATE:
                return kit.validate(context);
            case QUICK_CHECK:
                return kit.quickCheck(context);
            case DEEP_CHECK:
                return kit.deepCheck(context);
            case EXTRA:
                return kit.perform(order.extra(), order.arguments(), context);
            case CREATE:
            case EXTEND:
            case PROBE:
                break;
        }
        throw new IllegalArgumentException(order.action() + " has an answer of its own kind");
    }

    private static void log(ActionOrder order, Object answer) {
        String tag = order.resource().tag();
        if (answer instanceof Outcome outcome) {
            boolean check = order.action() == Action.QUICK_CHECK || order.action() == Action.DEEP_CHECK;
            if (!outcome.succeeded()) {
                LOG.warn("{} {} failed: {}", tag, order.actionName(), outcome.message());
                outcome.detail()
                        .lines()
                        .limit(200)
                        .forEach(line -> LOG.warn("{} {} | {}", tag, order.actionName(), line));
            } else if (check) {
                LOG.debug("{} {}: {}", tag, order.actionName(), outcome.message());
            } else {
                LOG.info("{} {} succeeded: {}", tag, order.actionName(), outcome.message());
            }
        } else {
            LOG.debug("{} {}: {}", tag, order.actionName(), answer);
        }
    }

    /** The limit of an action as its kit states it, for those who wait for it elsewhere. */
    public Duration limit(String application, String type, Action action) {
        return kits.find(application, type)
                .map(kit -> kit.descriptor().timeLimit(action))
                .orElseGet(() ->
                        KitDescriptor.builder(application, type, "", "").build().timeLimit(action));
    }

    /** What a kit is given to choose its fields. */
    private record Form(Action purpose, Map<String, String> answers, List<ResourceInfo> resources, Host host)
            implements FormContext {}
}

package org.mainstay.kit.testkit;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;

/**
 * What every kit has to keep, whatever it protects: an honest probe, restore and remove that may be repeated, checks that agree
 * with the probe, actions that end when their time is up, nothing left behind. Runs on the real machine. What is not kept is an
 * {@link AssertionError} that says which promise was broken.
 */
public final class KitContract {
    /** How late an action may come back after its time is up. */
    private static final Duration LATE = Duration.ofSeconds(30);

    private final RecoveryKit kit;
    private final KitBench bench;
    private final ResourceInfo stopped;
    private final ResourceInfo serving;

    /** @param resource a created resource that is not in service and can be brought into service on this machine */
    public KitContract(RecoveryKit kit, KitBench bench, ResourceInfo resource) {
        this.kit = kit;
        this.bench = bench;
        this.stopped = withState(resource, false);
        this.serving = withState(resource, true);
    }

    /** Returns the resource as it is seen while in service or out of it. */
    public static ResourceInfo withState(ResourceInfo resource, boolean inService) {
        return new ResourceInfo(
                resource.server(),
                resource.tag(),
                resource.id(),
                resource.application(),
                resource.type(),
                resource.properties(),
                inService);
    }

    /** Takes the resource through its whole life and checks every promise; it is out of service and deleted afterwards. */
    public void check() {
        describesItself();
        asksWithinASecond();
        isStoppedBeforeItsFirstRestore();
        comesIntoServiceOnce();
        validatesWithoutChangingAnything();
        namesKillHandlesThatSurviveStorage();
        if (kit.descriptor().localRecovery()) {
            succeeds("recover of what runs", kit.recover(context(serving)));
            probes(Probe.State.RUNNING, "after recover");
        }
        leavesServiceAndNothingBehind();
        endsWhenItsTimeIsUp();
        succeeds("remove after an interrupted restore", kit.remove(context(serving)));
        probes(Probe.State.STOPPED, "after the remove that follows an interrupted restore");
        succeeds("delete", kit.delete(context(stopped)));
        succeeds("a second delete", kit.delete(context(stopped)));
    }

    private ActionContext context(ResourceInfo resource) {
        return bench.context(resource);
    }

    private void describesItself() {
        KitDescriptor descriptor = kit.descriptor();
        demand(
                descriptor == kit.descriptor()
                        || descriptor.version().equals(kit.descriptor().version()),
                "the descriptor is constant");
        demand(descriptor.type().matches("[A-Za-z][A-Za-z0-9-]*"), "the type is a plain word: " + descriptor.type());
        demand(!descriptor.title().isBlank(), "the kit has a title");
        demand(descriptor.version().matches("\\d+\\.\\d+\\.\\d+.*"), "the version is like 1.0.0");
        for (Action action : Action.values()) {
            demand(descriptor.timeLimit(action).compareTo(Duration.ZERO) > 0, action + " has a time limit");
        }
        fieldsAreClear(descriptor.fields());
    }

    private static void fieldsAreClear(List<Field> fields) {
        Set<String> names = new HashSet<>();
        for (Field field : fields) {
            demand(names.add(field.name()), "the field " + field.name() + " is there once");
            demand(!field.label().isBlank(), "the field " + field.name() + " has a label");
            field.defaultValue()
                    .ifPresent(value -> demand(
                            field.kind() != Field.Kind.CHOICE || field.choices().contains(value),
                            "the default of " + field.name() + " is one of its choices"));
        }
    }

    private void asksWithinASecond() {
        for (Map<String, String> answers : List.of(Map.<String, String>of(), stopped.properties())) {
            long begin = System.nanoTime();
            List<Field> fields =
                    kit.form(new Questions(answers, context(stopped).host()));
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            // a second is promised; a machine that builds at the same time is given more
            demand(took < 10_000, "the form answers within a second, took " + took + " ms");
            fieldsAreClear(fields);
        }
    }

    private record Questions(Map<String, String> answers, Host host) implements FormContext {
        @Override
        public Action purpose() {
            return Action.CREATE;
        }

        @Override
        public List<ResourceInfo> resources() {
            return List.of();
        }
    }

    private void isStoppedBeforeItsFirstRestore() {
        probes(Probe.State.STOPPED, "before the first restore");
        succeeds("remove of what is not in service", kit.remove(context(stopped)));
        probes(Probe.State.STOPPED, "after a remove of what is not in service");
        demand(
                !kit.quickCheck(context(serving)).succeeded()
                        || !kit.deepCheck(context(serving)).succeeded(),
                "a check fails while nothing serves");
    }

    private void comesIntoServiceOnce() {
        succeeds("restore", kit.restore(context(stopped)));
        probes(Probe.State.RUNNING, "after restore");
        succeeds("quickCheck", kit.quickCheck(context(serving)));
        succeeds("deepCheck", kit.deepCheck(context(serving)));
        List<Long> before = context(serving).host().processes().inService();
        succeeds("restore of what runs", kit.restore(context(serving)));
        List<Long> after = context(serving).host().processes().inService();
        demand(
                before.isEmpty() || after.stream().anyMatch(before::contains),
                "restore of what runs leaves its processes alone: " + before + " became " + after);
        probes(Probe.State.RUNNING, "after a second restore");
    }

    private void validatesWithoutChangingAnything() {
        succeeds("validate", kit.validate(context(serving)));
        probes(Probe.State.RUNNING, "after validate");
    }

    private void namesKillHandlesThatSurviveStorage() {
        for (KillHandle handle : kit.killHandles(context(serving))) {
            demand(KillHandle.parse(handle.encode()).equals(handle), "the kill handle " + handle + " can be stored");
        }
        probes(Probe.State.RUNNING, "after asking for the kill handles");
    }

    private void leavesServiceAndNothingBehind() {
        succeeds("remove", kit.remove(context(serving)));
        probes(Probe.State.STOPPED, "after remove");
        List<Long> left = context(stopped).host().processes().inService();
        demand(left.isEmpty(), "no process is left after remove: " + left);
        succeeds("remove of what is gone", kit.remove(context(stopped)));
        demand(
                !kit.quickCheck(context(serving)).succeeded()
                        || !kit.deepCheck(context(serving)).succeeded(),
                "a check fails after remove");
    }

    /** An action whose time is up reports so, or throws what its host throws; either way it comes back. */
    private void endsWhenItsTimeIsUp() {
        bench.limit(Duration.ofMillis(1));
        ActionContext late = context(stopped);
        bench.limit(Duration.ofSeconds(60));
        long begin = System.nanoTime();
        try {
            kit.restore(late);
        } catch (RuntimeException e) {
            demand(late.cancelled(), "restore throws only because its time is up: " + e);
        }
        long took = System.nanoTime() - begin;
        demand(
                took < LATE.toNanos(),
                "restore comes back when its time is up, took " + TimeUnit.NANOSECONDS.toSeconds(took) + " s");
    }

    private void probes(Probe.State expected, String when) {
        Probe probe = kit.probe(context(expected == Probe.State.RUNNING ? serving : stopped));
        demand(probe.state() == expected, when + " the probe says " + expected + ", not " + probe);
    }

    private static void succeeds(String what, Outcome outcome) {
        demand(outcome.succeeded(), what + " succeeds, not " + outcome + "\n" + outcome.detail());
        demand(!outcome.message().isBlank(), what + " says what was done");
    }

    private static void demand(boolean kept, String promise) {
        if (!kept) {
            throw new AssertionError("broken promise: " + promise);
        }
    }
}

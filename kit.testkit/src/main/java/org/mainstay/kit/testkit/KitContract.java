package org.mainstay.kit.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
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
 * The contract of {@link RecoveryKit}, run against a kit and a resource that can really be started and stopped where the test runs. Every
 * kit passes it:
 *
 * <ul>
 *   <li>restore and remove may be repeated and change nothing the second time;
 *   <li>probe and checks tell the truth, before, while and after it serves, and when it is broken behind the kit's back;
 *   <li>what is begun after its time is over ends soon and starts nothing;
 *   <li>a restore that is cancelled in its middle ends soon, claims nothing, and leaves what remove takes away;
 *   <li>a remove that is cancelled in its middle ends soon, claims nothing, and leaves what the next remove takes away;
 *   <li>nothing is left after remove: no process, no thread, no trace that the test names;
 *   <li>no method throws, answers nothing, or answers differently from one moment to the next.
 * </ul>
 *
 * <p>Collects everything that is broken before it fails, so that one run shows all of it. One thread.
 */
public final class KitContract {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    /** A cancelled action comes back within this time, or hangs; generous for a busy machine. */
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(20);

    private static final String NO_ACTION = "no-such-action";

    private final RecoveryKit kit;
    private final BiFunction<ResourceInfo, Duration, CreateContext> contexts;
    private final List<String> broken = new ArrayList<>();
    private Consumer<ResourceInfo> breaker = resource -> {};
    private boolean breaks;
    private Supplier<Set<String>> traces = Set::of;
    private Supplier<Set<String>> marks = Set::of;
    private Duration settle = Duration.ofSeconds(30);
    private Duration grace = CANCEL_GRACE;
    private List<Cut.Step> steps = List.of();
    private List<Cut.Step> removeSteps = List.of();

    /**
     * @param kit the kit
     * @param contexts makes the context of one action of a resource that has so much time
     */
    public KitContract(RecoveryKit kit, BiFunction<ResourceInfo, Duration, CreateContext> contexts) {
        this.kit = kit;
        this.contexts = contexts;
    }

    /** Runs the contract on a workbench. */
    public static KitContract on(KitBench bench, RecoveryKit kit) {
        return new KitContract(kit, (resource, limit) -> bench.limit(limit).context(resource));
    }

    /** Sets how the test breaks what serves, behind the kit's back; without it the honesty of checks is seen at rest only. */
    public KitContract breaking(Consumer<ResourceInfo> value) {
        breaker = value;
        breaks = true;
        return this;
    }

    /** Sets what must be the same before restore and after remove, such as addresses, mounts, files or ports. */
    public KitContract leavingNothing(Supplier<Set<String>> value) {
        traces = value;
        return this;
    }

    /** Sets what must be the same before and after a second restore, such as process ids; those in the control group are compared anyway. */
    public KitContract unchangedByRepetition(Supplier<Set<String>> value) {
        marks = value;
        return this;
    }

    /** Sets how long threads that end by themselves are waited for; 30 s unless set. */
    public KitContract settlingWithin(Duration value) {
        settle = value;
        return this;
    }

    /** Sets how soon after it was cancelled an action must have ended; 20 s unless set. */
    public KitContract endingWithin(Duration value) {
        grace = value;
        return this;
    }

    /**
     * Runs the contract; the resource is out of service before and afterwards.
     *
     * @param created a resource that can be brought into service here
     * @throws AssertionError naming everything the kit does not keep
     */
    public void verify(ResourceInfo created) {
        ResourceInfo resource = withState(created, false);
        broken.clear();
        Set<Thread> threads = Thread.getAllStackTraces().keySet();
        Set<String> before = traces.get();
        describes(resource);
        atRest(resource, "before the first restore");
        tooLate(resource);
        serves(resource);
        isBroken(resource);
        rests(resource);
        cutShort(resource, before);
        removeCutShort(resource, before);
        undone(resource);
        equal("traces are left after remove", before, traces.get());
        Set<String> left = KitThreads.left(kit, threads, settle);
        require(left.isEmpty(), "threads of the kit stay: " + left);
        if (!broken.isEmpty()) {
            throw new AssertionError("the " + kit.descriptor().title() + " kit breaks the contract of kits:\n- "
                    + String.join("\n- ", broken));
        }
    }

    private void describes(ResourceInfo resource) {
        KitDescriptor descriptor = kit.descriptor();
        require(descriptor.application().matches("[A-Za-z0-9_-]{1,64}"), "the application is no plain name");
        require(descriptor.type().matches("[A-Za-z0-9_-]{1,64}"), "the type is no plain name");
        require(
                !descriptor.version().isBlank(),
                "the version is empty, so nobody can tell which one wrote the properties");
        require(!descriptor.title().isBlank(), "the title is empty");
        require(
                descriptor.version().equals(kit.descriptor().version())
                        && descriptor.type().equals(kit.descriptor().type()),
                "the descriptor changes from call to call");
        for (Action action : Action.values()) {
            require(
                    descriptor.timeLimit(action).compareTo(Duration.ofHours(25)) <= 0,
                    action + " may take over 25 hours");
        }
        fieldsAreClear(descriptor.fields());
        asks(resource);
        migrates(resource, descriptor);
        Outcome unknown = call("perform", () -> kit.perform(NO_ACTION, List.of(), context(resource)));
        require(unknown == null || !unknown.succeeded(), "an action it does not have succeeds");
    }

    private void fieldsAreClear(List<Field> fields) {
        Set<String> names = new HashSet<>();
        for (Field field : fields) {
            require(names.add(field.name()), "the field '" + field.name() + "' is there twice");
            require(!field.label().isBlank(), "the field '" + field.name() + "' has no label");
            boolean choosable = field.kind() != Field.Kind.CHOICE
                    || field.defaultValue().map(field.choices()::contains).orElse(true);
            require(choosable, "the default of the field '" + field.name() + "' is none of its choices");
        }
    }

    /** The form is asked while somebody waits: a second is promised, a busy machine is given more. */
    private void asks(ResourceInfo resource) {
        for (Map<String, String> answers : List.of(Map.<String, String>of(), resource.properties())) {
            long begin = System.nanoTime();
            List<Field> fields = call("form", () -> kit.form(new Questions(answers, context(resource))));
            Duration taken = Duration.ofNanos(System.nanoTime() - begin);
            require(taken.compareTo(CANCEL_GRACE) < 0, "form takes " + taken.toSeconds() + " s");
            fieldsAreClear(fields == null ? List.of() : fields);
        }
    }

    private record Questions(Map<String, String> answers, ActionContext context) implements FormContext {
        @Override
        public Action purpose() {
            return Action.CREATE;
        }

        @Override
        public Host host() {
            return context.host();
        }

        @Override
        public List<ResourceInfo> resources() {
            return List.of();
        }
    }

    private void migrates(ResourceInfo resource, KitDescriptor descriptor) {
        Map<String, String> properties = resource.properties();
        Map<String, String> same = call("migrate", () -> kit.migrate(descriptor.version(), properties));
        require(same == null || same.equals(properties), "migrate changes properties of its own version");
        for (String other : List.of("0.0.1", "999.0.0")) {
            Map<String, String> once = call("migrate from " + other, () -> kit.migrate(other, properties));
            if (once != null) {
                Map<String, String> twice = call("migrate from " + other, () -> kit.migrate(other, once));
                require(once.equals(twice), "migrate from " + other + " twice differs from once");
            }
        }
    }

    private void atRest(ResourceInfo resource, String when) {
        probed(resource, Probe.State.STOPPED, when);
        // a check of what should not serve may succeed because there is nothing to check; what should serve and does
        // not is found
        fails("quickCheck", inService(resource), kit::quickCheck, when + ", although nothing serves");
        fails("deepCheck", inService(resource), kit::deepCheck, when + ", although nothing serves");
        succeeds("remove", resource, kit::remove, when + ", although nothing is to be removed");
        probed(resource, Probe.State.STOPPED, when + ", after a remove");
    }

    /** An action whose time is over ends soon and has started nothing. */
    private void tooLate(ResourceInfo resource) {
        long begin = System.nanoTime();
        String answer = lateRestore(resource);
        Duration taken = Duration.ofNanos(System.nanoTime() - begin);
        Probe probe = call("probe", () -> kit.probe(context(resource)));
        require(
                probe == null || probe.state() == Probe.State.STOPPED,
                "restore has started something although its time was over (" + answer + ")");
        require(
                taken.compareTo(CANCEL_GRACE) < 0,
                "restore goes on for " + taken.toSeconds() + " s after its time was over: look at cancelled()");
        succeeds("remove", resource, kit::remove, "after a restore that had no time");
        probed(resource, Probe.State.STOPPED, "after a restore that had no time, and its remove");
    }

    /** The host refuses whoever comes too late by an exception, which the kit need not catch. */
    private String lateRestore(ResourceInfo resource) {
        CreateContext late = contexts.apply(resource, Duration.ofMillis(1));
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!late.cancelled() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        try {
            return String.valueOf(kit.restore(late));
        } catch (RuntimeException e) {
            return e.toString();
        }
    }

    private void serves(ResourceInfo resource) {
        succeeds("validate", resource, kit::validate, "before the first restore");
        List<String> handles = handles(resource);
        Cut whole = new Cut(context(resource), -1, Duration.ZERO, grace);
        succeeds("restore", kit::restore, whole.context(), "the first time");
        steps = whole.steps();
        ResourceInfo serving = inService(resource);
        serving(serving, "after restore");
        Set<String> first = marks(serving);
        succeeds("restore", serving, kit::restore, "again, although it serves");
        equal("a second restore changes what runs", first, marks(serving));
        serving(serving, "after a second restore");
        equal("the kill handles differ before and after restore", Set.copyOf(handles), Set.copyOf(handles(serving)));
    }

    private void serving(ResourceInfo serving, String when) {
        probed(serving, Probe.State.RUNNING, when);
        succeeds("quickCheck", serving, kit::quickCheck, when);
        succeeds("deepCheck", serving, kit::deepCheck, when);
        probed(serving, Probe.State.RUNNING, when + " and its checks");
    }

    private void isBroken(ResourceInfo resource) {
        if (!breaks) {
            return;
        }
        ResourceInfo serving = inService(resource);
        breaker.accept(serving);
        Probe probe = call("probe", () -> kit.probe(context(serving)));
        require(probe == null || probe.state() != Probe.State.RUNNING, "probe says RUNNING of what was broken");
        Outcome quick = call("quickCheck", () -> kit.quickCheck(context(serving)));
        Outcome deep = call("deepCheck", () -> kit.deepCheck(context(serving)));
        require(
                quick == null || deep == null || !deep.succeeded(),
                "deepCheck finds nothing wrong with what was broken");
        if (kit.descriptor().localRecovery()) {
            succeeds("recover", serving, kit::recover, "of what was broken");
            serving(serving, "after recover");
        }
    }

    private void rests(ResourceInfo resource) {
        Cut whole = new Cut(context(inService(resource)), -1, Duration.ZERO, grace);
        succeeds("remove", kit::remove, whole.context(), "of what serves");
        removeSteps = whole.steps();
        List<Long> left = call("inService", () -> processes(context(resource)));
        require(left == null || left.isEmpty(), "remove leaves the processes " + left);
        atRest(resource, "after remove");
    }

    /** Restore is cancelled before some of its steps, and while the longest of them runs; then it is as if it had never been. */
    private void cutShort(ResourceInfo resource, Set<String> before) {
        for (Moment moment : Moment.of(steps)) {
            cutShort("restore", kit::restore, resource, moment, Probe.State.RUNNING, "nothing serves");
            removedAfter("a restore that was cancelled " + moment, resource, before);
        }
        succeeds("restore", resource, kit::restore, "after restores that were cancelled");
        probed(inService(resource), Probe.State.RUNNING, "after restores that were cancelled");
        removedAfter("a restore", inService(resource), before);
    }

    /** So is remove: it claims nothing that is not so, and the next one takes away what is left. */
    private void removeCutShort(ResourceInfo resource, Set<String> before) {
        for (Moment moment : Moment.of(removeSteps)) {
            succeeds("restore", resource, kit::restore, "before a remove that is cancelled");
            cutShort("remove", kit::remove, inService(resource), moment, Probe.State.STOPPED, "something is left");
            removedAfter("a remove that was cancelled " + moment, inService(resource), before);
        }
    }

    /**
     * @param claimed what probe must say if the action succeeds all the same
     * @param otherwise what is wrong if it does not
     */
    private void cutShort(
            String name,
            Function<ActionContext, Outcome> action,
            ResourceInfo resource,
            Moment moment,
            Probe.State claimed,
            String otherwise) {
        Cut cut = new Cut(context(resource), moment.step(), moment.into(), grace);
        Outcome outcome = null;
        try {
            outcome = action.apply(cut.context());
        } catch (CancellationException e) {
            // the host's own refusal, which the kit need not catch
        } catch (RuntimeException | LinkageError e) {
            broken.add(name + " throws " + e + " when it is cancelled " + moment);
        }
        Duration taken = cut.sinceCut();
        require(
                taken.compareTo(grace) < 0,
                name + " goes on for " + taken.toSeconds() + " s after it was cancelled " + moment
                        + ": look at cancelled(), not only at the time that remains");
        Probe probe = call("probe", () -> kit.probe(context(resource)));
        require(
                outcome == null || !outcome.succeeded() || probe == null || probe.state() == claimed,
                name + " succeeds although it was cancelled " + moment + " and " + otherwise);
    }

    private void removedAfter(String what, ResourceInfo resource, Set<String> before) {
        succeeds("remove", resource, kit::remove, "after " + what);
        probed(withState(resource, false), Probe.State.STOPPED, "after " + what + ", and its remove");
        List<Long> left = call("inService", () -> processes(context(resource)));
        require(left == null || left.isEmpty(), what + " and its remove leave the processes " + left);
        equal("traces are left after " + what + " and its remove", before, traces.get());
    }

    private void undone(ResourceInfo resource) {
        for (int i = 1; i <= 2; i++) {
            String time = i == 1 ? "after remove" : "again";
            succeeds("unextend", resource, kit::unextend, time);
            succeeds("delete", resource, kit::delete, time);
        }
    }

    private List<String> handles(ResourceInfo resource) {
        List<KillHandle> handles = call("killHandles", () -> kit.killHandles(context(resource)));
        List<String> texts = new ArrayList<>();
        for (KillHandle handle : handles == null ? List.<KillHandle>of() : handles) {
            require(KillHandle.parse(handle.encode()).equals(handle), "the kill handle " + handle + " cannot be kept");
            texts.add(handle.encode());
        }
        return texts;
    }

    private Set<String> marks(ResourceInfo serving) {
        Set<String> all = new TreeSet<>(marks.get());
        List<Long> running = call("inService", () -> processes(context(serving)));
        if (running != null) {
            running.stream().filter(pid -> stays(pid, running)).forEach(pid -> all.add("process " + pid));
        }
        return all;
    }

    /**
     * Servers start and end workers as they like; what they descend from must stay. One that has ended since the list was
     * read has lost its parent, so life is asked for after descent.
     */
    private static boolean stays(long pid, List<Long> running) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        boolean worker = process.flatMap(ProcessHandle::parent)
                .map(parent -> running.contains(parent.pid()))
                .orElse(false);
        return !worker && process.map(ProcessHandle::isAlive).orElse(false);
    }

    /** Hosts of tests may have no processes: then nothing of the kit runs in a control group. */
    private static List<Long> processes(ActionContext context) {
        try {
            return context.host().processes().inService();
        } catch (UnsupportedOperationException e) {
            return List.of();
        }
    }

    /** Returns the resource as a kit is told of it while in service or out of service. */
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

    private static ResourceInfo inService(ResourceInfo resource) {
        return withState(resource, true);
    }

    private CreateContext context(ResourceInfo resource) {
        return contexts.apply(resource, LIMIT);
    }

    private void probed(ResourceInfo resource, Probe.State wanted, String when) {
        Probe probe = call("probe", () -> kit.probe(context(resource)));
        if (probe != null && probe.state() != wanted) {
            broken.add("probe says " + probe.state() + " (" + probe.message() + "), not " + wanted + ", " + when);
        }
        require(probe == null || !probe.message().isBlank(), "probe says nothing for people " + when);
    }

    private void succeeds(String name, ResourceInfo resource, Function<ActionContext, Outcome> action, String when) {
        succeeds(name, action, context(resource), when);
    }

    private void succeeds(String name, Function<ActionContext, Outcome> action, ActionContext context, String when) {
        Outcome outcome = call(name, () -> action.apply(context));
        if (outcome != null && !outcome.succeeded()) {
            broken.add(name + " fails " + when + ": " + outcome.message());
        }
        require(outcome == null || !outcome.message().isBlank(), name + " says nothing for people " + when);
    }

    private void fails(String name, ResourceInfo resource, Function<ActionContext, Outcome> action, String when) {
        Outcome outcome = call(name, () -> action.apply(context(resource)));
        if (outcome != null && outcome.succeeded()) {
            broken.add(name + " succeeds " + when + ": " + outcome.message());
        }
    }

    private <T> T call(String name, Supplier<T> method) {
        try {
            T answer = method.get();
            require(answer != null, name + " answers nothing");
            return answer;
        } catch (RuntimeException | LinkageError e) {
            broken.add(name + " throws " + e);
            return null;
        }
    }

    private void require(boolean holds, String otherwise) {
        if (!holds && !broken.contains(otherwise)) {
            broken.add(otherwise);
        }
    }

    private void equal(String otherwise, Set<String> before, Set<String> after) {
        Set<String> gone = new TreeSet<>(before);
        gone.removeAll(after);
        Set<String> come = new TreeSet<>(after);
        come.removeAll(before);
        require(gone.isEmpty() && come.isEmpty(), otherwise + ": gone " + gone + ", new " + come);
    }
}

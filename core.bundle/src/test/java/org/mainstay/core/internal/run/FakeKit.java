package org.mainstay.core.internal.run;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;

/** A kit whose actions a test decides; it records what it was asked and knows what "runs". */
public class FakeKit implements RecoveryKit {
    private final KitDescriptor descriptor;
    private final Map<Action, Function<ActionContext, Outcome>> behaviour = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Map<String, Boolean> running;
    private volatile boolean withoutHandles;
    private volatile Runnable look;
    private volatile Supplier<List<Field>> form;

    public FakeKit(KitDescriptor descriptor) {
        this(descriptor, new ConcurrentHashMap<>());
    }

    /** @param running what runs on the fake machine, by tag; outlives the kit */
    public FakeKit(KitDescriptor descriptor, Map<String, Boolean> running) {
        this.descriptor = descriptor;
        this.running = running;
    }

    public FakeKit on(Action action, Function<ActionContext, Outcome> what) {
        behaviour.put(action, what);
        return this;
    }

    /** From now on the kit cannot say how its resources are ended. */
    public void failKillHandles() {
        withoutHandles = true;
    }

    /** From now on this is done whenever the kit is asked for kill handles or a probe; null for nothing. */
    public void onLook(Runnable what) {
        look = what;
    }

    private void look() {
        Runnable own = look;
        if (own != null) {
            own.run();
        }
    }

    /** From now on a test decides what the form is; null for what it was. */
    public void answerForm(Supplier<List<Field>> answer) {
        form = answer;
    }

    @Override
    public List<Field> form(FormContext context) {
        Supplier<List<Field>> own = form;
        return own == null ? descriptor.fields() : own.get();
    }

    public void normal(Action action) {
        behaviour.remove(action);
    }

    /** Returns what was asked, as {@code action tag}. */
    public List<String> calls() {
        return calls;
    }

    public boolean runs(String tag) {
        return running.getOrDefault(tag, false);
    }

    public void die(String tag) {
        running.remove(tag);
    }

    @Override
    public KitDescriptor descriptor() {
        return descriptor;
    }

    private Outcome act(Action action, ActionContext context, Runnable effect) {
        calls.add(action.actionName() + " " + context.resource().tag());
        Function<ActionContext, Outcome> own = behaviour.get(action);
        Outcome outcome = own == null ? Outcome.success(action.actionName() + " done") : own.apply(context);
        if (outcome.succeeded()) {
            effect.run();
        }
        return outcome;
    }

    @Override
    public Creation create(CreateContext context) {
        Outcome outcome = act(Action.CREATE, context, () -> {});
        if (!outcome.succeeded()) {
            return Creation.refused(outcome.message());
        }
        Map<String, String> properties = context.resource().properties();
        String id = properties.getOrDefault("id", context.resource().tag());
        Creation creation = Creation.of(id, properties).withSuggestedTag("fake-" + properties.getOrDefault("id", "1"));
        String needs = properties.getOrDefault("needs", "");
        return needs.isEmpty() ? creation : creation.withChild(needs);
    }

    @Override
    public Creation extend(CreateContext context) {
        Outcome outcome = act(Action.EXTEND, context, () -> {});
        return outcome.succeeded()
                ? Creation.of(context.resource().id(), context.resource().properties())
                : Creation.refused(outcome.message());
    }

    @Override
    public Outcome delete(ActionContext context) {
        return act(Action.DELETE, context, () -> {});
    }

    @Override
    public Outcome restore(ActionContext context) {
        return act(Action.RESTORE, context, () -> running.put(context.resource().tag(), true));
    }

    @Override
    public Outcome remove(ActionContext context) {
        return act(
                Action.REMOVE, context, () -> running.remove(context.resource().tag()));
    }

    @Override
    public Outcome recover(ActionContext context) {
        return act(Action.RECOVER, context, () -> running.put(context.resource().tag(), true));
    }

    @Override
    public Probe probe(ActionContext context) {
        look();
        calls.add("probe " + context.resource().tag());
        return runs(context.resource().tag()) ? Probe.running("it runs") : Probe.stopped("it does not run");
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        return act(Action.QUICK_CHECK, context, () -> {});
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        return act(Action.DEEP_CHECK, context, () -> {});
    }

    @Override
    public Outcome validate(ActionContext context) {
        return act(Action.VALIDATE, context, () -> {});
    }

    @Override
    public Outcome perform(String name, List<String> arguments, ActionContext context) {
        calls.add(name + " " + context.resource().tag() + " " + arguments);
        return Outcome.success(name + " done");
    }

    @Override
    public List<KillHandle> killHandles(ActionContext context) {
        look();
        if (withoutHandles) {
            throw new IllegalStateException("the handles are not known");
        }
        return List.of(KillHandle.address("eth0", context.resource().property("address", "192.0.2.1/24")));
    }
}

package org.mainstay.core.internal.node;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.Overdue;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.internal.lcd.DocumentChange;
import org.mainstay.core.internal.run.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that feeds the decision core: takes events in order, decides, stores what changed in the databases, then has
 * the effects executed in order (design.md section 3). Events that wait together are stored together with one write; if that
 * fails, each is tried alone and those that fail are reported to the core as {@code PersistFailed}.
 *
 * <p>A question that a defect keeps from being decided is refused and nothing has happened. Every other defect (an event that
 * told of something, a commit, an effect that starts something) leaves in doubt what is and what is stored: then the manager ends
 * by its {@link LastResort} rather than run on and do nothing (decision 0038).
 */
public final class Loop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);
    private static final int GROUP = 64;
    private static final long IDLE_MILLIS = 500;

    /** Decides; {@code DecisionCore::decide}. */
    @FunctionalInterface
    public interface Decider {
        Decision decide(CoreState before, Input input);
    }

    /** What the loop drives. Methods are called on the loop's thread, unless they say otherwise, and must not block. */
    public interface Edge {
        /** A new state is stored and in force; called before its effects. */
        void entered(CoreState state);

        /** Executes an effect. */
        void execute(Effect effect);

        /** Called after each round, at least twice per second: the loop lives. */
        void alive(CoreState state);

        /**
         * Called on another thread: how long the commit that is under way has taken, a few times per second once it is slow, and 0
         * when it is over.
         */
        void committing(long ageMillis);

        /** Called on another thread, once for each commit that takes too long, while it does. */
        void overdue(long ageMillis);
    }

    /** Something that waits for its turn. @param event null if it may become void meanwhile: then {@code later} says so */
    private record Queued(Event event, Supplier<Optional<Event>> later) {
        Optional<Event> take() {
            return event == null ? later.get() : Optional.of(event);
        }
    }

    private record Step(Input input, CoreState after, List<Effect> effects, Origin origin, boolean stores) {}

    private final Decider decider;
    private final Database database;
    private final Edge edge;
    private final Clock clock;
    private final LastResort lastResort;
    private final BlockingQueue<Queued> queue = new LinkedBlockingQueue<>();
    private final DiskWatch disk = new DiskWatch(this::committing);
    private final Thread thread = Threads.named("mainstay-core").newThread(this::run);
    private volatile CoreState state;
    /** The state that the commit under way leads to. */
    private volatile CoreState reached;

    private boolean overdue;
    private Event first;
    private volatile boolean closed;

    /** @param clock wall clock, for display only */
    public Loop(Decider decider, Database database, Edge edge, Clock clock, LastResort lastResort) {
        this.decider = decider;
        this.database = database;
        this.edge = edge;
        this.clock = clock;
        this.lastResort = lastResort;
    }

    /** Begins to work in this state with this event, whatever was queued before. */
    public synchronized void start(CoreState initial, Event event) {
        state = initial;
        reached = initial;
        first = event;
        thread.start();
        disk.start();
    }

    /** Queues an event. Never blocks; events are taken in the order of these calls. */
    public void post(Event event) {
        queue.add(new Queued(event, null));
    }

    /** Queues an event that may have become void when its turn comes. */
    void postIf(Supplier<Optional<Event>> event) {
        queue.add(new Queued(null, event));
    }

    /** Ends the thread after the round it is in; what still waits is dropped, as in a crash. */
    @Override
    public void close() {
        closed = true;
        disk.close();
        queue.add(new Queued(null, Optional::empty));
        if (Thread.currentThread().equals(thread) || thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
            if (thread.isAlive()) {
                LOG.error("the decision loop does not end: the disk hangs");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A defect that must not be passed over. */
    private static final class Doubt extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Doubt(String why, Throwable cause) {
            super(why, cause);
        }
    }

    /** Nothing, not even an Error, may end this thread without the process knowing. */
    private void run() {
        try {
            process(List.of(first));
            while (!closed) {
                List<Event> events = take();
                if (!closed) {
                    process(events);
                    edge.alive(state);
                }
            }
        } catch (Doubt e) {
            end(e.getMessage(), e.getCause());
        } catch (Throwable e) {
            end("the decision loop failed", e);
        }
    }

    /** While the manager ends, parts of it may be gone already: then nothing is in doubt that the next start does not settle. */
    private void end(String why, Throwable cause) {
        boolean ending = closed;
        closed = true;
        if (ending) {
            LOG.warn("{} while Mainstay ends", why, cause);
        } else {
            lastResort.end(why, cause);
        }
    }

    private List<Event> take() throws InterruptedException {
        List<Event> events = new ArrayList<>();
        Queued next = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        while (next != null) {
            next.take().ifPresent(events::add);
            next = events.size() < GROUP ? queue.poll() : null;
        }
        return events;
    }

    private void process(List<Event> events) {
        int next = 0;
        while (next < events.size() && !closed) {
            List<Step> group = new ArrayList<>();
            CoreState reached = state;
            while (next < events.size()) {
                Step step = decide(reached, events.get(next));
                next++;
                if (!group.isEmpty() && step.stores() && !sameOrigin(group, step)) {
                    next--;
                    break;
                }
                group.add(step);
                reached = step.after();
            }
            if (!group.isEmpty() && store(group).isPresent()) {
                group.forEach(step -> alone(step.input().event()));
            }
        }
    }

    /** An entry of the journal has one origin: changes of different people are not stored together. */
    private static boolean sameOrigin(List<Step> group, Step step) {
        return group.stream()
                .filter(Step::stores)
                .allMatch(other -> other.origin().who().equals(step.origin().who())
                        && other.origin().operation().equals(step.origin().operation()));
    }

    private Step decide(CoreState before, Event event) {
        Input input = new Input(clock.millis(), event);
        try {
            Decision decision = decider.decide(before, input);
            CoreState after = Changes.versioned(before, decision.state());
            boolean stores = after.own().version() != before.own().version();
            return new Step(input, after, decision.effects(), decision.origin(), stores);
        } catch (RuntimeException | StackOverflowError e) {
            Effect refusal = Undecided.refusal(event, before)
                    .orElseThrow(() -> new Doubt("the decision core failed at " + event, e));
            LOG.error("INTERNAL ERROR: the decision core failed at {}, which is refused", event, e);
            return new Step(
                    input, before, List.of(refusal), new Origin(Origin.SELF, before.self(), input.at(), ""), false);
        }
    }

    /** Stores a group and executes its effects. @return why it could not be stored: then nothing has happened */
    private Optional<String> store(List<Step> group) {
        try {
            commit(group);
        } catch (IOException e) {
            LOG.error("the configuration database could not be written: {}", e.getMessage());
            return Optional.of(String.valueOf(e.getMessage()));
        }
        state = group.get(group.size() - 1).after();
        perform(group);
        return Optional.empty();
    }

    private void commit(List<Step> group) throws IOException {
        CoreState after = group.get(group.size() - 1).after();
        List<DocumentChange> changes = Changes.between(state, after);
        if (changes.isEmpty()) {
            return;
        }
        Origin origin = group.stream()
                .filter(Step::stores)
                .findFirst()
                .orElse(group.get(0))
                .origin();
        reached = after;
        disk.begin();
        long took;
        try {
            database.commit(changes, origin);
        } catch (RuntimeException e) {
            throw new Doubt("whether a change of the configuration database was stored is not known", e);
        } finally {
            took = disk.end();
        }
        if (took > Overdue.MILLIS) {
            post(new Event.PersistOverdue(took));
        }
    }

    /** Returns how long the commit that is under way has taken, in milliseconds; 0 if there is none. */
    long commitAgeMillis() {
        return disk.ageMillis();
    }

    /**
     * While the disk hangs, nobody waits for it who can be refused: as if it had failed, with the reason. What runs goes on, and
     * what happened waits for its turn.
     */
    private void committing(long ageMillis) {
        try {
            edge.committing(ageMillis);
            if (ageMillis <= Overdue.MILLIS) {
                overdue = false;
                return;
            }
            refuseQuestions("the disk of the configuration database has not answered for "
                    + TimeUnit.MILLISECONDS.toSeconds(ageMillis) + " s");
            if (!overdue) {
                overdue = true;
                edge.overdue(ageMillis);
            }
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("INTERNAL ERROR: looking at the disk failed", e);
        }
    }

    private void refuseQuestions(String reason) {
        for (Queued queued : queue) {
            if (queued.event() != null && Overdue.question(queued.event())) {
                Overdue said = new Overdue(decider::decide, state, reached);
                Optional<Effect> answer = said.answer(queued.event(), reason, clock.millis());
                // Taken out by this thread or by the loop's, never by both.
                if (answer.isPresent() && queue.remove(queued)) {
                    edge.execute(answer.get());
                }
            }
        }
    }

    private void perform(List<Step> group) {
        try {
            edge.entered(state);
        } catch (RuntimeException e) {
            throw new Doubt("a new state could not be entered", e);
        }
        for (Step step : group) {
            step.effects().forEach(this::execute);
        }
    }

    private void execute(Effect effect) {
        try {
            edge.execute(effect);
        } catch (RuntimeException e) {
            if (!(effect instanceof Effect.Notify || effect instanceof Effect.Progress)) {
                throw new Doubt("could not be carried out: " + effect, e);
            }
            LOG.error("INTERNAL ERROR: people were not told: {}", effect, e);
        }
    }

    /** Feeds an event whose group could not be stored once more, alone; if that fails too, the core is told. */
    private void alone(Event event) {
        Step step = decide(state, event);
        Optional<String> reason = store(List.of(step));
        if (reason.isEmpty()) {
            return;
        }
        Step failed = decide(state, new Event.PersistFailed(event, reason.get()));
        if (store(List.of(failed)).isPresent()) {
            throw new Doubt("the answer to a failed write itself needs to be stored: " + event, null);
        }
    }
}

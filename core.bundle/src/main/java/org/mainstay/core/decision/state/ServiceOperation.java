package org.mainstay.core.decision.state;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.mainstay.cluster.lcd.Origin;

/**
 * Something this server is doing to resources. Lives in memory only: what must survive a crash of the manager is in the
 * database (begun actions, handovers, parked).
 *
 * @param id operation id
 * @param tags instances it reserves here, all at once (CMD-392)
 * @param reason why, for people
 * @param then what follows when it has ended
 */
public record ServiceOperation(
        String id,
        Kind kind,
        Stage stage,
        Asker asker,
        String reason,
        SortedSet<String> tags,
        Work work,
        Claim claim,
        Then then) {

    /** What is done. */
    public enum Kind {
        RESTORE,
        REMOVE,
        RECOVER,
        ACTION
    }

    /** How far it got. */
    public enum Stage {
        /** Waits for resources another operation has reserved. */
        QUEUED,
        /** Waits until the other server of a handover has released the resources. */
        AWAITING,
        /** Waits for the other servers' grants. */
        CLAIMING,
        /** Runs actions. */
        RUNNING,
        /** Something failed: cleans up behind it. */
        CLEANING,
        /** All done here; waits until the other servers have stored it. */
        CONFIRMING
    }

    /**
     * Who waits for the outcome.
     *
     * @param requestId empty: nobody, the server decided it itself
     * @param peer server on which the request was made; empty if it was made here
     */
    public record Asker(String requestId, String peer, Origin origin) {
        public static final Asker NOBODY = new Asker("", "", new Origin(Origin.SELF, "", 0, ""));

        public boolean present() {
            return !requestId.isEmpty();
        }
    }

    /**
     * Progress of the actions.
     *
     * @param todo instances still to be done
     * @param begun instances this operation itself brought into service or tried to
     * @param running action ids by instance
     * @param killing instances whose kill handles are being executed
     * @param probing instances whose probe after that is awaited
     * @param asked instances whose kill handles were asked for
     * @param known instances whose kill handles are known
     * @param failures by instance, what went wrong
     * @param escalate whether kill handles and a probe may replace a remove that failed
     * @param arguments action and arguments of kind ACTION
     */
    public record Work(
            SortedSet<String> todo,
            SortedSet<String> begun,
            SortedMap<String, String> running,
            SortedSet<String> killing,
            SortedSet<String> probing,
            SortedSet<String> asked,
            SortedSet<String> known,
            SortedMap<String, String> failures,
            boolean escalate,
            List<String> arguments) {

        public Work {
            todo = sorted(todo);
            begun = sorted(begun);
            running = Collections.unmodifiableSortedMap(new TreeMap<>(running));
            killing = sorted(killing);
            probing = sorted(probing);
            asked = sorted(asked);
            known = sorted(known);
            failures = Collections.unmodifiableSortedMap(new TreeMap<>(failures));
            arguments = List.copyOf(arguments);
        }

        public static Work of(Collection<String> todo, boolean escalate) {
            SortedSet<String> none = Collections.emptySortedSet();
            return new Work(
                    new TreeSet<>(todo),
                    none,
                    Collections.emptySortedMap(),
                    none,
                    none,
                    none,
                    none,
                    Collections.emptySortedMap(),
                    escalate,
                    List.of());
        }

        /** Returns whether something that was started has not reported back yet. */
        public boolean busy() {
            return !running.isEmpty() || !killing.isEmpty() || !probing.isEmpty();
        }

        public Work withTodo(Collection<String> value) {
            return new Work(
                    new TreeSet<>(value),
                    begun,
                    running,
                    killing,
                    probing,
                    asked,
                    known,
                    failures,
                    escalate,
                    arguments);
        }

        public Work withoutTodo(String tag) {
            return withTodo(minus(todo, tag));
        }

        public Work withBegun(String tag) {
            return new Work(
                    todo, plus(begun, tag), running, killing, probing, asked, known, failures, escalate, arguments);
        }

        public Work withRunning(String tag, String actionId) {
            TreeMap<String, String> map = new TreeMap<>(running);
            map.put(tag, actionId);
            return new Work(todo, begun, map, killing, probing, asked, known, failures, escalate, arguments);
        }

        public Work withoutRunning(String tag) {
            TreeMap<String, String> map = new TreeMap<>(running);
            map.remove(tag);
            return new Work(todo, begun, map, killing, probing, asked, known, failures, escalate, arguments);
        }

        public Work withKilling(String tag, boolean on) {
            return new Work(
                    todo, begun, running, set(killing, tag, on), probing, asked, known, failures, escalate, arguments);
        }

        public Work withProbing(String tag, boolean on) {
            return new Work(
                    todo, begun, running, killing, set(probing, tag, on), asked, known, failures, escalate, arguments);
        }

        public Work withAsked(String tag) {
            return new Work(
                    todo, begun, running, killing, probing, plus(asked, tag), known, failures, escalate, arguments);
        }

        public Work withKnown(String tag) {
            return new Work(
                    todo, begun, running, killing, probing, asked, plus(known, tag), failures, escalate, arguments);
        }

        public Work withFailure(String tag, String text) {
            TreeMap<String, String> map = new TreeMap<>(failures);
            map.put(tag, text);
            return new Work(todo, begun, running, killing, probing, asked, known, map, escalate, arguments);
        }

        public Work withEscalate(boolean value) {
            return new Work(todo, begun, running, killing, probing, asked, known, failures, value, arguments);
        }

        public Work withArguments(List<String> value) {
            return new Work(todo, begun, running, killing, probing, asked, known, failures, escalate, value);
        }

        private static SortedSet<String> sorted(Collection<String> tags) {
            return Collections.unmodifiableSortedSet(new TreeSet<>(tags));
        }

        private static SortedSet<String> plus(SortedSet<String> tags, String tag) {
            return set(tags, tag, true);
        }

        private static SortedSet<String> minus(SortedSet<String> tags, String tag) {
            return set(tags, tag, false);
        }

        private static SortedSet<String> set(SortedSet<String> tags, String tag, boolean on) {
            TreeSet<String> copy = new TreeSet<>(tags);
            if (on) {
                copy.add(tag);
            } else {
                copy.remove(tag);
            }
            return copy;
        }
    }

    /**
     * The right to own what is restored.
     *
     * @param id of the request sent to the others; empty before that
     * @param epochs by tag, the epochs wanted; empty if all are owned already
     * @param waiting servers whose answer is missing
     * @param granted servers that have promised, in the present session with each
     * @param takeover whether a previous owner was taken for dead
     * @param revisions by tag, the wanted revision the asker's wish is newer than; empty if nobody asked
     */
    public record Claim(
            String id,
            SortedMap<String, Long> epochs,
            SortedSet<String> waiting,
            SortedSet<String> granted,
            boolean takeover,
            SortedMap<String, Long> revisions) {
        public static final Claim NONE = new Claim(
                "",
                Collections.emptySortedMap(),
                Collections.emptySortedSet(),
                Collections.emptySortedSet(),
                false,
                Collections.emptySortedMap());

        public Claim {
            epochs = Collections.unmodifiableSortedMap(new TreeMap<>(epochs));
            waiting = Collections.unmodifiableSortedSet(new TreeSet<>(waiting));
            granted = Collections.unmodifiableSortedSet(new TreeSet<>(granted));
            revisions = Collections.unmodifiableSortedMap(new TreeMap<>(revisions));
        }

        public Claim withTakeover(boolean value) {
            return new Claim(id, epochs, waiting, granted, value, revisions);
        }

        public Claim withWaiting(SortedSet<String> value) {
            return new Claim(id, epochs, value, granted, takeover, revisions);
        }

        public Claim withRevisions(SortedMap<String, Long> value) {
            return new Claim(id, epochs, waiting, granted, takeover, value);
        }

        public Claim withGranted(SortedSet<String> value) {
            return new Claim(id, epochs, waiting, value, takeover, revisions);
        }
    }

    /**
     * What the operation is part of.
     *
     * @param step what follows when it has ended
     * @param handoverId handover it belongs to; empty if none
     * @param tried servers on which a restore failed in this chain
     * @param version version of the own database that other servers must have stored before the asker is answered; 0 = none
     */
    public record Then(Step step, String handoverId, List<String> tried, long version) {
        public static final Then NOTHING = new Then(Step.NOTHING, "", List.of(), 0);

        /** What follows. */
        public enum Step {
            NOTHING,
            /** The hierarchy goes to another server, or is tried here again. */
            FAILOVER,
            /** The resources are released to the other server of the handover. */
            RELEASE,
            /** The server stops. */
            STOP
        }

        public Then {
            tried = List.copyOf(tried);
        }

        public Then withVersion(long value) {
            return new Then(step, handoverId, tried, value);
        }
    }

    public ServiceOperation {
        tags = Collections.unmodifiableSortedSet(new TreeSet<>(tags));
    }

    public ServiceOperation at(Stage value) {
        return new ServiceOperation(id, kind, value, asker, reason, tags, work, claim, then);
    }

    public ServiceOperation withWork(UnaryOperator<Work> change) {
        return new ServiceOperation(id, kind, stage, asker, reason, tags, change.apply(work), claim, then);
    }

    public ServiceOperation withClaim(Claim value) {
        return new ServiceOperation(id, kind, stage, asker, reason, tags, work, value, then);
    }

    public ServiceOperation withThen(Then value) {
        return new ServiceOperation(id, kind, stage, asker, reason, tags, work, claim, value);
    }

    public ServiceOperation withTags(Collection<String> value) {
        return new ServiceOperation(id, kind, stage, asker, reason, new TreeSet<>(value), work, claim, then);
    }

    public ServiceOperation withAsker(Asker value) {
        return new ServiceOperation(id, kind, stage, value, reason, tags, work, claim, then);
    }

    /** Returns whether it holds its reservation, that is whether it does not wait in the queue. */
    public boolean holds() {
        return stage != Stage.QUEUED;
    }
}

package org.mainstay.core.decision.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.CoreState.Memory;
import org.mainstay.core.decision.state.CoreState.Start;
import org.mainstay.core.decision.state.CoreState.Stop;
import org.mainstay.core.decision.state.CoreState.Storage;
import org.mainstay.core.decision.state.Loss;
import org.mainstay.core.decision.state.PathView;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.RightToRun;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.Settings;

/**
 * Working copy of the state during one decision: the rules change it and add effects, {@link #decision} seals it. Never
 * outlives the decision.
 */
final class Step {
    /** The state the decision began with. */
    final CoreState before;
    /** Wall-clock time for display. */
    final long at;

    Settings settings;
    Start start;
    Stop stop;
    Storage storage;
    RightToRun right;
    Loss loss;
    /** What the peers were told last of how this server stands. */
    CoreMessage.Standing standing;

    final TreeSet<String> kits;
    final TreeMap<String, PathView> paths;
    /** Sessions that opened in this step: they get the whole database. */
    final TreeSet<String> greet = new TreeSet<>();
    /** Peers that get the whole database again. */
    final TreeSet<String> resend = new TreeSet<>();

    final TreeSet<String> timers;
    final TreeMap<String, Integer> deferred;
    final TreeMap<String, String> obstacles;
    final TreeMap<String, String> doubts;
    final TreeSet<String> monitored;
    final TreeMap<String, String> refused;
    final TreeMap<String, CoreState.Forwarded> requests;
    /** What another server has won and was tried to be stopped here, see {@link Outdated}. */
    final TreeSet<String> vain;

    private Lcd own;
    private Phase phase;
    private long counter;
    private Origin origin;
    private boolean touched;
    private Topology topology;
    /** What the topology was last compared with: comparing is too dear for every question of a large hierarchy. */
    private Lcd described;

    private final TreeMap<String, PeerView> peers;
    private final LinkedHashMap<String, ServiceOperation> operations = new LinkedHashMap<>();
    private final List<Effect> effects = new ArrayList<>();

    Step(CoreState before, long at, Topology known) {
        this.before = before;
        this.at = at;
        topology = known;
        own = before.own();
        phase = before.phase();
        start = before.start();
        settings = before.settings();
        stop = before.stop();
        storage = before.storage();
        right = before.right();
        loss = before.loss();
        standing = before.standing();
        kits = new TreeSet<>(before.kits());
        paths = new TreeMap<>(before.paths());
        peers = new TreeMap<>(before.peers());
        before.operations().forEach(operation -> operations.put(operation.id(), operation));
        Memory memory = before.memory();
        counter = memory.counter();
        timers = new TreeSet<>(memory.timers());
        deferred = new TreeMap<>(memory.deferred());
        obstacles = new TreeMap<>(memory.obstacles());
        doubts = new TreeMap<>(memory.doubts());
        monitored = new TreeSet<>(memory.monitored());
        refused = new TreeMap<>(memory.refused());
        requests = new TreeMap<>(memory.requests());
        vain = new TreeSet<>(memory.vain());
        origin = new Origin(Origin.SELF, before.self(), at, "");
    }

    // ---- who and when

    String self() {
        return own.server();
    }

    Phase phase() {
        return phase;
    }

    void phase(Phase value) {
        if (phase != value) {
            phase = value;
            touch();
            effects.add(new Effect.PhaseChanged(value));
        }
    }

    void origin(Origin value) {
        origin = value;
    }

    Origin origin() {
        return origin;
    }

    /** Records who asked for an operation, unless somebody else asked for this very step. */
    void origin(Operation operation) {
        if (origin.who().equals(Origin.SELF) && !operation.requestedBy().isEmpty()) {
            origin = new Origin(operation.requestedBy(), operation.requestedFrom(), at, operation.id());
        }
    }

    RightToRun right() {
        return right;
    }

    void right(RightToRun value) {
        if (!value.equals(right)) {
            right = value;
            touch();
        }
    }

    /** Returns whether anything may be started here now. */
    boolean mayStart() {
        return right.granted() && !loss.stopping();
    }

    /** Returns why nothing may be started here. */
    String whyNot() {
        return loss.stopping()
                ? "everything is taken out of service on " + self() + ", which had lost the right to run resources"
                : right.reason();
    }

    void touch() {
        touched = true;
    }

    /** Returns whether anything changed since the last call. */
    boolean takeTouched() {
        boolean result = touched;
        touched = false;
        return result;
    }

    /** Returns an id no other operation of this cluster has: the version it is based on never returns. */
    String newId(String kind) {
        counter++;
        return kind + "-" + self() + "-" + own.incarnation() + "." + own.version() + "-" + counter;
    }

    // ---- own database

    Lcd own() {
        return own;
    }

    void own(Lcd value) {
        if (value != own) {
            own = value;
            touch();
        }
    }

    /** Returns the version the own database has when this decision is stored, as far as it has changed by now. */
    long nextVersion() {
        return own == before.own() ? own.version() : own.version() + 1;
    }

    Topology topology() {
        if (described != own) {
            if (topology == null || !topology.describes(own)) {
                topology = new Topology(own);
            }
            described = own;
        }
        return topology;
    }

    /** Returns an own instance; null if there is none. */
    Instance instance(String tag) {
        return own.instances().get(tag);
    }

    Optional<Instance> find(String tag) {
        return own.instance(tag);
    }

    void change(String tag, UnaryOperator<Instance> change) {
        Instance old = instance(tag);
        if (old != null) {
            Instance changed = change.apply(old);
            if (!changed.equals(old)) {
                own(own.with(changed));
            }
        }
    }

    void ownership(String tag, UnaryOperator<Ownership> change) {
        change(tag, instance -> instance.withOwnership(change.apply(instance.ownership())));
    }

    void state(String tag, InstanceState state, String reason) {
        change(tag, instance -> {
            boolean same = instance.state() == state && instance.reason().equals(reason);
            return same ? instance : instance.withState(state, reason, at);
        });
    }

    /** Returns whether an own instance is in service or not certainly out of it. */
    boolean occupies(String tag) {
        Instance instance = instance(tag);
        return instance != null
                && (instance.state().inService() || !instance.ownership().released());
    }

    boolean inService(String tag) {
        Instance instance = instance(tag);
        return instance != null && instance.state().inService();
    }

    <T> void put(LcdSection<T> section, String key, T row) {
        if (!row.equals(own.rows(section).get(key))) {
            own(own.with(section, key, row));
        }
    }

    <T> void drop(LcdSection<T> section, String key) {
        if (own.rows(section).containsKey(key)) {
            own(own.without(section, key));
        }
    }

    void restoreBegun(String tag, String operation) {
        begun(tag, Knowledge.RESTORE, operation, false);
    }

    /** @param escalate what follows if it fails, also when it is repeated after a crash: kill handles and a probe */
    void removeBegun(String tag, String operation, boolean escalate) {
        begun(tag, Knowledge.REMOVE, operation, escalate);
    }

    private void begun(String tag, String action, String operation, boolean escalate) {
        long epoch = instance(tag).ownership().epoch();
        int interrupted = own.row(LcdSection.ACTIONS, tag)
                .filter(before -> before.action().equals(action))
                .map(BegunAction::interrupted)
                .orElse(0);
        put(LcdSection.ACTIONS, tag, new BegunAction(tag, action, epoch, operation, escalate, interrupted, false));
    }

    // ---- peers

    SortedMap<String, PeerView> peers() {
        return peers;
    }

    PeerView peer(String name) {
        return peers.computeIfAbsent(name, key -> PeerView.unheard(Lcd.empty(key, 0)));
    }

    void peer(String name, UnaryOperator<PeerView> change) {
        PeerView old = peer(name);
        PeerView changed = change.apply(old);
        if (changed != old) {
            peers.put(name, changed);
            touch();
        }
    }

    void forgetPeer(String name) {
        if (peers.remove(name) != null) {
            touch();
        }
    }

    /** Returns the database of a server, this one's or the copy of another's. */
    Lcd lcd(String server) {
        return server.equals(self()) ? own : peer(server).lcd();
    }

    // ---- operations

    List<ServiceOperation> operations() {
        return new ArrayList<>(operations.values());
    }

    ServiceOperation operation(String id) {
        return operations.get(id);
    }

    void operation(ServiceOperation operation) {
        if (!operation.equals(operations.put(operation.id(), operation))) {
            touch();
        }
    }

    void end(String id) {
        if (operations.remove(id) != null) {
            cancelTimer("wait:" + id);
            touch();
        }
    }

    /** Returns the operation that has reserved an instance; null if none has. */
    ServiceOperation holder(String tag) {
        for (ServiceOperation operation : operations.values()) {
            if (operation.holds() && operation.tags().contains(tag)) {
                return operation;
            }
        }
        return null;
    }

    /** Returns whether an operation holds an instance or waits for it. */
    boolean claimedByOperation(String tag) {
        return operations.values().stream()
                .anyMatch(operation -> operation.tags().contains(tag));
    }

    // ---- effects

    void effect(Effect effect) {
        effects.add(effect);
    }

    void send(String peer, CoreMessage message) {
        effects.add(new Effect.Send(peer, peer(peer).sessionId(), message));
    }

    void startTimer(String id, long millis) {
        timers.add(id);
        effects.add(new Effect.StartTimer(id, millis));
        touch();
    }

    void cancelTimer(String id) {
        if (timers.remove(id)) {
            effects.add(new Effect.CancelTimer(id));
            touch();
        }
    }

    void note(int number, Level level, String tag, String text) {
        effects.add(new Effect.Notify(number, level, tag, text));
    }

    void answer(String requestId, Reply reply) {
        if (!requestId.isEmpty()) {
            effects.add(new Effect.Answer(requestId, reply));
        }
    }

    // ---- the result

    /** Seals the step: announces the own database's change to the peers and returns the decision. */
    Decision decision() {
        List<Effect> all = new ArrayList<>(Announcements.of(this));
        all.addAll(effects);
        CoreState after = new CoreState(
                own,
                peers,
                paths,
                phase,
                start,
                settings,
                kits,
                operations(),
                new Memory(counter, timers, deferred, obstacles, doubts, monitored, refused, requests, vain),
                stop,
                storage,
                right,
                loss,
                standing);
        return new Decision(after, all, origin);
    }
}

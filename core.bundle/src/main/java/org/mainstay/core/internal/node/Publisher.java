package org.mainstay.core.internal.node;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.PeerView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshot everybody reads, made of the core's state and what the runtime adds for display. Thread-safe; listeners are called
 * on a thread of their own, so that they cannot hold up the decision loop.
 */
final class Publisher implements Cluster {
    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    private final Executor listenerThread;
    private final PeerViews views;
    private final Supplier<List<String>> problems;
    private List<String> reported = List.of();
    private final List<Consumer<ClusterSnapshot>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean told = new AtomicBoolean();
    private final Map<String, Long> checkedAt = new HashMap<>();
    private final Map<String, String> progress = new HashMap<>();
    private volatile ClusterSnapshot snapshot;
    private CoreState state;

    /**
     * @param listenerThread runs one task after the other
     * @param problems what the runtime itself has to report, such as a guard that is away
     */
    Publisher(CoreState initial, Executor listenerThread, PeerViews views, Supplier<List<String>> problems) {
        this.state = initial;
        this.listenerThread = listenerThread;
        this.views = views;
        this.problems = problems;
        this.snapshot = build(0);
    }

    @Override
    public ClusterSnapshot snapshot() {
        return snapshot;
    }

    @Override
    public Registration listen(Consumer<ClusterSnapshot> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** A new state is in force. */
    synchronized void entered(CoreState now) {
        state = now;
        checkedAt.keySet().removeIf(tag -> now.own().instance(tag).isEmpty());
        progress.keySet().retainAll(now.activities().keySet());
        publish();
    }

    /** A check of an instance ended. @param at wall-clock milliseconds */
    synchronized void checked(String tag, long at) {
        checkedAt.put(tag, at);
        publish();
    }

    /** An action told the operator something. */
    synchronized void progress(String tag, String text) {
        if (state.activities().containsKey(tag)) {
            progress.put(tag, text);
            publish();
        }
    }

    /** Something of the runtime's own part changed. */
    synchronized void publish() {
        snapshot = build(snapshot.revision() + 1);
        if (!told.getAndSet(true)) {
            try {
                listenerThread.execute(this::tell);
            } catch (RejectedExecutionException e) {
                LOG.debug("nobody is told any more: the runtime ends", e);
            }
        }
    }

    /** Publishes if the runtime itself has something else to report than when the last snapshot was made: nothing announces that. */
    synchronized void refresh() {
        if (!problems.get().equals(reported)) {
            publish();
        }
    }

    private void tell() {
        told.set(false);
        ClusterSnapshot newest = snapshot;
        for (Consumer<ClusterSnapshot> listener : listeners) {
            try {
                listener.accept(newest);
            } catch (RuntimeException e) {
                LOG.error("INTERNAL ERROR: a listener of the cluster's state failed", e);
            }
        }
    }

    private ClusterSnapshot build(long revision) {
        Map<String, ClusterSnapshot.Peer> peers = new HashMap<>();
        state.peers().forEach((name, view) -> peers.put(name, peer(name, view)));
        state.own().membership().members().forEach(member -> {
            if (!member.name().equals(state.self())) {
                peers.computeIfAbsent(member.name(), name -> peer(name, PeerView.unheard(Lcd.empty(name, 0))));
            }
        });
        Map<String, Boolean> paths = new HashMap<>();
        state.paths().forEach((id, path) -> {
            if (state.own().row(LcdSection.PATHS, id).isPresent()) {
                paths.put(id, path.alive());
            }
        });
        Map<String, Activity> activities = new HashMap<>(state.activities());
        progress.forEach((tag, text) -> activities.computeIfPresent(
                tag, (key, activity) -> new Activity(activity.transition(), activity.operation(), text)));
        reported = List.copyOf(problems.get());
        List<String> known = new ArrayList<>(reported);
        if (removed()) {
            known.add(
                    state.self()
                            + " was removed from the cluster and knows nothing of it any more: stop it with lkstop; to"
                            + " use it again, delete data/lcd and data/identity, then 'mainstay node init' or 'mainstay node join'");
        }
        if (!state.storage().works()) {
            known.add(state.storage().problem());
        }
        if (!state.right().granted()) {
            known.add(state.right().reason());
        }
        known.addAll(state.doubts());
        state.obstacles().forEach((tag, text) -> known.add(tag + ": " + text));
        return new ClusterSnapshot(
                revision, state.self(), state.phase(), state.own(), peers, paths, activities, checkedAt, known);
    }

    private boolean removed() {
        var membership = state.own().membership();
        return !membership.members().isEmpty()
                && membership.member(state.self()).isEmpty();
    }

    private ClusterSnapshot.Peer peer(String name, PeerView view) {
        PeerViews.View shown = views.of(name);
        return new ClusterSnapshot.Peer(
                name,
                state.reachability(name),
                view.managerPresent(),
                view.lcd(),
                view.current(),
                shown.checkedAt(),
                shown.activities(),
                shown.paths());
    }
}

package org.mainstay.quorum.internal.sight;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.SafetyControl.SafetyNews.PeerSighted;
import org.mainstay.cluster.SafetyControl.Sight;

/**
 * The safety check (COMM-050 to COMM-054) and the detection of being cut off: probes go out all the time, so that they have been
 * silent since the first missed heartbeat when the last path dies; while a path is alive they only learn which of them work. Used
 * by one thread; time is given, in milliseconds of one monotonic clock.
 */
public final class SafetyCheck {
    /** TCP probes leave traces in other programs' logs: while nothing is suspicious they are rare. */
    static final long TCP_LEARNING = 60_000;
    /** How often SEEN is told again: oftener than the shortest limit after which a machine counts as unseen (2 s). */
    static final long SEEN_AGAIN = 1_000;

    private final Asker asker;
    private final Consumer<SafetyNews> news;
    private final Map<String, PeerSight> sights = new TreeMap<>();
    private final Map<String, Watched> watched = new HashMap<>();
    private final Map<String, PeerSighted> told = new TreeMap<>();
    /** When {@link #told} was told. */
    private final Map<String, Long> toldAt = new HashMap<>();

    private final Map<Probe, Long> knockedAt = new HashMap<>();
    private QuorumSettings settings = QuorumSettings.DEFAULT;
    private final CutOffRule cutOff = new CutOffRule(settings.safety().intervalMillis());
    private String cutOffTold = "";
    /** Whether anything was told of being cut off: who listens may believe the word of somebody before. */
    private boolean cutOffKnown;

    private long askedAt = Long.MIN_VALUE;

    /** Sends a probe; answers come back by {@link SafetyCheck#answered}. */
    public interface Asker {
        /** @return false if it could not be sent because of a failure here, not of the network */
        boolean ask(Probe probe, long at);
    }

    /** @param news what the decision core is told; it tells people (COMM-051 to COMM-053) */
    SafetyCheck(Asker asker, Consumer<SafetyNews> news) {
        this.asker = asker;
        this.news = news;
    }

    /** Takes settings over. */
    void settings(QuorumSettings now) {
        // What was learnt stays: it can be learnt again only while a path is alive.
        long interval = now.safety().intervalMillis();
        sights.values().forEach(sight -> sight.interval(interval));
        cutOff.interval(interval);
        settings = now;
    }

    /** Takes over what is to be watched. @param landmarks gateways and reference addresses */
    void watch(List<Watched> peers, Set<Probe> landmarks, long at) {
        watched.clear();
        peers.forEach(peer -> watched.put(peer.name(), peer));
        List.copyOf(sights.keySet()).stream()
                .filter(name -> !watched.containsKey(name))
                .forEach(this::forget);
        for (Watched peer : peers) {
            PeerSight sight = sights.computeIfAbsent(
                    peer.name(), each -> new PeerSight(settings.safety().intervalMillis()));
            sight.probes(peer.probes());
            sight.alive(peer.alive(), peer.network(), peer.detectionMillis(), at);
        }
        cutOff.landmarks(landmarks);
        cutOff.alive(peers.stream().anyMatch(Watched::alive), peers.stream().anyMatch(Watched::network), at);
    }

    private void forget(String peer) {
        sights.remove(peer);
        told.remove(peer);
        toldAt.remove(peer);
    }

    /** See {@link CutOffRule#links}. */
    void links(Set<String> used, Set<String> withCarrier) {
        cutOff.links(used, withCarrier);
    }

    /** Returns whether any peer cannot be heard or seems to fail: then links are worth looking at. */
    boolean suspicious(long at) {
        return sights.values().stream().anyMatch(sight -> !sight.alive() || sight.suspicious(at));
    }

    void answered(Probe probe, long at) {
        sights.values().forEach(sight -> sight.answered(probe, at));
        cutOff.answered(probe, at);
    }

    /** Sends the probes that are due and tells what changed. */
    void tick(long at) {
        if (askedAt == Long.MIN_VALUE || at - askedAt >= settings.safety().intervalMillis()) {
            askedAt = at;
            sights.forEach((peer, sight) -> ask(sight, at));
            for (Probe landmark : cutOff.landmarks()) {
                if (asker.ask(landmark, at)) {
                    cutOff.asked(landmark, at);
                }
            }
        }
        sights.forEach((peer, sight) -> tell(peer, sight, at));
        tellCutOff(cutOff.reason(at), at);
    }

    private void ask(PeerSight sight, long at) {
        boolean closely = !sight.alive() || sight.suspicious(at);
        for (Probe probe : sight.probes()) {
            boolean due = probe.port() == Probe.ICMP
                    || closely
                    || at - knockedAt.getOrDefault(probe, at - TCP_LEARNING) >= TCP_LEARNING;
            if (due && asker.ask(probe, at)) {
                sight.asked(probe, at);
                if (probe.port() != Probe.ICMP) {
                    knockedAt.put(probe, at);
                }
            }
        }
    }

    private void tell(String peer, PeerSight sight, long at) {
        Optional<Sighting> now = sight.sighting(at);
        PeerSighted before = told.get(peer);
        if (sight.alive()) {
            if (before != null) {
                told.remove(peer);
                toldAt.remove(peer);
                news.accept(new PeerSighted(peer, Sight.UNKNOWN, 0, "a comm path is alive"));
            }
            return;
        }
        if (now.isEmpty()) {
            return;
        }
        // Who listens forgets SEEN when a path revives, and the revival may be too short to be noticed here.
        boolean again = now.get().sight() == Sight.SEEN && at - toldAt.getOrDefault(peer, at) >= SEEN_AGAIN;
        if (again || before == null || before.sight() != now.get().sight()) {
            PeerSighted sighted = new PeerSighted(
                    peer, now.get().sight(), at - now.get().since(), now.get().evidence());
            told.put(peer, sighted);
            toldAt.put(peer, at);
            news.accept(sighted);
        }
    }

    private void tellCutOff(String reason, long at) {
        boolean first = !cutOffKnown && (!reason.isEmpty() || cutOff.connected(at));
        if (first || reason.isEmpty() != cutOffTold.isEmpty()) {
            cutOffKnown = true;
            cutOffTold = reason;
            news.accept(new SafetyNews.CutOff(!reason.isEmpty(), reason));
        }
        cutOffTold = reason;
    }

    /** Returns why this server is cut off; empty: it is not. */
    String cutOff() {
        return cutOffTold;
    }

    /** Returns whether anything was told of being cut off. */
    boolean cutOffKnown() {
        return cutOffKnown;
    }

    /** Returns what was told last of peers whose paths are all dead. */
    Map<String, PeerSighted> sights() {
        return Map.copyOf(told);
    }

    /** Returns by peer the probes that would count if its paths died now. */
    Map<String, List<Probe>> counted() {
        Map<String, List<Probe>> counted = new TreeMap<>();
        sights.forEach((peer, sight) -> counted.put(peer, sight.counted()));
        return counted;
    }

    /** Returns the gateways and reference addresses that have answered lately. */
    List<Probe> landmarks() {
        return cutOff.counted();
    }
}

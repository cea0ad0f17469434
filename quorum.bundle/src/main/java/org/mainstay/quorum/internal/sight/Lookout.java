package org.mainstay.quorum.internal.sight;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.SafetyControl.SafetyNews;
import org.mainstay.cluster.SafetyControl.SafetyNews.PeerSighted;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.quorum.internal.config.Addresses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The safety check with real probes, for the cluster as a snapshot shows it. Used by one thread; never over the sockets of comm
 * paths.
 */
public final class Lookout implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);
    private static final long LINKS_EVERY = 1_000;
    private static final long LINKS_WHEN_QUIET = 10_000;
    private static final long GATEWAYS_EVERY = 5_000;

    private final Queue<Probe> echoAnswers = new ConcurrentLinkedQueue<>();
    private final Echoes echoes;
    private final Knocks knocks;
    private final Surroundings surroundings;
    private final SafetyCheck check;
    private QuorumSettings settings = QuorumSettings.DEFAULT;
    private Set<InetAddress> gateways = Set.of();
    private Set<String> locals = Set.of();
    private long gatewaysAt = Long.MIN_VALUE / 2;
    private long linksAt = Long.MIN_VALUE / 2;

    /**
     * Opens it; no probe goes out before the first {@link #tick}.
     *
     * @param program {@code mainstay-net}
     * @param news called by {@link #tick} on its thread
     * @throws IOException if the machine has no selector left
     */
    public Lookout(Path program, Consumer<SafetyNews> news) throws IOException {
        echoes = new Echoes(program, address -> echoAnswers.add(new Probe(address, Probe.ICMP)));
        knocks = new Knocks();
        surroundings = new Surroundings(program);
        check = new SafetyCheck(this::ask, news);
    }

    private boolean ask(Probe probe, long at) {
        return probe.port() == Probe.ICMP ? echoes.ask(probe.address(), at) : knocks.knock(probe, at);
    }

    /** Takes settings over. */
    public void settings(QuorumSettings now) {
        settings = now;
        check.settings(now);
    }

    /** Sends what is due and tells what came of it. @param at monotonic milliseconds */
    public void tick(ClusterSnapshot snapshot, long at) {
        if (at - gatewaysAt >= GATEWAYS_EVERY) {
            gateways = surroundings.gateways();
            gatewaysAt = at;
        }
        locals = locals(snapshot.own());
        check.watch(peers(snapshot), landmarks(), at);
        hear(at);
        lookAtLinks(at);
        check.tick(at);
    }

    private void hear(long at) {
        for (Probe probe = echoAnswers.poll(); probe != null; probe = echoAnswers.poll()) {
            check.answered(probe, at);
        }
        try {
            knocks.answers(at).forEach(probe -> check.answered(probe, at));
        } catch (IOException e) {
            LOG.warn("TCP probes do not work: {}", e.toString());
        }
    }

    private void lookAtLinks(long at) {
        if (at - linksAt < (check.suspicious(at) ? LINKS_EVERY : LINKS_WHEN_QUIET)) {
            return;
        }
        linksAt = at;
        try {
            Surroundings.Links links = surroundings.links(locals);
            check.links(links.used(), links.withCarrier());
        } catch (IOException e) {
            LOG.warn("the carrier of the comm paths' interfaces cannot be read: {}", e.toString());
        }
    }

    private static Set<String> locals(Lcd own) {
        Set<String> locals = new LinkedHashSet<>();
        own.rows(LcdSection.PATHS).values().stream()
                .filter(path -> !path.disk())
                .forEach(path -> locals.add(path.local()));
        return locals;
    }

    private List<Watched> peers(ClusterSnapshot snapshot) {
        List<Watched> peers = new ArrayList<>();
        for (String peer : snapshot.peers().keySet()) {
            List<CommPath> paths = snapshot.own().rows(LcdSection.PATHS).values().stream()
                    .filter(path -> path.peer().equals(peer))
                    .toList();
            List<CommPath> living = paths.stream()
                    .filter(path -> snapshot.paths().getOrDefault(path.id(), false))
                    .toList();
            boolean network = living.stream().anyMatch(path -> !path.disk());
            long detection =
                    paths.stream().mapToLong(CommPath::detectionMillis).max().orElse(0);
            peers.add(new Watched(peer, probes(snapshot, peer, paths), !living.isEmpty(), network, detection));
        }
        return peers;
    }

    private Set<Probe> probes(ClusterSnapshot snapshot, String peer, List<CommPath> paths) {
        Stream<String> own = paths.stream().filter(path -> !path.disk()).map(CommPath::remote);
        Stream<String> member = snapshot.own().membership().member(peer).map(Member::address).stream();
        Stream<String> others = snapshot.lcd(peer).stream()
                .flatMap(lcd -> lcd.rows(LcdSection.PATHS).values().stream())
                .filter(path -> !path.disk())
                .map(CommPath::local);
        Stream<String> extra = settings.safety().addresses().getOrDefault(peer, List.of()).stream();
        Set<Probe> probes = new LinkedHashSet<>();
        Stream.of(own, member, others, extra)
                .flatMap(each -> each)
                .filter(text -> !locals.contains(text))
                .flatMap(text -> Addresses.literal(text).stream())
                .filter(address -> !address.isLoopbackAddress() && !address.isAnyLocalAddress())
                .forEach(address -> {
                    probes.add(new Probe(address, Probe.ICMP));
                    settings.safety().ports().forEach(port -> probes.add(new Probe(address, port)));
                });
        return probes;
    }

    private Set<Probe> landmarks() {
        Set<Probe> landmarks = new LinkedHashSet<>();
        gateways.forEach(gateway -> landmarks.add(new Probe(gateway, Probe.ICMP)));
        settings.safety().references().stream()
                .flatMap(text -> Addresses.literal(text).stream())
                .forEach(address -> landmarks.add(new Probe(address, Probe.ICMP)));
        return landmarks;
    }

    /** Returns why this server is cut off; empty: it is not. */
    public String cutOff() {
        return check.cutOff();
    }

    /** Returns whether anything was told of being cut off. */
    public boolean cutOffKnown() {
        return check.cutOffKnown();
    }

    /** Returns what was told last of peers whose paths are all dead. */
    public Map<String, PeerSighted> sights() {
        return check.sights();
    }

    /** Returns by peer in how many ways it could be seen if its paths died now. */
    public Map<String, List<Probe>> counted() {
        return check.counted();
    }

    /** Returns the gateways and reference addresses that have answered lately. */
    public List<Probe> landmarksSeen() {
        return check.landmarks();
    }

    /** Returns why ICMP probes cannot be sent; empty: they can. */
    public String problem() {
        return echoes.problem();
    }

    @Override
    public void close() {
        echoes.close();
        knocks.close();
    }
}

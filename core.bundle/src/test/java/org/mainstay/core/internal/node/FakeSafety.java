package org.mainstay.core.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.SafetyControl;

/** A safety control whose news a test decides. */
final class FakeSafety implements SafetyControl {
    private final List<String> fenced = new ArrayList<>();
    private final Optional<QuorumSettings> first;
    private Consumer<SafetyNews> listener = news -> {};

    /** It has nothing to say at first. */
    FakeSafety() {
        first = Optional.empty();
    }

    /** Whoever listens is told these settings at once. */
    FakeSafety(QuorumSettings settings) {
        first = Optional.of(settings);
    }

    static QuorumSettings majority() {
        QuorumSettings d = QuorumSettings.DEFAULT;
        return new QuorumSettings(
                QuorumSettings.Quorum.MAJORITY,
                QuorumSettings.Witness.REMOTE_VERIFY,
                d.quarantineMillis(),
                6_000,
                11_000,
                d.storage(),
                d.etcd(),
                d.safety(),
                "/dev/watchdog",
                d.watchdogMillis(),
                d.pauseToleranceMillis(),
                false);
    }

    void tell(SafetyNews news) {
        listener.accept(news);
    }

    List<String> fenced() {
        return fenced;
    }

    @Override
    public State state() {
        return new State(QuorumSettings.DEFAULT, List.of(), List.of(), Set.of(), Map.of(), "", List.of("a weak spot"));
    }

    @Override
    public Registration listen(Consumer<SafetyNews> newest) {
        listener = newest;
        first.ifPresent(settings -> tell(new SafetyNews.Configured(settings, Set.of())));
        return () -> listener = news -> {};
    }

    @Override
    public void fence(String server, String request, String reason) {
        fenced.add(server + " " + request + " " + reason);
    }

    @Override
    public void giveUpFencing(String server, String request) {
        fenced.add(server + " " + request + " given up");
    }
}

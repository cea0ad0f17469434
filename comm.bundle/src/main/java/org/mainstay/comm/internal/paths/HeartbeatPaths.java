package org.mainstay.comm.internal.paths;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.HeartbeatPath;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.comm.internal.dispatch.SerialExecutor;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerCertificates;
import org.mainstay.comm.internal.net.View;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the guard which heartbeat paths to serve. Thread-safe. */
public final class HeartbeatPaths {
    private static final Logger LOG = LoggerFactory.getLogger(HeartbeatPaths.class);

    private final Identity own;
    private final PeerCertificates certificates;
    private final GuardControl guard;
    private final SerialExecutor order;
    /** The following are touched only inside {@link #order}. */
    private final Map<String, String> keys = new HashMap<>();

    private final Set<String> reported = new HashSet<>();
    private View view = View.EMPTY;
    private List<HeartbeatPath> told;

    /** @param pool runs key derivations and calls to the guard */
    public HeartbeatPaths(Identity own, PeerCertificates certificates, GuardControl guard, Executor pool) {
        this.own = own;
        this.certificates = certificates;
        this.guard = guard;
        this.order = new SerialExecutor(pool);
    }

    /** Follows membership and paths. */
    public void view(View newest) {
        order.execute(() -> {
            boolean members = !newest.membership().equals(view.membership());
            view = newest;
            if (members && newest.membership().epoch() > 0) {
                certificates.retain(newest.membership());
            }
            push(false);
        });
    }

    /** A peer's key became known. */
    public void keyLearned() {
        order.execute(() -> push(false));
    }

    /** The guard is (again) there: it is told everything. */
    public void guardBack() {
        order.execute(() -> push(true));
    }

    private void push(boolean always) {
        Optional<Member> self = view.membership().member(own.name());
        if (view.membership().epoch() == 0) {
            return; // the database is not read yet: what the guard knows from before stays
        }
        List<HeartbeatPath> paths = new ArrayList<>();
        for (CommPath row : view.paths()) {
            view.membership()
                    .member(row.peer())
                    .flatMap(peer -> self.flatMap(here -> path(row, here, peer)))
                    .ifPresent(paths::add);
        }
        if (always || !paths.equals(told)) {
            told = List.copyOf(paths);
            guard.paths(told);
        }
    }

    private Optional<HeartbeatPath> path(CommPath row, Member here, Member peer) {
        Optional<PublicKey> key = certificates.key(peer);
        if (key.isEmpty()) {
            if (reported.add(row.id())) {
                LOG.info(
                        "heartbeats to {} over {} begin when its key is known: after the first connection",
                        peer.name(),
                        row.local());
            }
            return Optional.empty();
        }
        reported.remove(row.id());
        String cacheKey = row.id() + ' ' + peer.keyPin() + ' ' + here.keyPin();
        String derived = keys.get(cacheKey);
        if (derived == null) {
            try {
                derived = HeartbeatKeys.derive(own, peer.name(), key.get(), row.id());
            } catch (GeneralSecurityException e) {
                LOG.error(
                        "no heartbeat key can be derived from the key of {}; remove it and let it join again",
                        peer.name(),
                        e);
                return Optional.empty();
            }
            keys.put(cacheKey, derived);
        }
        // Both ends choose their slot of a shared disk alike.
        int slot = here.name().compareTo(peer.name()) < 0 ? 0 : 1;
        return Optional.of(new HeartbeatPath(
                row.id(),
                row.peer(),
                row.local(),
                row.disk() ? slot : here.port(),
                row.remote(),
                row.disk() ? 1 - slot : peer.port(),
                row.intervalMillis(),
                row.misses(),
                derived));
    }
}

package org.mainstay.core.internal.admin;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.ServiceRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the newest list of servers from a member that has it: this server was away when a majority changed it (design.md
 * section 5). What could not be taken over, as with a full disk, is tried again. Thread-safe.
 */
final class MembershipFollower {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipFollower.class);

    /** Asks the decision core to store something that came from another server. */
    interface Asker {
        CompletionStage<Reply> ask(ServiceRequest.ChangeOwn change, String from);
    }

    private final Asker asker;
    private final Executor later;

    // guarded by this
    private ClusterSnapshot newest;
    private boolean underWay;
    private long taken;

    /** @param later runs what it is given after a few seconds, or never if the core ends */
    MembershipFollower(Asker asker, Executor later) {
        this.asker = asker;
        this.later = later;
    }

    void look(ClusterSnapshot snapshot) {
        synchronized (this) {
            newest = snapshot;
            if (underWay) {
                return;
            }
        }
        look();
    }

    private void look() {
        String from;
        Membership list;
        synchronized (this) {
            ClusterSnapshot.Peer best = best(newest, taken);
            underWay = best != null;
            if (best == null) {
                return;
            }
            from = best.name();
            list = best.lcd().membership();
        }
        takeOver(from, list);
    }

    /** Returns a member with a newer list that this server is on; null if nobody has one. */
    private static ClusterSnapshot.Peer best(ClusterSnapshot snapshot, long taken) {
        Membership own = snapshot.own().membership();
        long known = Math.max(own.epoch(), taken);
        ClusterSnapshot.Peer best = null;
        for (ClusterSnapshot.Peer peer : snapshot.peers().values()) {
            Membership theirs = peer.lcd().membership();
            boolean newer = peer.current()
                    && theirs.epoch() > known
                    && own.member(peer.name()).isPresent()
                    && theirs.member(snapshot.self()).isPresent();
            if (newer
                    && (best == null || theirs.epoch() > best.lcd().membership().epoch())) {
                best = peer;
            }
        }
        return best;
    }

    private void takeOver(String from, Membership list) {
        String description = "list of servers, epoch " + list.epoch() + ", from " + from;
        ServiceRequest.ChangeOwn change = new ServiceRequest.ChangeOwn(
                description, List.of(LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, list)));
        asker.ask(change, from).thenAccept(reply -> {
            if (reply.succeeded()) {
                LOG.info("took over the {}", description);
                took(list.epoch());
            } else {
                LOG.warn("the {} could not be taken over, this is tried again: {}", description, reply.message());
                later.execute(this::look);
            }
        });
    }

    /** The snapshot with the new list may come later than the answer. */
    private void took(long epoch) {
        synchronized (this) {
            taken = epoch;
        }
        look();
    }
}

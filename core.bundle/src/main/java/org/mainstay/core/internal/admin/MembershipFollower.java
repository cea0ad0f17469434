package org.mainstay.core.internal.admin;

import java.util.List;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.node.NodeRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the newest list of servers from a member that has it: this server was away when a majority changed it (design.md
 * section 5). Used on one thread.
 */
final class MembershipFollower {
    private static final Logger LOG = LoggerFactory.getLogger(MembershipFollower.class);
    private final NodeRuntime.Access node;
    private long asked;

    MembershipFollower(NodeRuntime.Access node) {
        this.node = node;
    }

    void look(ClusterSnapshot snapshot) {
        Membership own = snapshot.own().membership();
        for (ClusterSnapshot.Peer peer : snapshot.peers().values()) {
            Membership theirs = peer.lcd().membership();
            boolean newer = peer.current()
                    && theirs.epoch() > own.epoch()
                    && theirs.epoch() > asked
                    && own.member(peer.name()).isPresent()
                    && theirs.member(snapshot.self()).isPresent();
            if (newer) {
                asked = theirs.epoch();
                takeOver(peer.name(), theirs);
            }
        }
    }

    private void takeOver(String from, Membership list) {
        String description = "list of servers, epoch " + list.epoch() + ", from " + from;
        ServiceRequest.ChangeOwn change = new ServiceRequest.ChangeOwn(
                description, List.of(LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, list)));
        Origin origin = new Origin(Origin.SELF, from, node.config().clock().millis(), "");
        node.requests().ask(change, origin, line -> {}).thenAccept(reply -> {
            if (reply.succeeded()) {
                LOG.info("took over the {}", description);
            } else {
                LOG.warn("the {} could not be taken over: {}", description, reply.message());
            }
        });
    }
}

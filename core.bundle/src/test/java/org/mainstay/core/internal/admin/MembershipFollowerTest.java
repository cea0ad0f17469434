package org.mainstay.core.internal.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.ServiceRequest;

/** The newest list of servers is taken over, whatever is in the way at first (design.md section 5). */
class MembershipFollowerTest {
    private final List<ServiceRequest.ChangeOwn> asked = new ArrayList<>();
    private final Deque<Runnable> later = new ArrayDeque<>();
    private CompletableFuture<Reply> reply = new CompletableFuture<>();
    private final MembershipFollower follower = new MembershipFollower(
            (change, from) -> {
                asked.add(change);
                reply = new CompletableFuture<>();
                return reply;
            },
            later::add);

    private static Lcd lcd(String server, long epoch) {
        List<Member> members = Stream.of("A", "B", "C")
                .map(name -> new Member(name, "127.0.0.1", 1500, "00"))
                .toList();
        Membership list = new Membership(epoch, members);
        return Lcd.empty(server, 1).with(LcdSection.MEMBERSHIP, Membership.KEY, list);
    }

    private static ClusterSnapshot snapshot(long own, long theirs) {
        ClusterSnapshot.Peer peer = new ClusterSnapshot.Peer(
                "B", ClusterSnapshot.PeerState.ALIVE, true, lcd("B", theirs), true, Map.of(), Map.of());
        return new ClusterSnapshot(
                1,
                "A",
                ClusterSnapshot.Phase.AVAILABLE,
                lcd("A", own),
                Map.of("B", peer),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    @Test
    void whatCouldNotBeTakenOverIsTriedAgain() {
        follower.look(snapshot(3, 5));
        assertThat(asked).hasSize(1);
        follower.look(snapshot(3, 5));
        assertThat(asked).as("one at a time").hasSize(1);
        reply.complete(Reply.failed(3, "no space left on device"));
        follower.look(snapshot(3, 5));
        assertThat(asked).as("not at once").hasSize(1);
        later.remove().run();
        assertThat(asked).hasSize(2);
        reply.complete(Reply.success("done"));
        follower.look(snapshot(3, 5));
        follower.look(snapshot(5, 5));
        assertThat(asked).as("the answer may come before the new snapshot").hasSize(2);
        assertThat(later).isEmpty();
        follower.look(snapshot(5, 6));
        assertThat(asked).hasSize(3);
        assertThat(asked.get(2).description()).contains("epoch 6, from B");
    }
}

package org.mainstay.comm.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/** A core that holds a database in memory and admits members. */
final class FakeCluster implements Cluster, Administration {
    private final List<Consumer<ClusterSnapshot>> listeners = new CopyOnWriteArrayList<>();
    private final String self;
    private Lcd own;
    private long revision;
    String refusal = "";

    FakeCluster(String self, Membership membership) {
        this.self = self;
        own = Lcd.empty(self, 1).with(LcdSection.MEMBERSHIP, Membership.KEY, membership);
    }

    void membership(Membership membership) {
        change(own.with(LcdSection.MEMBERSHIP, Membership.KEY, membership));
    }

    void path(CommPath path) {
        change(own.with(LcdSection.PATHS, path.id(), path));
    }

    private void change(Lcd changed) {
        own = changed.committed();
        revision++;
        listeners.forEach(listener -> listener.accept(snapshot()));
    }

    @Override
    public ClusterSnapshot snapshot() {
        return new ClusterSnapshot(
                revision,
                self,
                ClusterSnapshot.Phase.AVAILABLE,
                own,
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                List.of());
    }

    @Override
    public Registration listen(Consumer<ClusterSnapshot> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress) {
        if (!refusal.isEmpty()) {
            return CompletableFuture.completedFuture(Reply.failed(ExitCode.NO_COMMUNICATION, refusal));
        }
        Member member = ((Request.AddMember) request).member();
        List<Member> members = new ArrayList<>(own.membership().members());
        members.add(member);
        membership(new Membership(own.membership().epoch() + 1, members));
        return CompletableFuture.completedFuture(Reply.success(""));
    }

    @Override
    public List<Kit> kits() {
        return List.of();
    }

    @Override
    public Optional<List<FormField>> form(String type, boolean extend, Map<String, String> answers) {
        return Optional.empty();
    }
}

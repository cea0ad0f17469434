package org.mainstay.shell.testing;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumStatus;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyReport;

/** Quorum and fencing of two servers, one of whose devices fails. */
final class FakeSafety implements Fencing, QuorumStorage, SafetyReport.Source, QuorumStatus.Source {
    @Override
    public List<LevelDevice> levels() {
        return List.of(
                new LevelDevice("A", 1, "power-a", "agent", "fence_ipmilan", true, "not tested since the start"),
                new LevelDevice("B", 1, "power-b", "agent", "fence_ipmilan", false, "login failed"));
    }

    @Override
    public CompletionStage<List<Test>> test(String server, Consumer<String> progress) {
        progress.accept("testing ...");
        return CompletableFuture.completedFuture(levels().stream()
                .filter(level -> server.isEmpty() || level.server().equals(server))
                .map(level -> new Test(
                        level.server(),
                        level.level(),
                        level.device(),
                        level.usable(),
                        level.usable() ? "answers" : "login failed"))
                .toList());
    }

    @Override
    public CompletionStage<Reply> acknowledge(String server, Caller caller, String remark) {
        return CompletableFuture.completedFuture(
                server.equals("B")
                        ? Reply.success("B counts as fenced, says " + caller.user() + ": " + remark)
                        : Reply.failed(ExitCode.NOT_FOUND, "there is no server '" + server + "'"));
    }

    @Override
    public List<Acknowledgement> acknowledgements() {
        return List.of(new Acknowledgement("B", "root", "A bin", 1_700_000_000_000L, "pulled the plug"));
    }

    @Override
    public CompletionStage<Reply> initialise(Caller caller, Consumer<String> progress) {
        progress.accept("waiting for the QWK objects of: B");
        return CompletableFuture.completedFuture(Reply.success("storage mode works"));
    }

    @Override
    public CompletionStage<Reply> leave(Caller caller) {
        return CompletableFuture.completedFuture(Reply.success("storage mode has ended here"));
    }

    @Override
    public SafetyReport report() {
        return new SafetyReport(
                SafetyReport.Verdict.BY_SIGHT,
                "once only, while a running server can be seen",
                List.of("quorum none, witness none"),
                List.of(new SafetyReport.Server("A", List.of(), false)),
                List.of(
                        new SafetyReport.Fault("A loses power", SafetyReport.Outcome.TAKEN_OVER, "B takes over", 4.5),
                        new SafetyReport.Fault(
                                "the links between the servers are cut", SafetyReport.Outcome.TWICE, "both run", 0)),
                List.of(new SafetyReport.Resource("pg", "A", "no kill handles")),
                List.of("configure fencing"));
    }

    @Override
    public QuorumStatus quorum() {
        return new QuorumStatus(
                QuorumSettings.DEFAULT,
                List.of("QUORUM_MODE=mayority is not one of none, majority, storage, etcd, off"),
                List.of("QUORUM_REFERENCE_ADDRESSES is empty"),
                "none",
                "",
                "",
                List.of(
                        new QuorumStatus.Server("A", true, "", "", ""),
                        new QuorumStatus.Server("B", false, "", "", "unseen")));
    }
}

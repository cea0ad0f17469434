package org.mainstay.mirror.internal.node;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;

/**
 * Takes over jobs that were changed while this server was away, so that each server has them all (EMC-024). What is newer than its look
 * at the databases stays: the decision core compares where it commits (decision 0321). One thread calls it.
 */
final class JobFollower {
    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Administration administration;
    private CompletableFuture<Reply> taking = CompletableFuture.completedFuture(Reply.success("none yet"));
    private volatile long notBefore = System.nanoTime();

    JobFollower(Administration administration) {
        this.administration = administration;
    }

    void look(ClusterSnapshot snapshot) {
        List<LcdChange<?>> changes = new ArrayList<>();
        MirrorJob.newest(snapshot.databases()).forEach((id, job) -> {
            if (snapshot.own().row(LcdSection.JOBS, id).filter(job::equals).isEmpty()) {
                changes.add(LcdChange.put(LcdSection.JOBS, id, job));
            }
        });
        // One request at a time, and what was refused is not asked for again at once.
        if (!changes.isEmpty() && taking.isDone() && System.nanoTime() - notBefore >= 0) {
            taking = administration
                    .submit(
                            new Request.ChangeOwn("jobs of mirrors, from other servers", changes),
                            Reconciler.caller(snapshot.self()),
                            line -> {})
                    .whenComplete((reply, problem) -> {
                        boolean done = problem == null && reply.succeeded();
                        notBefore = System.nanoTime() + (done ? 0 : AGAIN_NANOS);
                    })
                    .toCompletableFuture();
        }
    }
}

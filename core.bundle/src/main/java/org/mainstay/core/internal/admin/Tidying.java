package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.node.NodeRuntime;
import org.mainstay.core.internal.run.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what ends by itself: administrative locks whose process is gone, and maintenance whose time is over. */
final class Tidying implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tidying.class);
    private static final long PERIOD_SECONDS = 1;

    private final NodeRuntime.Access node;
    private final AdminLock lock;
    private final LongConsumer processGone;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(Threads.named("mainstay-tidy"));

    /** @param processGone gives up the lock of a process of this server everywhere; returns at once */
    Tidying(NodeRuntime.Access node, AdminLock lock, LongConsumer processGone) {
        this.node = node;
        this.lock = lock;
        this.processGone = processGone;
        thread.scheduleWithFixedDelay(this::tidy, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
    }

    private void tidy() {
        try {
            ClusterSnapshot snapshot = node.cluster().snapshot();
            if (snapshot.phase() != ClusterSnapshot.Phase.AVAILABLE) {
                return;
            }
            lock.holder()
                    .filter(holder -> holder.server().equals(snapshot.self()))
                    .filter(holder -> ProcessHandle.of(holder.pid()).isEmpty())
                    .ifPresent(holder -> processGone.accept(holder.pid()));
            lock.tidy();
            maintenance(snapshot);
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: tidying failed", e);
        }
    }

    private void maintenance(ClusterSnapshot snapshot) {
        long now = node.config().clock().millis();
        List<LcdChange<?>> over = new ArrayList<>();
        snapshot.own().rows(LcdSection.MAINTENANCE).forEach((key, row) -> {
            if (row.until() != 0 && row.until() <= now) {
                over.add(LcdChange.remove(LcdSection.MAINTENANCE, key));
            }
        });
        if (!over.isEmpty()) {
            Origin origin = new Origin(Origin.SELF, snapshot.self() + " timer", now, "");
            node.requests()
                    .ask(new ServiceRequest.ChangeOwn("the time of maintenance is over", over), origin, line -> {})
                    .whenComplete((reply, failure) -> LOG.info("the time of maintenance is over: {}", reply));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

package org.mainstay.core.internal.lcd;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Origin;

/** Databases and stores for tests. */
final class Samples {
    static final Origin ORIGIN = new Origin("root", "A shell", 1_700_000_000_000L, "op-1");

    static {
        // the tests break stores thousands of times; each would be told with a stack trace
        System.setProperty("org.slf4j.simpleLogger.log.org.mainstay.core.internal.lcd", "off");
    }

    /** Making one costs more than opening a store. */
    static final LcdCodec CODEC = new LcdCodec();

    private Samples() {}

    static Lcd own() {
        return Lcd.empty("A", 7)
                .with(
                        LcdSection.MEMBERSHIP,
                        Membership.KEY,
                        new Membership(
                                1,
                                List.of(
                                        new Member("A", "10.0.0.1", 1500, "aa"),
                                        new Member("B", "10.0.0.2", 1500, "bb"))))
                .with(Instance.create("vip", "vip-id", "comm", "ip")
                        .withProperties(Map.of("address", "10.77.1.100/24"), "1.0.0"))
                .with(LcdSection.DEPENDENCIES, "vip\tx", new Dependency("vip", "x"))
                .committed();
    }

    /** Returns the next version: the state and reason of the instance change. */
    static Lcd next(Lcd lcd) {
        Instance instance = lcd.instance("vip").orElseThrow();
        InstanceState state = instance.state() == InstanceState.ISP ? InstanceState.OSU : InstanceState.ISP;
        return lcd.with(instance.withState(state, "change to version " + (lcd.version() + 1), lcd.version()))
                .committed();
    }

    static void commit(LcdStore store, Lcd after) throws IOException {
        store.commit(List.of(DocumentChange.between(store.own(), after)), ORIGIN);
    }

    static StoreSettings small(Disk disk) {
        return new StoreSettings(disk, 6000, 1000, Samples::direct);
    }

    static StoreSettings tiny(Disk disk) {
        return new StoreSettings(disk, 1500, 800, Samples::direct);
    }

    /** An executor that runs everything at once in the calling thread, so that runs can be repeated exactly. */
    static ExecutorService direct() {
        return new AbstractExecutorService() {
            private boolean shutdown;

            @Override
            public void execute(Runnable command) {
                command.run();
            }

            @Override
            public void shutdown() {
                shutdown = true;
            }

            @Override
            public List<Runnable> shutdownNow() {
                shutdown = true;
                return Collections.emptyList();
            }

            @Override
            public boolean isShutdown() {
                return shutdown;
            }

            @Override
            public boolean isTerminated() {
                return shutdown;
            }

            @Override
            public boolean awaitTermination(long timeout, TimeUnit unit) {
                return true;
            }
        };
    }

    /**
     * Makes a store with some commits and returns the disk as it is without an orderly close, and the databases after each
     * version: element 0 is the first.
     */
    static List<Lcd> history(MemoryDisk disk, Path data, StoreSettings settings, int commits, List<MemoryDisk> out)
            throws IOException {
        List<Lcd> versions = new ArrayList<>();
        LcdStore.create(data, own(), ORIGIN, CODEC, settings);
        try (LcdStore store = LcdStore.open(data, CODEC, "A", settings)) {
            versions.add(store.own());
            for (int i = 0; i < commits; i++) {
                commit(store, next(store.own()));
                versions.add(store.own());
            }
            out.add(disk.copy());
        }
        return versions;
    }
}

package org.mainstay.quorum.internal.node;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.HandleResult;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.quorum.internal.config.Checked;
import org.mainstay.quorum.internal.config.Configuration;
import org.mainstay.quorum.internal.config.Facts;

/** {@code qwk_storage_init} and {@code qwk_storage_exit} (QUO-090 to QUO-094). Work on the configuration happens on its thread. */
final class StorageMode implements QuorumStorage {
    /** How long the guard may take to hear of the new mode from core. */
    private static final int TRIES = 40;

    private static final long BETWEEN_TRIES_MILLIS = 250;

    private final Configuration configuration;
    private final Executor thread;
    private final Surroundings surroundings;

    /** What it works with. */
    interface Surroundings {
        ClusterSnapshot snapshot();

        Facts facts();

        GuardControl guard();

        /** Returns why the rule of a lease must not be left now; empty: it may. */
        String bound();

        /** Returns whether this server certainly has its right to run now. */
        boolean held();

        /** Tells that the rule of a lease was left without the right to run. */
        void leftWithoutRight();

        /** Reads the configuration again and tells everybody; on the configuration's thread. */
        void refresh();

        void event(int number, Level level, String text);
    }

    /** @param thread the configuration's thread */
    StorageMode(Configuration configuration, Executor thread, Surroundings surroundings) {
        this.configuration = configuration;
        this.thread = thread;
        this.surroundings = surroundings;
    }

    private static Reply denied(Caller caller) {
        return caller.role().may(Caller.Role.ADMINISTRATOR)
                ? null
                : Reply.failed(ExitCode.SYSTEM_ERROR, "permission denied: this needs the role ADMINISTRATOR");
    }

    @Override
    public CompletionStage<Reply> initialise(Caller caller, Consumer<String> progress) {
        Reply denied = denied(caller);
        if (denied != null) {
            return CompletableFuture.completedFuture(denied);
        }
        return onThread(this::begin)
                .thenCompose(refusal -> refusal != null
                        ? CompletableFuture.completedFuture(refusal)
                        : guardsPart(true, progress, TRIES)
                                .thenApply(result -> result.done()
                                        ? Reply.success(
                                                "the QWK objects of all servers are initialised; storage mode works")
                                        : Reply.failed(ExitCode.SYSTEM_ERROR, result.message())));
    }

    /** @return a refusal, or null */
    private Reply begin() {
        List<String> dead = surroundings.snapshot().own().rows(LcdSection.PATHS).values().stream()
                .filter(path -> !surroundings.snapshot().paths().getOrDefault(path.id(), false))
                .map(CommPath::peer)
                .distinct()
                .sorted()
                .toList();
        if (!configuration.storageBegun() && !dead.isEmpty()) {
            return Reply.failed(
                    ExitCode.NO_COMMUNICATION,
                    "all comm paths must be alive before qwk_storage_init; dead ones lead to "
                            + String.join(", ", dead));
        }
        try {
            if (!configuration.storageBegun()) {
                Checked checked = configuration.checkStorage(surroundings.facts());
                if (checked.settings().isEmpty()) {
                    checked.errors().forEach(error -> surroundings.event(Numbers.of(error), Level.ERROR, error));
                    return new Reply(
                            ExitCode.INVALID_ARGUMENT,
                            "the storage parameters in etc/default/LifeKeeper cannot be used",
                            checked.errors());
                }
                configuration.beginStorage();
                surroundings.event(Numbers.STARTING, Level.INFORMATION, "starting storage mode of quorum and witness");
            }
            surroundings.refresh();
            return null;
        } catch (IOException e) {
            surroundings.event(
                    Numbers.CONFIGURATION_REFUSED, Level.ERROR, "configuration reading failed: " + e.getMessage());
            return Reply.failed(ExitCode.SYSTEM_ERROR, "the storage parameters cannot be kept: " + e.getMessage());
        }
    }

    /** Core tells the guard of the new mode a moment after it was told itself; until then the guard refuses. */
    private CompletionStage<HandleResult> guardsPart(boolean begin, Consumer<String> progress, int tries) {
        return surroundings.guard().witnessSetup(begin, progress).thenCompose(result -> {
            if (result.done() || tries <= 1) {
                return CompletableFuture.completedFuture(result);
            }
            Executor later = CompletableFuture.delayedExecutor(BETWEEN_TRIES_MILLIS, TimeUnit.MILLISECONDS);
            return CompletableFuture.supplyAsync(() -> null, later)
                    .thenCompose(nothing -> guardsPart(begin, progress, tries - 1));
        });
    }

    @Override
    public CompletionStage<Reply> leave(Caller caller) {
        Reply denied = denied(caller);
        if (denied != null) {
            return CompletableFuture.completedFuture(denied);
        }
        return onThread(configuration::storageBegun).thenCompose(begun -> {
            if (!begun) {
                return CompletableFuture.completedFuture(Reply.success("storage mode was not in use here"));
            }
            String bound = surroundings.bound();
            if (!bound.isEmpty()) {
                return CompletableFuture.completedFuture(
                        Reply.failed(ExitCode.SYSTEM_ERROR, "storage mode goes on: " + bound));
            }
            // Asked before the end of storage mode ends the right itself.
            boolean held = surroundings.held();
            surroundings.event(
                    Numbers.TERMINATE,
                    Level.INFORMATION,
                    "terminate requested: storage mode of quorum and witness ends");
            return guardsPart(false, line -> {}, 1)
                    .thenCompose(result -> result.done()
                            ? onThread(() -> end(held))
                            : CompletableFuture.completedFuture(
                                    Reply.failed(ExitCode.SYSTEM_ERROR, "storage mode goes on: " + result.message())));
        });
    }

    private Reply end(boolean held) {
        try {
            configuration.endStorage();
        } catch (IOException e) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, "storage mode cannot be ended: " + e.getMessage());
        }
        surroundings.event(Numbers.SHUTS_DOWN, Level.INFORMATION, "storage mode of quorum and witness shuts down");
        if (!held) {
            surroundings.leftWithoutRight();
        }
        surroundings.refresh();
        return Reply.success("storage mode has ended here; run qwk_storage_exit on the other servers too");
    }

    private <T> CompletableFuture<T> onThread(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, thread);
    }
}

package org.mainstay.guard.control;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.mainstay.guard.lease.LeaseKeeper;
import org.mainstay.guard.lease.LeaseSettings;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Words;
import org.mainstay.guard.witness.StorageSetup;

/** The requests of the manager about lease, grants and the witness. Answers come when they are ready. */
final class LeaseVerbs {
    private final LineChannel lines;
    private final LeaseKeeper lease;

    LeaseVerbs(LineChannel lines, LeaseKeeper lease) {
        this.lines = lines;
        this.lease = lease;
    }

    /** Performs a request. @return false if it is none of these */
    boolean handle(String id, String verb, List<String> words) {
        switch (verb) {
            case "lease" -> settings(id, words);
            case "withhold" -> withhold(id, peers(words));
            case "allow" -> answer(id, lease.allow(peers(words)));
            case "witness" -> witness(id, words.get(0));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Set<String> peers(List<String> words) {
        if (words.isEmpty()) {
            throw new IllegalArgumentException("no peer is named");
        }
        return new LinkedHashSet<>(words);
    }

    private void settings(String id, List<String> words) {
        java.util.ArrayList<String> all = new java.util.ArrayList<>(List.of("lease"));
        all.addAll(words);
        answer(id, lease.settings(LeaseSettings.parse(all)));
    }

    private void withhold(String id, Set<String> peers) {
        lease.withhold(peers).thenAccept(result -> {
            if (result.done()) {
                lease.lapses(peers)
                        .forEach((peer, lapse) -> lines.send(
                                Words.line(id, "item", peer, lapse.lapsed() ? "lapsed" : "granted", lapse.at())));
            }
            answer(id, result);
        });
    }

    /** Waits for all other servers, so on a thread of its own; a link that ends ends only the telling. */
    private void witness(String id, String what) {
        if (!(lease.witness().current() instanceof StorageSetup setup)) {
            answer(
                    id,
                    Result.failed(
                            "the quorum mode is not storage, or its settings are refused; see 'mainstay status'"));
            return;
        }
        if (!what.equals("init") && !what.equals("exit")) {
            throw new IllegalArgumentException("'" + what + "'; witness init and witness exit are known");
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        StorageSetup.Progress progress = text -> lines.send(Words.line(id, "item", "progress", text));
                        answer(id, what.equals("init") ? setup.initialise(progress) : setup.exit(progress));
                    } catch (InterruptedException e) {
                        answer(id, Result.failed("interrupted"));
                    }
                },
                "guard-witness-setup");
        thread.setDaemon(true);
        thread.start();
    }

    private void answer(String id, CompletableFuture<Result> later) {
        later.thenAccept(result -> answer(id, result));
    }

    private void answer(String id, Result result) {
        lines.send(Words.line(id, result.done() ? "ok" : "failed", result.message()));
    }
}

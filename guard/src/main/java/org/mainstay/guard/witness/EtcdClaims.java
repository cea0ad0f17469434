package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.Witness.ClaimEntry;
import org.mainstay.guard.lease.Witness.Claims;
import org.mainstay.guard.lease.Witness.Phase;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Waiting;
import org.mainstay.guard.util.Words;

/**
 * Claims as one key per group, changed only by comparing with what was read before. They outlive the leases: an owner stays until a newer
 * epoch replaces it. Calls block. Thread-safe.
 */
final class EtcdClaims {
    private static final long AGAIN_MILLIS = 50;

    private final EtcdClient client;
    private final String prefix;
    private final String self;
    private final List<String> peers;
    private final BootClock clock;

    private record Stored(ClaimEntry entry, long revision) {}

    EtcdClaims(EtcdClient client, String prefix, String self, List<String> peers, BootClock clock) {
        this.client = client;
        this.prefix = prefix;
        this.self = self;
        this.peers = peers;
        this.clock = clock;
    }

    /** @param deadline when to give up, ms */
    Result claim(ClaimEntry entry, long deadline) throws InterruptedException {
        return until(deadline, () -> {
            Stored stored = read(entry.group());
            ClaimEntry there = stored.entry();
            if (entry.equals(there)) {
                return Result.done("claimed");
            }
            if (there != null && !there.server().equals(self) && there.epoch() >= entry.epoch()) {
                return Result.failed(there.server() + " has claimed it with epoch " + there.epoch());
            }
            if (there != null && there.epoch() > entry.epoch()) {
                return Result.failed("this server has claimed it with the newer epoch " + there.epoch());
            }
            String put = "{\"request_put\":{\"key\":" + key(entry.group()) + ",\"value\":" + value(entry) + "}}";
            return swap(entry.group(), stored.revision(), put) ? Result.done("claimed") : null;
        });
    }

    Result withdraw(long group, long deadline) throws InterruptedException {
        return until(deadline, () -> {
            Stored stored = read(group);
            if (stored.entry() == null || !stored.entry().server().equals(self)) {
                return Result.done("not claimed by this server");
            }
            String delete = "{\"request_delete_range\":{\"key\":" + key(group) + "}}";
            return swap(group, stored.revision(), delete) ? Result.done("taken back") : null;
        });
    }

    Claims claims(long group, long deadline) throws InterruptedException {
        Map<String, String> unread = new TreeMap<>();
        Stored[] found = new Stored[1];
        Result result = until(deadline, () -> {
            found[0] = read(group);
            return Result.done("");
        });
        if (!result.done()) {
            peers.forEach(peer -> unread.put(peer, result.message()));
            return new Claims(List.of(), unread);
        }
        ClaimEntry there = found[0].entry();
        return new Claims(there == null || there.server().equals(self) ? List.of() : List.of(there), unread);
    }

    private interface Attempt {
        /** @return null to try again */
        Result run() throws IOException, InterruptedException;
    }

    /** What became of an interrupted write is found out by reading again. */
    private Result until(long deadline, Attempt attempt) throws InterruptedException {
        String reason = "others changed it at the same time";
        do {
            try {
                Result result = attempt.run();
                if (result != null) {
                    return result;
                }
            } catch (EtcdClient.RefusedException e) {
                return Result.failed("etcd refuses: " + e.getMessage());
            } catch (IOException e) {
                reason = e.getMessage();
                Waiting.until(System::nanoTime, System.nanoTime() + AGAIN_MILLIS * 1_000_000);
            }
        } while (clock.millis() < deadline);
        return Result.failed(reason);
    }

    private String key(long group) {
        return EtcdClient.encode(prefix + "claim/" + String.format("%016x", group));
    }

    private static String value(ClaimEntry entry) {
        return EtcdClient.encode(Words.line("1", entry.server(), entry.epoch(), entry.phase(), entry.priority()));
    }

    private Stored read(long group) throws IOException, InterruptedException {
        List<Json> found = client.call("/v3/kv/range", "{\"key\":" + key(group) + "}")
                .get("kvs")
                .list();
        if (found.isEmpty()) {
            return new Stored(null, 0);
        }
        List<String> words = Words.parse(EtcdClient.decode(found.get(0).text("value")));
        try {
            ClaimEntry entry = new ClaimEntry(
                    words.get(1),
                    group,
                    Long.parseLong(words.get(2)),
                    Phase.valueOf(words.get(3)),
                    Integer.parseInt(words.get(4)));
            return new Stored(entry, found.get(0).number("mod_revision"));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("the claim in etcd is written by a version that is not known here: " + words, e);
        }
    }

    /** Returns whether it was done; not, if the key changed since it had that revision. */
    private boolean swap(long group, long revision, String operation) throws IOException, InterruptedException {
        String body =
                "{\"compare\":[{\"key\":" + key(group) + ",\"target\":\"MOD\",\"result\":\"EQUAL\",\"mod_revision\":"
                        + revision + "}],\"success\":[" + operation + "]}";
        return client.call("/v3/kv/txn", body).truth("succeeded");
    }
}

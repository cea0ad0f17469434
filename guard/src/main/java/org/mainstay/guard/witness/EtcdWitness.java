package org.mainstay.guard.witness;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.guard.lease.BootClock;
import org.mainstay.guard.lease.Witness;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Words;

/**
 * Quorum mode etcd: a key per server, bound to an etcd lease that is kept alive. Each renewal is a keepalive and a transaction that writes
 * the own key and reads all others; it counts from the start of the keepalive (docs/decisions/0103).
 */
final class EtcdWitness implements Witness {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long SHORTEST_MILLIS = 100;

    private final BootClock clock;
    private final Log log;
    private final long incarnation = RANDOM.nextLong();
    private final Map<String, KeyWatch> watches = new TreeMap<>();
    /** By peer the etcd lease its key was last seen with. */
    private final Map<String, Long> leases = new TreeMap<>();

    private Settings settings;
    private EtcdSettings etcd;
    private EtcdClient client;
    private Telling tell;
    private Thread thread;
    private volatile boolean closed;

    // of the thread alone
    private long lease;
    private long sequence;
    private boolean mine;
    private int failures;
    private String clusterId = "";
    private long newestRevision;

    EtcdWitness(BootClock clock, Log log) {
        this.clock = clock;
        this.log = log;
    }

    @Override
    public synchronized void start(Settings given, Listener listener) throws IOException {
        if (closed || settings != null) {
            throw new IllegalStateException("a witness is started once");
        }
        etcd = EtcdSettings.parse(given);
        client = new EtcdClient(etcd, Math.max(SHORTEST_MILLIS, given.leaseMillis() / 4));
        tell = new Telling(listener);
        given.peers().forEach(peer -> watches.put(peer, new KeyWatch(peer, given.observeMillis())));
        settings = given;
        thread = new Thread(this::run, "witness");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long period = Math.max(SHORTEST_MILLIS, settings.leaseMillis() / 4);
        try {
            while (!closed) {
                long began = clock.millis();
                try {
                    renew(began);
                    failures = 0;
                    tell.reachable(true, "");
                } catch (IOException | RuntimeException e) {
                    failed(e);
                }
                tellWords();
                long left = began + period - clock.millis();
                synchronized (this) {
                    while (left > 0 && !closed) {
                        wait(left);
                        left = began + period - clock.millis();
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void failed(Exception e) {
        if (e instanceof RuntimeException) {
            log.error("the etcd witness", e);
        }
        failures++;
        if (failures >= 2) {
            // Whoever could not renew meanwhile gets the whole time again once etcd is back.
            watches.values().forEach(KeyWatch::forget);
        }
        tell.reachable(false, e.getMessage() == null ? e.toString() : e.getMessage());
    }

    private void tellWords() {
        long now = clock.millis();
        watches.forEach((peer, watch) -> {
            boolean readable = failures < 2;
            tell.word(
                    peer,
                    readable ? watch.word(now) : Word.UNKNOWN,
                    readable ? watch.reason(now) : "etcd cannot be used from here",
                    watch.readAt());
        });
    }

    /** @param began before the call that the lease counts from */
    private void renew(long began) throws IOException, InterruptedException {
        if (lease != 0) {
            // The stream's answer; without or with TTL 0 the lease is over.
            Json alive =
                    client.call("/v3/lease/keepalive", "{\"ID\":" + lease + "}").get("result");
            if (alive.number("TTL") <= 0) {
                lease = 0;
            }
        }
        long counted = began;
        if (lease == 0) {
            counted = clock.millis();
            lease = grant();
        }
        Json answer;
        long readAt = clock.millis();
        try {
            answer = client.call("/v3/kv/txn", writeAndRead());
        } catch (EtcdClient.RefusedException e) {
            lease = 0;
            throw e;
        }
        long endedAt = clock.millis();
        sameStore(answer.get("header"));
        List<Json> responses = answer.get("responses").list();
        if (responses.size() != 2) {
            throw new IOException("etcd answers not as asked");
        }
        requireMine(responses.get(0).get("response_put").get("prev_kv"));
        // An answer after the lease's time is a refusal (design.md section 10).
        if (endedAt - counted < settings.leaseMillis()) {
            tell.written(counted);
        } else {
            throw new IOException("etcd needed " + (endedAt - counted) + " ms, longer than the lease");
        }
        judge(readAt, endedAt, responses.get(1).get("response_range").get("kvs").list());
    }

    private long grant() throws IOException, InterruptedException {
        long seconds = (settings.observeMillis() + 999) / 1000;
        Json answer = client.call("/v3/lease/grant", "{\"TTL\":" + seconds + ",\"ID\":0}");
        long id = answer.number("ID");
        if (id == 0 || answer.number("TTL") < seconds) {
            throw new IOException("etcd gives no lease of " + seconds + " s: " + answer.text("error"));
        }
        return id;
    }

    private String serverKey(String server) {
        return etcd.prefix() + "server/" + server;
    }

    private String writeAndRead() {
        String value = Words.line(
                "1",
                settings.self(),
                Long.toHexString(incarnation),
                settings.leaseMillis(),
                settings.lossStopMillis(),
                ++sequence);
        String all = etcd.prefix() + "server/";
        return "{\"success\":[{\"request_put\":{\"key\":" + EtcdClient.encode(serverKey(settings.self()))
                + ",\"value\":"
                + EtcdClient.encode(value) + ",\"lease\":" + lease + ",\"prev_kv\":true}},{\"request_range\":{\"key\":"
                + EtcdClient.encode(all) + ",\"range_end\":" + EtcdClient.encode(EtcdClient.after(all)) + "}}]}";
    }

    /** An etcd that was made anew or restored from a backup knows nothing of what was confirmed before. */
    private void sameStore(Json header) throws IOException {
        String id = header.text("cluster_id");
        long revision = header.number("revision");
        boolean other = !clusterId.isEmpty() && (!clusterId.equals(id) || revision < newestRevision);
        clusterId = id;
        newestRevision = revision;
        if (other) {
            log.warn("etcd lost its data or is another one (cluster " + id + ", revision " + revision + ")");
            watches.values().forEach(KeyWatch::forget);
        }
    }

    private void judge(long startedAt, long endedAt, List<Json> keys) throws IOException, InterruptedException {
        Map<String, Json> found = new HashMap<>();
        for (Json key : keys) {
            found.put(EtcdClient.decode(key.text("key")), key);
        }
        for (Map.Entry<String, KeyWatch> each : watches.entrySet()) {
            Json key = found.get(serverKey(each.getKey()));
            if (key == null) {
                each.getValue().read(startedAt, endedAt, 0, 0);
            } else {
                leases.put(each.getKey(), key.number("lease"));
                each.getValue().read(startedAt, endedAt, key.number("mod_revision"), times(key));
            }
            if (each.getValue().doubted()) {
                each.getValue().leased(lives(leases.getOrDefault(each.getKey(), 0L)));
            }
        }
    }

    /** A key that somebody deleted leaves its lease behind, which its server keeps alive. What cannot be asked may live. */
    private boolean lives(long theirLease) throws InterruptedException {
        try {
            return theirLease != 0
                    && client.call("/v3/lease/timetolive", "{\"ID\":" + theirLease + "}")
                                    .number("TTL")
                            > 0;
        } catch (IOException e) {
            log.warn("etcd does not tell whether lease " + theirLease + " lives: " + e.getMessage());
            return true;
        }
    }

    /** Returns L + S of the key's writer. */
    private static long times(Json key) throws IOException {
        List<String> words = Words.parse(EtcdClient.decode(key.text("value")));
        try {
            return Long.parseLong(words.get(3)) + Long.parseLong(words.get(4));
        } catch (IndexOutOfBoundsException | NumberFormatException e) {
            throw new IOException("a key in etcd is written by a version that is not known here: " + words, e);
        }
    }

    /** Two servers of the same name would both hold a lease by one key. */
    private void requireMine(Json before) throws IOException {
        if (mine && !before.text("value").isEmpty()) {
            List<String> words = Words.parse(EtcdClient.decode(before.text("value")));
            if (words.size() < 3 || !words.get(2).equals(Long.toHexString(incarnation))) {
                throw new IOException("another server writes the key of " + settings.self()
                        + " in etcd; server names, or QUORUM_ETCD_PREFIX of two clusters, must differ");
            }
        }
        mine = true;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        if (tell != null) {
            tell.close();
        }
        if (thread != null) {
            thread.interrupt();
        }
    }
}

package org.mainstay.core.internal.node;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the other servers for their copies of this server's damaged database. It is repaired when all members have answered, or a
 * moment after one that holds all that is known to have been there; until then nothing is started here. Thread-safe.
 */
final class Repairing {
    /** Topic: an empty request, answered with the copy of the asking server's database, or nothing. */
    static final String TOPIC = "copy";

    private static final Logger LOG = LoggerFactory.getLogger(Repairing.class);
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long AGAIN_SECONDS = 5;

    private final Repair repair;
    private final Set<String> others;
    private final PeerLinks links;
    private final LcdCodec codec;
    private final ScheduledExecutorService timer;
    private final Consumer<Lcd> done;
    private final Map<String, Lcd> copies = new TreeMap<>();
    private final Set<String> answered = new HashSet<>();
    /** How often each was asked: only the last question is repeated when it fails. */
    private final Map<String, Integer> asked = new HashMap<>();

    private boolean waited;
    private boolean finished;

    /**
     * @param others the other members, as far as known; empty: the first copy decides
     * @param done takes the repaired database, once
     */
    Repairing(
            Repair repair,
            Set<String> others,
            PeerLinks links,
            LcdCodec codec,
            ScheduledExecutorService timer,
            Consumer<Lcd> done) {
        this.repair = repair;
        this.others = Set.copyOf(others);
        this.links = links;
        this.codec = codec;
        this.timer = timer;
        this.done = done;
    }

    synchronized boolean finished() {
        return finished;
    }

    /** A server can be reached. */
    void reached(String peer) {
        int question;
        synchronized (this) {
            if (finished) {
                return;
            }
            question = asked.merge(peer, 1, Integer::sum);
        }
        links.request(peer, TOPIC, new byte[0], LIMIT).whenComplete((bytes, error) -> {
            if (error == null) {
                received(peer, bytes);
            } else {
                LOG.warn("{} did not give its copy of the database: {}", peer, error.getMessage());
                if (!timer.isShutdown()) {
                    timer.schedule(() -> askAgain(peer, question), AGAIN_SECONDS, TimeUnit.SECONDS);
                }
            }
        });
    }

    /** The session may go on for ever, and only a new one would ask anew. */
    private void askAgain(String peer, int question) {
        boolean newest;
        synchronized (this) {
            newest = asked.get(peer) == question;
        }
        if (newest && links.peers().contains(peer)) {
            reached(peer);
        }
    }

    private void received(String peer, byte[] bytes) {
        synchronized (this) {
            try {
                if (bytes.length > 0) {
                    copies.put(peer, codec.decode(new String(bytes, StandardCharsets.UTF_8)));
                }
            } catch (JsonParseException e) {
                LOG.warn("the copy {} holds cannot be read: {}", peer, e.getMessage());
            }
            answered.add(peer);
        }
        tryRepair();
    }

    /** Others may hold newer ones: those that can be reached get a moment. Called with the lock held. */
    private void waitForMore() {
        if (!timer.isShutdown()) {
            timer.schedule(
                    () -> {
                        synchronized (this) {
                            waited = true;
                        }
                        tryRepair();
                    },
                    AGAIN_SECONDS,
                    TimeUnit.SECONDS);
        }
    }

    private void tryRepair() {
        Lcd repaired;
        synchronized (this) {
            boolean all = !others.isEmpty() && answered.containsAll(others);
            boolean covered = copies.values().stream().anyMatch(repair::covers);
            if (finished || !all && !(covered && waited)) {
                if (!finished && covered) {
                    waitForMore();
                }
                return;
            }
            try {
                repaired = repair.repair(copies.values());
            } catch (IOException e) {
                LOG.error("the configuration database is not repaired yet: {}", e.getMessage());
                if (!timer.isShutdown()) {
                    timer.schedule(this::tryRepair, AGAIN_SECONDS, TimeUnit.SECONDS);
                }
                return;
            }
            finished = true;
        }
        LOG.warn("the configuration database was repaired from the copies of {}", copies.keySet());
        done.accept(repaired);
    }
}

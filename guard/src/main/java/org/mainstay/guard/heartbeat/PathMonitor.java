package org.mainstay.guard.heartbeat;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * One end of a path: what it sends, and whether the path is alive. Pure: time and packets come in, bytes and a state
 * come out. Owned by one thread.
 *
 * <p>The path is alive only while <em>this</em> end's sequence comes back: every packet echoes the newest one heard,
 * and only an echo that advances counts. So a link that has lost one direction is dead at both ends. A packet of a
 * guard instance not known yet is believed only if it echoes something this end has sent lately; recorded packets of
 * an earlier instance cannot.
 */
final class PathMonitor {

    /** Whether the path carries heartbeats both ways. */
    enum State {
        /** Not known yet: less than one detection time since the start. */
        PENDING,
        ALIVE,
        DEAD
    }

    /** What became of a packet. */
    enum Verdict {
        ACCEPTED,
        /** Genuine, but of an instance that has not shown that it hears this end; answered, not believed. */
        UNPROVEN,
        /** Not sealed with the path's key. */
        FORGED,
        /** Heard before, or this end's own. */
        REPLAYED
    }

    /** Echoes in a row that bring a path up. */
    private static final int ECHOES_TO_LIVE = 2;
    /** Packets out of turn per interval: enough to bring a path up in one round, too few to be an amplifier. */
    private static final int EXTRA_PER_INTERVAL = 4;

    private static final int REMEMBERED = 256;

    private final long instance;
    private final long wireId;
    private final long[] sentAt = new long[REMEMBERED];
    private final LeaseExchange lease;
    private final LeaseRequests requests = new LeaseRequests(REMEMBERED);
    private PathConfig config;
    private Sealer sealer;
    private Sealer oldSealer;
    private long oldKeyUntil;
    private boolean upper;

    private State state = State.PENDING;
    private long deadline;
    private long nextSend;
    private int extras = EXTRA_PER_INTERVAL;
    private boolean sendNow;
    private long sequence;
    private long lastEcho;
    private int echoes;
    private long peerInstance;
    private long peerSequence;
    private long peerHeardAt;
    private int peerLease;
    private int peerLossStop;
    /**
     * An instance that asked to be echoed without having proven itself; it gets one answer and changes nothing else.
     */
    private long strangerInstance;

    private long strangerSequence;

    /** @param instance this guard's random id, never 0 */
    PathMonitor(PathConfig config, long instance, LeaseExchange lease, long now) {
        this.instance = instance;
        this.lease = lease;
        this.config = config;
        this.wireId = config.wireId();
        this.upper = config.upperEnd();
        this.sealer = new Sealer(config.key());
        this.nextSend = now;
        this.deadline = now + config.detectionNanos();
    }

    /** Takes new timing or a new key without a gap; the old key is accepted for one detection time more. */
    void reconfigure(PathConfig newer, long now) {
        if (!newer.keyHex().equalsIgnoreCase(config.keyHex())) {
            oldSealer = sealer;
            oldKeyUntil = now + Math.max(newer.detectionNanos(), config.detectionNanos());
            sealer = new Sealer(newer.key());
        }
        if (newer.detectionNanos() != config.detectionNanos() || newer.intervalMillis() != config.intervalMillis()) {
            deadline = Math.max(deadline, now + newer.detectionNanos());
            nextSend = now;
        }
        config = newer;
        upper = newer.upperEnd();
    }

    PathConfig config() {
        return config;
    }

    long wireId() {
        return wireId;
    }

    State state() {
        return state;
    }

    /** Returns when {@link #due} or {@link #expired} has something to do next. */
    long nextEvent() {
        return state == State.DEAD ? nextSend : Math.min(nextSend, deadline);
    }

    boolean due(long now) {
        return sendNow || now - nextSend >= 0;
    }

    /** Asks for a packet out of turn, as what this server says has changed; within the limit per interval. */
    void hurry() {
        if (extras > 0 && !sendNow) {
            extras--;
            sendNow = true;
        }
    }

    /** Writes the next packet, sealed, and plans the one after it. */
    void write(Packet packet, ByteBuffer to, long now) {
        boolean toStranger = sendNow && strangerInstance != 0;
        if (now - nextSend >= 0 && !toStranger) {
            extras = EXTRA_PER_INTERVAL;
            nextSend += config.intervalNanos();
            if (now - nextSend >= 0) {
                // Late by more than an interval: no burst to catch up.
                nextSend = now + config.intervalNanos();
            }
        }
        sendNow = false;
        sequence++;
        sentAt[(int) (sequence % REMEMBERED)] = now;
        packet.flags = (short) ((upper ? Packet.UPPER_END : 0) | (state == State.ALIVE ? Packet.HEARS_YOU : 0));
        packet.flags |= (short) (lease.withoutLease() ? Packet.WITHOUT_LEASE : Packet.WITH_LEASE);
        packet.leaseMillis = lease.leaseMillis();
        packet.lossStopMillis = lease.lossStopMillis();
        requests.sent(sequence, lease.now(), packet.leaseMillis, packet.lossStopMillis);
        if (!toStranger && grants()) {
            packet.flags |= Packet.GRANTS_LEASE;
        }
        packet.path = wireId;
        packet.instance = instance;
        packet.sequence = sequence;
        packet.echoInstance = toStranger ? strangerInstance : peerInstance;
        packet.echoSequence = toStranger ? strangerSequence : peerSequence;
        strangerInstance = 0;
        packet.writeBody(to);
        sealer.seal(to);
    }

    /**
     * Only while this path is alive: a peer that does not hear this server is down for it, and its requests, which
     * may still come, must not keep what it was granted from lapsing.
     */
    private boolean grants() {
        return state == State.ALIVE
                && peerSequence > 0
                && lease.grant(config.peer(), peerHeardAt, peerLease, peerLossStop);
    }

    /**
     * Takes a plausible packet for this path.
     *
     * @param packet filled from the bytes if they are genuine
     */
    Verdict receive(ByteBuffer bytes, Packet packet, long now) {
        if (!sealer.valid(bytes) && !(oldSealer != null && oldKeyUntil - now > 0 && oldSealer.valid(bytes))) {
            return Verdict.FORGED;
        }
        packet.read(bytes);
        if (packet.has(Packet.UPPER_END) == upper || packet.instance == instance) {
            return Verdict.REPLAYED;
        }
        boolean fresh = freshEcho(packet, now);
        if (packet.instance != peerInstance) {
            if (!fresh) {
                strangerInstance = packet.instance;
                strangerSequence = packet.sequence;
                hurry();
                return Verdict.UNPROVEN;
            }
            peerInstance = packet.instance;
        } else if (packet.sequence <= peerSequence) {
            return Verdict.REPLAYED;
        }
        peerSequence = packet.sequence;
        peerHeardAt = lease.now();
        peerLease = packet.leaseMillis;
        peerLossStop = packet.lossStopMillis;
        lease.terms(config.peer(), terms(packet));
        if (fresh && packet.has(Packet.GRANTS_LEASE)) {
            requests.granted(packet.echoSequence, config.peer(), lease);
        }
        if (fresh && packet.echoSequence > lastEcho) {
            advanced(packet.echoSequence, now);
        }
        if (state != State.ALIVE || !packet.has(Packet.HEARS_YOU)) {
            hurry();
        }
        return Verdict.ACCEPTED;
    }

    private static LeaseExchange.Terms terms(Packet packet) {
        if (packet.has(Packet.WITHOUT_LEASE)) {
            return LeaseExchange.Terms.WITHOUT_LEASE;
        }
        return packet.has(Packet.WITH_LEASE) ? LeaseExchange.Terms.WITH_LEASE : LeaseExchange.Terms.UNSAID;
    }

    private boolean freshEcho(Packet packet, long now) {
        long echo = packet.echoSequence;
        return packet.echoInstance == instance
                && echo > 0
                && echo <= sequence
                && sequence - echo < REMEMBERED
                && now - sentAt[(int) (echo % REMEMBERED)] < config.detectionNanos();
    }

    private void advanced(long echo, long now) {
        lastEcho = echo;
        echoes++;
        if (state == State.ALIVE || echoes >= ECHOES_TO_LIVE) {
            state = State.ALIVE;
            deadline = now + config.detectionNanos();
        }
    }

    /** Returns whether the path died just now. */
    boolean expired(long now) {
        if (state == State.DEAD) {
            if (now - deadline >= 0) {
                // Two echoes count as a row only within one detection time.
                echoes = 0;
                deadline = now + config.detectionNanos();
            }
            return false;
        }
        if (now - deadline < 0) {
            return false;
        }
        state = State.DEAD;
        echoes = 0;
        deadline = now + config.detectionNanos();
        return true;
    }

    /**
     * This process did not run for a while: nothing can be said of the peer from that time. After a gap longer than the
     * detection time the peer gets a whole one; a shorter gap is not counted.
     */
    void lostTime(long nanos, long now) {
        if (nanos > config.detectionNanos()) {
            deadline = Math.max(deadline, now + config.detectionNanos());
        } else if (nanos > config.intervalNanos() / 2) {
            deadline += nanos;
        }
    }

    /** Returns milliseconds since the start of the wait for the next echo, for {@code status}. */
    long silentMillis(long now) {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(now - deadline + config.detectionNanos()));
    }
}

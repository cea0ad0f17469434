package org.mainstay.guard.heartbeat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Ticker;

/**
 * Carries the heartbeats of one path over a shared disk (COMM-020 to COMM-022) on a thread of its own: a disk that hangs costs this
 * path its heartbeats and nobody else anything. A heartbeat not yet written is replaced by a newer one; the peer's slot is
 * read several times per interval. What is read late is judged like a packet that the network held back.
 */
final class DiskWay implements Way {
    private static final int READS_PER_INTERVAL = 4;
    private static final long SMALLEST_PAUSE_MILLIS = 10;
    private static final long LARGEST_PAUSE_MILLIS = 500;
    private static final long REOPEN_MILLIS = 1000;

    /** Who is told; called on this way's thread. */
    interface Receiver {
        /** The peer's slot carries a heartbeat not seen before. @param packet the receiver's own, from 0 to limit */
        void received(ByteBuffer packet);

        /** Trouble began or, empty, ended. */
        void trouble(String text);
    }

    private final PathMonitor monitor;
    private final PathConfig config;
    private final DiskStorage storage;
    private final Ticker ticker;
    private final Log log;
    private final Receiver receiver;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final ByteBuffer waiting = ByteBuffer.allocate(Packet.LARGEST);
    private boolean fresh;
    private volatile boolean closed;
    private volatile boolean busy;
    private volatile long busySince;
    private volatile String trouble = "";

    // owned by the thread
    private final ByteBuffer outgoing = ByteBuffer.allocate(Packet.LARGEST);
    private DiskStorage.Slots slots;
    private boolean disturbed;
    private long disturbedAt;
    private ByteBuffer last = ByteBuffer.allocate(0);

    DiskWay(PathMonitor monitor, DiskStorage storage, Ticker ticker, Log log, Receiver receiver) {
        this.monitor = monitor;
        this.config = monitor.config();
        this.storage = storage;
        this.ticker = ticker;
        this.log = log;
        this.receiver = receiver;
        this.thread = new Thread(this::run, "guard-disk-" + config.peer());
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public String send(ByteBuffer packet, PathConfig path) {
        lock.lock();
        try {
            waiting.clear();
            waiting.put(0, packet, packet.position(), packet.remaining());
            waiting.limit(packet.remaining());
            fresh = true;
            news.signal();
        } finally {
            lock.unlock();
        }
        return null;
    }

    /** Returns why the disk cannot be used now; empty if it can. */
    String trouble() {
        long since = busySince;
        long hangs = busy ? TimeUnit.NANOSECONDS.toMillis(ticker.nanos() - since) : 0;
        return hangs >= TimeUnit.NANOSECONDS.toMillis(config.detectionNanos())
                ? "the storage has not answered for " + hangs + " ms"
                : trouble;
    }

    /** Returns whether this is the way of a path as it is now. */
    boolean serves(PathMonitor path) {
        return path == monitor && config.intervalMillis() == path.config().intervalMillis();
    }

    /**
     * Ends it without waiting for the storage. Not by an interrupt: that closes the file on the caller's thread and waits there for
     * the storage to give up what is under way.
     */
    void close() {
        lock.lock();
        try {
            closed = true;
            news.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (!closed) {
            try {
                boolean write = newest(pauseMillis());
                if (!closed) {
                    exchange(write);
                }
            } catch (InterruptedException e) {
                // somebody else's mistake: the loop decides
            } catch (RuntimeException e) {
                failed(e);
            }
        }
        release();
    }

    private long pauseMillis() {
        if (slots == null && !trouble.isEmpty()) {
            return REOPEN_MILLIS;
        }
        long pause = config.intervalMillis() / READS_PER_INTERVAL;
        return Math.max(SMALLEST_PAUSE_MILLIS, Math.min(LARGEST_PAUSE_MILLIS, pause));
    }

    /** Waits for something to write. @return false if it is only time to read */
    private boolean newest(long millis) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            boolean resting = slots == null && !trouble.isEmpty();
            while ((!fresh || resting) && left > 0 && !closed) {
                left = news.awaitNanos(left);
            }
            if (!fresh || closed) {
                return false;
            }
            fresh = false;
            outgoing.clear();
            outgoing.put(0, waiting, 0, waiting.limit());
            outgoing.limit(waiting.limit());
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void exchange(boolean write) {
        busySince = ticker.nanos();
        busy = true;
        try {
            if (slots == null) {
                slots = storage.open(config);
            }
            ByteBuffer heard = slots.exchange(write ? outgoing : null);
            // Two writers take turns: one undisturbed look proves nothing.
            if (!disturbed || ticker.nanos() - disturbedAt > config.detectionNanos()) {
                disturbed = false;
                say("");
            }
            if (heard != null && !heard.equals(last)) {
                last = heard;
                receiver.received(heard.duplicate());
            }
        } catch (DiskStorage.ForeignWriterException e) {
            disturbed = true;
            disturbedAt = ticker.nanos();
            say(e.getMessage());
        } catch (IOException e) {
            failed(e);
        } finally {
            busy = false;
        }
    }

    private void failed(Exception e) {
        say(e.getMessage() == null ? e.toString() : e.getMessage());
        release();
    }

    private void say(String text) {
        if (closed || text.equals(trouble)) {
            return;
        }
        boolean news = text.isEmpty() != trouble.isEmpty();
        trouble = text;
        if (news) {
            receiver.trouble(text);
        }
    }

    private void release() {
        DiskStorage.Slots old = slots;
        slots = null;
        if (old != null) {
            try {
                old.close();
            } catch (IOException e) {
                log.warn("closing the shared disk of " + config + ": " + e.getMessage());
            }
        }
    }
}

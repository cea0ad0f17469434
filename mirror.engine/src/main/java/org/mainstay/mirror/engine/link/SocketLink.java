package org.mainstay.mirror.engine.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.mainstay.mirror.engine.io.Wire;

/**
 * A link over a wire. Frames queued together leave with one call. The thread that kicks sends them, unless that would make
 * it wait; then a thread of the link does.
 */
public final class SocketLink implements Link {
    private static final int TOGETHER = 64;
    private static final int INPUT_BYTES = 2 << 20;
    /** The rest of a longer frame is read alone: the next one then begins where no data has to be moved. */
    private static final int LARGE_BYTES = 128 << 10;

    private static final int WORTH_COMPRESSING = 512;
    private static final int PIECE_MILLIS = 100;
    private static final int SMALLEST_PIECE = 4096;
    private static final long CONGESTED_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** In the background, for so long changes wait for others: each bundle wakes three threads, here and at the peer. */
    private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    /** So many, or one so large, are worth to be sent. */
    private static final int GATHERED = 64;

    private static final int GATHERED_BYTES = 64 << 10;

    private record Item(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable sent) {}

    private final Wire wire;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final ArrayDeque<Item> queue = new ArrayDeque<>();
    private final ReentrantLock sending = new ReentrantLock();
    private final Item[] batch = new Item[TOGETHER];
    private final ByteBuffer[] parts = new ByteBuffer[2 * TOGETHER];
    private final ByteBuffer headers = ByteBuffer.allocateDirect(TOGETHER * FrameHeader.BYTES);
    private final Thread sender;
    private LinkHandler handler;
    private Deflater deflater;
    private volatile boolean closed;
    private volatile String reason = "the connection ended";
    private volatile long kilobits;
    private volatile int level;
    private volatile boolean background;
    private volatile boolean congested;
    private boolean kicked;
    private final long gatherNanos;
    private boolean gathering;
    /** Whether something is queued that somebody waits for. */
    private boolean urgent;

    private long budgetAt = System.nanoTime();
    private volatile int most = Integer.MAX_VALUE;

    /** Takes a connected wire; {@link #start} begins to receive. */
    public SocketLink(Wire wire) {
        this(wire, GATHER_NANOS);
    }

    SocketLink(Wire wire, long gatherNanos) {
        this.wire = wire;
        this.gatherNanos = gatherNanos;
        this.sender = new Thread(this::sendAll, "link-sender");
        sender.setDaemon(true);
    }

    /** Ends the link when more frames wait to be sent: a peer that asks and does not read would fill the memory. */
    public SocketLink bounded(int frames) {
        most = frames;
        return this;
    }

    /** Begins to receive, on a thread of its own. */
    public void start(LinkHandler first) {
        handler = first;
        sender.start();
        Thread receiver = new Thread(this::receiveAll, "link-receiver");
        receiver.setDaemon(true);
        receiver.start();
    }

    @Override
    public void send(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable sent) {
        boolean dropped;
        boolean crowded;
        lock.lock();
        try {
            crowded = queue.size() >= most;
            dropped = closed || crowded;
            if (!dropped) {
                queue.addLast(new Item(type, seq, offset, length, payload, sent));
                boolean change = type == FrameType.WRITE || type == FrameType.ZERO || type == FrameType.TRIM;
                urgent |= !change || payload != null && payload.remaining() >= GATHERED_BYTES;
            }
        } finally {
            lock.unlock();
        }
        if (crowded) {
            close("the peer does not take what it is sent: " + most + " frames wait");
        }
        if (dropped && sent != null) {
            sent.run();
        }
    }

    @Override
    public void kick() {
        if (background || congested || kilobits > 0 || level > 0) {
            wake();
            return;
        }
        while (hasWork()) {
            if (!sending.tryLock()) {
                // Whoever sends looks again after it let go.
                return;
            }
            try {
                drain();
            } catch (IOException e) {
                close(String.valueOf(e.getMessage()));
            } catch (RuntimeException | Error e) {
                close("a defect, frames taken from the queue were not sent: " + e);
                throw e;
            } finally {
                sending.unlock();
            }
            if (congested) {
                wake();
                return;
            }
        }
    }

    private boolean hasWork() {
        lock.lock();
        try {
            return !queue.isEmpty() && !closed;
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            if (!queue.isEmpty() || closed) {
                kicked = true;
                if (!gathering || ripe()) {
                    work.signal();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void sendAll() {
        try {
            while (awaitWork()) {
                sending.lock();
                try {
                    drain();
                } finally {
                    sending.unlock();
                }
            }
        } catch (IOException e) {
            close(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            close("a defect, frames taken from the queue were not sent: " + e);
            throw e;
        }
    }

    private boolean awaitWork() {
        lock.lock();
        try {
            kicked &= !queue.isEmpty();
            while (!closed && !kicked) {
                work.awaitUninterruptibly();
            }
            gather();
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Says whether what is queued is not to wait for more. Lock held. */
    private boolean ripe() {
        return closed || urgent || !background || queue.size() >= GATHERED;
    }

    /** Lock held. */
    private void gather() {
        gathering = true;
        try {
            long left = gatherNanos;
            while (left > 0 && !ripe()) {
                left = work.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            gathering = false;
        }
    }

    /** Sends until nothing is queued. Sending lock held. */
    private void drain() throws IOException {
        while (!closed) {
            int count = 0;
            lock.lock();
            try {
                while (count < TOGETHER && !queue.isEmpty()) {
                    batch[count++] = queue.pollFirst();
                }
                urgent &= !queue.isEmpty();
            } finally {
                lock.unlock();
            }
            if (count == 0) {
                return;
            }
            try {
                write(count);
            } finally {
                for (int i = 0; i < count; i++) {
                    if (batch[i].sent != null) {
                        batch[i].sent.run();
                    }
                }
                Arrays.fill(batch, 0, count, null);
            }
        }
    }

    private void write(int count) throws IOException {
        headers.clear();
        int filled = 0;
        for (int i = 0; i < count; i++) {
            Item item = batch[i];
            ByteBuffer payload = item.payload == null ? null : item.payload.duplicate();
            ByteBuffer squeezed = payload == null ? null : squeeze(payload);
            ByteBuffer data = squeezed == null ? payload : squeezed;
            int start = headers.position();
            FrameHeader.write(headers, item.type, squeezed != null, item.seq, item.offset, item.length, data);
            parts[filled++] = headers.duplicate().limit(headers.position()).position(start);
            if (data != null && data.hasRemaining()) {
                parts[filled++] = data;
            }
        }
        if (closed) {
            // Payloads may have been used for something else since: the checksums above could be of that.
            return;
        }
        long begin = System.nanoTime();
        if (kilobits > 0) {
            writeThrottled(filled);
        } else {
            wire.write(parts, filled);
        }
        congested = System.nanoTime() - begin > CONGESTED_NANOS;
        Arrays.fill(parts, 0, filled, null);
    }

    private ByteBuffer squeeze(ByteBuffer data) {
        int chosen = level;
        if (chosen == 0 || data.remaining() < WORTH_COMPRESSING) {
            return null;
        }
        if (deflater == null) {
            deflater = new Deflater();
        }
        deflater.reset();
        deflater.setLevel(chosen);
        deflater.setInput(data.duplicate());
        deflater.finish();
        ByteBuffer out = ByteBuffer.allocate(data.remaining() - 1);
        deflater.deflate(out);
        return deflater.finished() ? out.flip() : null;
    }

    /** In pieces that take no longer than the peer may wait to hear something, however low the rate. */
    private void writeThrottled(int filled) throws IOException {
        for (int i = 0; i < filled; i++) {
            ByteBuffer part = parts[i];
            while (part.hasRemaining() && !closed) {
                // Kilobits per second times milliseconds are bits.
                long most = Math.max(SMALLEST_PIECE, kilobits * PIECE_MILLIS / 8);
                int length = kilobits == 0 ? part.remaining() : (int) Math.min(most, part.remaining());
                throttle(length);
                wire.write(part.duplicate().limit(part.position() + length));
                part.position(part.position() + length);
            }
        }
    }

    private void throttle(long bytes) {
        long rate = kilobits;
        if (rate == 0) {
            return;
        }
        long cost = bytes * 8 * 1_000_000L / rate;
        budgetAt = Math.max(budgetAt, System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(50)) + cost;
        lock.lock();
        try {
            long left = budgetAt - System.nanoTime();
            while (left > 0 && !closed && kilobits == rate) {
                left = work.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close(String why) {
        ArrayDeque<Item> dropped;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            reason = why;
            closed = true;
            dropped = new ArrayDeque<>(queue);
            queue.clear();
            work.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            wire.close();
        } catch (IOException e) {
            reason = why + " (" + e.getMessage() + ")";
        }
        dropped.stream().filter(item -> item.sent != null).forEach(item -> item.sent.run());
    }

    @Override
    public void shape(long kilobitsPerSecond, int compression, boolean inBackground) {
        level = compression;
        background = inBackground;
        lock.lock();
        try {
            if (kilobits != kilobitsPerSecond) {
                kilobits = kilobitsPerSecond;
                // Whoever waits for its turn at the rate before does not any more.
                work.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String peer() {
        return wire.peer();
    }

    @Override
    public String identity() {
        return wire.identity();
    }

    /** Receives to the end of the connection. */
    private void receiveAll() {
        Inflater inflater = new Inflater();
        try {
            ByteBuffer in = ByteBuffer.allocateDirect(INPUT_BYTES).limit(0);
            ByteBuffer plain = null;
            FrameHeader header = new FrameHeader();
            Frame frame = new Frame();
            while (!closed) {
                int whole = FrameHeader.BYTES;
                while (in.remaining() >= FrameHeader.BYTES && !closed) {
                    int start = in.position();
                    header.read(in);
                    if (in.remaining() < header.payload) {
                        in.position(start);
                        whole = FrameHeader.BYTES + header.payload;
                        break;
                    }
                    ByteBuffer data = in.slice(in.position(), header.payload);
                    in.position(in.position() + header.payload);
                    header.check(data);
                    if (header.compressed) {
                        plain = plain == null ? ByteBuffer.allocateDirect(Frame.LARGEST_PAYLOAD) : plain;
                        data = inflate(inflater, data, plain);
                    }
                    handler.received(this, frame.set(header.type, header.seq, header.offset, header.length, data));
                }
                handler.received(this);
                if (wire.readOn(in, whole, whole > LARGE_BYTES) < 0) {
                    break;
                }
                handler.heard(this);
            }
        } catch (IOException | DataFormatException e) {
            close(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            close("a defect: " + e);
            throw e;
        } finally {
            inflater.end();
            close("the peer ended the connection");
            handler.closed(this, reason);
        }
    }

    private static ByteBuffer inflate(Inflater inflater, ByteBuffer data, ByteBuffer plain) throws DataFormatException {
        inflater.reset();
        inflater.setInput(data);
        plain.clear();
        inflater.inflate(plain);
        if (!inflater.finished()) {
            throw new DataFormatException("compressed data is longer than a frame may be");
        }
        return plain.flip();
    }
}

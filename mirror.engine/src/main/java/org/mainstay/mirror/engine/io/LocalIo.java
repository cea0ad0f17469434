package org.mainstay.mirror.engine.io;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Executes requests on a disk. What the page cache answers is done at once by the thread that brings it, because handing it to
 * another costs more than the transfer; what has been slow lately is given to workers, so that a slow disk works on many
 * requests at a time, unless the thread that brings it is free for it ({@link BlockRequest#stepAside}). Thread-safe.
 */
public final class LocalIo {
    private static final int SLOW = 4;
    private static final int SLOWEST = 8;
    /** Copying that much takes longer than waking a thread that reads the next request meanwhile. */
    private static final int LARGE = 256 << 10;
    /** A transfer from memory takes less than this, plus half a nanosecond per byte. */
    private static final long QUICK_NANOS = 150_000;

    private final Disk disk;
    private final Executor workers;
    private final Consumer<String> trouble;
    private final LongSupplier nanos;
    private volatile boolean lost;
    /** One per kind; updates may get lost, it is a guess anyway. */
    private final int[] slowness = new int[BlockRequest.Kind.values().length];

    /**
     * @param workers where slow requests run
     * @param trouble told the reason of every error, for the log
     * @param nanos the clock
     */
    public LocalIo(Disk disk, Executor workers, Consumer<String> trouble, LongSupplier nanos) {
        this.disk = disk;
        this.workers = workers;
        this.trouble = trouble;
        this.nanos = nanos;
        // Until it is known how fast flushes are.
        slowness[BlockRequest.Kind.FLUSH.ordinal()] = SLOWEST;
    }

    /** Returns the disk. */
    public Disk disk() {
        return disk;
    }

    /** Says whether a flush has failed since {@link #renew}. */
    public boolean lost() {
        return lost;
    }

    /** See {@link Disk#renew}. */
    public void renew() {
        lost = false;
        disk.renew();
    }

    /** Returns the workers. */
    public Executor workers() {
        return workers;
    }

    /** Executes and answers the request, now or on a worker. */
    public void answer(BlockRequest request) {
        if (quick(request.kind()) && !request.fua()) {
            aside(request);
            request.complete(execute(request));
            return;
        }
        request.keepData();
        if (request.stepAside()) {
            forced(request);
        } else {
            workers.execute(() -> forced(request));
        }
    }

    private void forced(BlockRequest request) {
        int error = execute(request);
        request.complete(error == BlockRequest.OK && request.fua() && request.changes() ? flush() : error);
    }

    /** Lets another thread read on while this one carries out what is quick but large. */
    public void aside(BlockRequest request) {
        boolean data = request.kind() == BlockRequest.Kind.WRITE || request.kind() == BlockRequest.Kind.READ;
        if (data && request.length() >= LARGE) {
            request.stepAside();
        }
    }

    /** Says whether a request of this kind had better be executed at once. */
    public boolean quick(BlockRequest.Kind kind) {
        return slowness[kind.ordinal()] < SLOW;
    }

    /** Brings everything to stable storage. @return the error number to answer with */
    public int flush() {
        long begin = nanos.getAsLong();
        try {
            disk.flush();
            learn(BlockRequest.Kind.FLUSH, 0, nanos.getAsLong() - begin);
            // One that failed may have been told here only after the disk was renewed.
            return lost ? BlockRequest.EIO : BlockRequest.OK;
        } catch (ClosedChannelException e) {
            // It was closed here, and says nothing of what is on the disk.
            trouble.accept("flush of a disk that is closed");
            return BlockRequest.EIO;
        } catch (IOException e) {
            lost = true;
            trouble.accept("flush failed: " + e);
            return error(e);
        }
    }

    /** Executes the request, without the flush of a forced one. @return the error number to answer with */
    public int execute(BlockRequest request) {
        return execute(request, false);
    }

    /** As above; with {@code exact} a trimmed range reads as zeros, so that two sides of a mirror stay equal. */
    public int execute(BlockRequest request, boolean exact) {
        long begin = nanos.getAsLong();
        try {
            switch (request.kind()) {
                case READ -> disk.read(request.data(), request.offset());
                case WRITE -> disk.write(request.data(), request.offset());
                case ZERO -> disk.zero(request.offset(), request.length(), request.allocated());
                case TRIM -> {
                    if (exact) {
                        disk.zero(request.offset(), request.length(), false);
                    } else {
                        disk.trim(request.offset(), request.length());
                    }
                }
                case FLUSH -> disk.flush();
            }
            learn(request.kind(), request.length(), nanos.getAsLong() - begin);
            return BlockRequest.OK;
        } catch (IOException e) {
            trouble.accept(
                    request.kind() + " of " + request.length() + " bytes at " + request.offset() + " failed: " + e);
            return error(e);
        }
    }

    private void learn(BlockRequest.Kind what, long length, long took) {
        int kind = what.ordinal();
        boolean slow = took > QUICK_NANOS + length / 2;
        int before = slowness[kind];
        int after = slow ? Math.min(SLOWEST, before + SLOW) : Math.max(0, before - 1);
        if (after != before) {
            slowness[kind] = after;
        }
    }

    /** Returns the error number for a failure of the disk. */
    public static int error(IOException failure) {
        String text = String.valueOf(failure.getMessage());
        return text.contains("No space left") || text.contains("quota") ? BlockRequest.ENOSPC : BlockRequest.EIO;
    }
}

package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.io.LocalIo;

/**
 * The way of a request through a source (MIR-128). A change: gates open? marked in the intent logs, durably? no overlap with
 * one under way? Then, in one critical section, it gets its place in every queue; data moves and answers go out without the lock.
 *
 * <p>Invariants: overlapping changes are applied one after the other, in queue order; no answer leaves while the lease has
 * ended; what a gate holds is answered after it opens or fails.
 */
final class WritePath {
    /** Why requests wait. */
    enum Gate {
        /** A target is no longer in step, and that is not recorded yet (MIR-119). */
        BARRIER,
        /** A resynchronisation is about to end (MIR-168). */
        DELAY,
        /** A queue is full and writes are to wait for it (MIR-144). */
        LIMIT,
        /** The right to run has ended. */
        LEASE
    }

    private final Volume volume;
    private final LocalIo io;
    private final EnumSet<Gate> closed = EnumSet.noneOf(Gate.class);
    private final ArrayDeque<BlockRequest> held = new ArrayDeque<>();
    private final List<WriteOp> inFlight = new ArrayList<>();
    private final List<BlockRequest> overlapping = new ArrayList<>();
    private List<BlockRequest> unlogged = new ArrayList<>();
    private List<WriteOp> finished = new ArrayList<>();
    private boolean committing;
    /** Whether blocks were marked since the last commit began. */
    private boolean marked;

    private boolean resuming;
    /** Set: every change fails with this number, for good. */
    private int refusal;

    private volatile long leaseEnd;
    private volatile boolean leased;

    WritePath(Volume volume, LocalIo io) {
        this.volume = volume;
        this.io = io;
    }

    /** See {@link org.mainstay.mirror.engine.io.Export#submit}. */
    void submit(BlockRequest[] requests, int count) {
        checkLease();
        WriteOp[] started = new WriteOp[count];
        boolean any = false;
        volume.lock();
        try {
            for (int i = 0; i < count; i++) {
                BlockRequest request = requests[i];
                if (request.kind() == BlockRequest.Kind.READ && !closed.contains(Gate.LEASE) && !over()) {
                    continue;
                }
                requests[i] = null;
                started[i] = admit(request);
                any |= started[i] != null;
            }
        } finally {
            volume.unlock();
        }
        volume.kick();
        if (any) {
            execute(started, count);
        }
        for (int i = 0; i < count; i++) {
            if (requests[i] != null) {
                io.answer(requests[i]);
            }
        }
        drain();
    }

    /** Begins a request or lets it wait. Lock held. @return what is to be executed now; null: nothing */
    private WriteOp admit(BlockRequest request) {
        if (refusal != 0 || over()) {
            return refused(request, false);
        }
        if (request.kind() == BlockRequest.Kind.READ || !closed.isEmpty()) {
            hold(request);
            return null;
        }
        if (request.kind() == BlockRequest.Kind.FLUSH) {
            return flush(request);
        }
        volume.mirrors().forEach(Mirror::checkRoom);
        if (!closed.isEmpty()) {
            hold(request);
            return null;
        }
        if (!logged(request)) {
            return null;
        }
        for (int i = 0; i < inFlight.size(); i++) {
            if (inFlight.get(i).overlaps(request.offset(), request.end())) {
                request.keepData();
                overlapping.add(request);
                return null;
            }
        }
        WriteOp op = new WriteOp(request, false);
        inFlight.add(op);
        for (Mirror mirror : volume.mirrors()) {
            mirror.change(op);
        }
        return op;
    }

    /** The role has ended, or is about to: another side may write, so nothing is read here either. Lock held. */
    private boolean over() {
        return refusal == BlockRequest.ESHUTDOWN || !volume.serving();
    }

    private WriteOp refused(BlockRequest request, boolean flush) {
        WriteOp refused = new WriteOp(request, flush);
        refused.error = over() ? BlockRequest.ESHUTDOWN : refusal;
        finished.add(refused);
        return null;
    }

    private void hold(BlockRequest request) {
        request.keepData();
        held.addLast(request);
    }

    private boolean logged(BlockRequest request) {
        boolean all = true;
        for (Mirror mirror : volume.mirrors()) {
            all &= mirror.logged(request.offset(), request.end());
        }
        if (!all) {
            request.keepData();
            unlogged.add(request);
            commitSoon();
        }
        return all;
    }

    /** Brings marks to storage; what waits for them goes on then. Lock held. */
    void commitSoon() {
        marked = true;
        if (!committing) {
            committing = true;
            volume.env().run(this::commit);
        }
    }

    private void commit() {
        List<BlockRequest> batch;
        List<Mirror> mirrors;
        volume.lock();
        try {
            batch = unlogged;
            unlogged = new ArrayList<>();
            marked = false;
            mirrors = volume.mirrors();
        } finally {
            volume.unlock();
        }
        boolean ok = true;
        for (Mirror mirror : mirrors) {
            ok &= volume.logs().commit(mirror);
        }
        volume.lock();
        try {
            committing = marked;
            if (committing) {
                volume.env().run(this::commit);
            }
        } finally {
            volume.unlock();
        }
        if (ok) {
            submit(batch.toArray(new BlockRequest[0]), batch.size());
        } else {
            batch.forEach(request -> request.complete(BlockRequest.EIO));
        }
    }

    private WriteOp flush(BlockRequest request) {
        WriteOp op = new WriteOp(request, true);
        for (Mirror mirror : volume.mirrors()) {
            mirror.flush(op);
        }
        volume.barrier().flush(op);
        return op;
    }

    private void execute(WriteOp[] ops, int count) {
        boolean done = false;
        for (int i = 0; i < count; i++) {
            WriteOp op = ops[i];
            if (op == null) {
                continue;
            }
            BlockRequest.Kind kind = op.flush ? BlockRequest.Kind.FLUSH : op.request.kind();
            if (io.quick(kind)) {
                io.aside(op.request);
                local(op);
                done = true;
                continue;
            }
            op.request.keepData();
            if (op.request.stepAside()) {
                local(op);
                done = true;
            } else {
                ops[i] = null;
                io.workers().execute(() -> {
                    local(op);
                    localDone(new WriteOp[] {op}, 1);
                    drain();
                });
            }
        }
        if (done) {
            localDone(ops, count);
        }
    }

    private void local(WriteOp op) {
        int error = op.flush ? volume.flushLocal() : io.execute(op.request, true);
        if (error != 0) {
            op.error = error;
        }
    }

    private void localDone(WriteOp[] ops, int count) {
        volume.lock();
        try {
            for (int i = 0; i < count; i++) {
                WriteOp op = ops[i];
                if (op == null) {
                    continue;
                }
                if (!op.flush) {
                    inFlight.remove(op);
                    if (op.error != 0) {
                        volume.mirrors().forEach(mirror -> mirror.localFailed(op));
                    }
                }
                part(op);
            }
            admitOverlapping();
            volume.mirrors().forEach(Mirror::poke);
        } finally {
            volume.unlock();
        }
    }

    private void admitOverlapping() {
        if (!overlapping.isEmpty()) {
            held.addAll(overlapping);
            overlapping.clear();
            resume();
        }
    }

    /** Lets changes of a range wait until {@link #release}. Lock held. */
    WriteOp claim(long from, long to) {
        WriteOp claim = new WriteOp(from, to);
        inFlight.add(claim);
        return claim;
    }

    /** Ends a {@link #claim}. Lock held. */
    void release(WriteOp claim) {
        inFlight.remove(claim);
        admitOverlapping();
        volume.mirrors().forEach(Mirror::poke);
    }

    /** One part of a change is done. Lock held; {@link #drain} follows when it is released. */
    void part(WriteOp op) {
        if (--op.left == 0) {
            finished.add(op);
        }
    }

    /** Says whether a change that overlaps the range is being written to the local disk. Lock held. */
    boolean busy(long from, long to) {
        for (int i = 0; i < inFlight.size(); i++) {
            if (inFlight.get(i).overlaps(from, to)) {
                return true;
            }
        }
        return false;
    }

    /** Takes the blocks of changes being written to the local disk out of {@code clean}. Lock held. */
    void exclude(Bits clean) {
        for (WriteOp op : inFlight) {
            for (int i = (int) (op.offset / IntentLog.BLOCK); i <= (op.end - 1) / IntentLog.BLOCK; i++) {
                clean.clear(i);
            }
        }
    }

    /** Answers what is finished. Called without the lock. */
    void drain() {
        List<WriteOp> batch;
        checkLease();
        volume.lock();
        try {
            if (finished.isEmpty() || closed.contains(Gate.LEASE)) {
                return;
            }
            batch = finished;
            finished = new ArrayList<>();
        } finally {
            volume.unlock();
        }
        List<WriteOp> flushes = null;
        for (WriteOp op : batch) {
            if (op.request.fua() && !op.flush && op.error == 0 && op.request.changes()) {
                flushes = flushes == null ? new ArrayList<>() : flushes;
                flushes.add(op);
            } else {
                op.request.answer(op.error);
            }
        }
        for (WriteOp op : batch) {
            op.request.push();
        }
        if (flushes != null) {
            flushForced(flushes);
        }
    }

    private void flushForced(List<WriteOp> written) {
        WriteOp[] ops = new WriteOp[written.size()];
        volume.lock();
        try {
            for (int i = 0; i < ops.length; i++) {
                BlockRequest request = written.get(i).request;
                ops[i] = refusal != 0 ? refused(request, true) : flush(request);
            }
        } finally {
            volume.unlock();
        }
        volume.kick();
        execute(ops, ops.length);
        drain();
    }

    /** Lets requests wait. Lock held. */
    void close(Gate gate) {
        closed.add(gate);
    }

    /** Ends a reason to wait. Lock held. */
    void open(Gate gate) {
        if (closed.remove(gate)) {
            resume();
        }
    }

    boolean isClosed(Gate gate) {
        return closed.contains(gate);
    }

    /** Returns how many requests wait at a gate. Lock held. */
    int held() {
        return held.size();
    }

    private void resume() {
        if (!closed.isEmpty() || resuming || held.isEmpty() && finished.isEmpty()) {
            return;
        }
        resuming = true;
        volume.env().run(() -> {
            BlockRequest[] batch;
            volume.lock();
            try {
                resuming = false;
                batch = held.toArray(new BlockRequest[0]);
                held.clear();
            } finally {
                volume.unlock();
            }
            submit(batch, batch.length);
        });
    }

    /** Fails what waits and everything to come. Lock held; {@link #drain} follows. */
    void refuse(int error) {
        refusal = error;
        closed.clear();
        for (BlockRequest request : held) {
            admit(request);
        }
        held.clear();
    }

    /** Says whether every change fails. Lock held. */
    boolean refuses() {
        return refusal != 0;
    }

    /** Serves again. Lock held. */
    void accept() {
        refusal = 0;
    }

    /** Sets when the right to run ends; {@link Long#MAX_VALUE}: it does not. */
    void lease(long end) {
        volume.lock();
        try {
            leased = end != Long.MAX_VALUE;
            leaseEnd = end;
            if (!leased || volume.env().nanos() - end < 0) {
                open(Gate.LEASE);
            }
        } finally {
            volume.unlock();
        }
        drain();
    }

    private void checkLease() {
        if (leased && volume.env().nanos() - leaseEnd >= 0) {
            volume.lock();
            try {
                closed.add(Gate.LEASE);
            } finally {
                volume.unlock();
            }
        }
    }

    /** Says whether the right to run has not ended. */
    boolean leaseLives() {
        return !leased || volume.env().nanos() - leaseEnd < 0;
    }

    /** Says whether nothing is under way. Lock held. */
    boolean idle() {
        return inFlight.isEmpty() && finished.isEmpty() && unlogged.isEmpty() && !committing && held.isEmpty();
    }

    static int errorOf(IOException e) {
        return LocalIo.error(e);
    }
}

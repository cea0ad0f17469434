package org.mainstay.mirror.engine.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/**
 * The source's side of the mirror to one target: its state, its log, its queue. All methods but those of {@link LinkHandler}
 * are called with the volume's lock held.
 *
 * <p>Invariants: a block that may differ on the target is in the log, or in the queue with its bit in the log; blocks to send are in
 * {@code dirty}, which is empty exactly while changes go through the queue.
 */
final class Mirror implements LinkHandler {
    /** So many marked blocks are left marked while the volume is busy. */
    static final int HOT_BLOCKS = 16384;

    /** Most bytes queued for one target, whatever the settings allow. */
    private static final long QUEUE_BYTES = 128L << 20;

    private final Volume volume;
    private final String name;
    private final SendQueue queue;
    private final Resync resync;
    private final SourceSession session;
    private final LocalFaults faults;
    private MirrorType type;
    private MirrorSettings settings;
    private IntentLog log;
    private MirrorState state = MirrorState.PAUSED;
    private PauseCause cause = PauseCause.CONNECTION;
    private final Bits dirty;
    private MarkAhead ahead;
    private final Cleaner cleaner;
    private final List<WriteOp> orphans = new ArrayList<>();
    private String detail = "";
    /** Why the target refused when it was asked last; it is asked again each second. */
    private String refusal = "";

    /** The target was heard, and then no more. */
    private boolean contactLost;

    private long reconnects;
    private long since;
    private long attempt;

    Mirror(Volume volume, String name, MirrorType type, MirrorSettings settings) {
        this.volume = volume;
        this.name = name;
        this.type = type;
        this.settings = settings;
        this.queue = new SendQueue(volume.env());
        int blocks = IntentLog.blocks(volume.size());
        this.dirty = new Bits(blocks);
        this.ahead = new MarkAhead(blocks, HOT_BLOCKS, volume.env().markExtent());
        this.resync = new Resync(volume, this);
        this.session = new SourceSession(volume, this);
        this.faults = new LocalFaults(volume, this);
        this.cleaner = new Cleaner(volume, this);
        this.since = volume.env().nanos();
    }

    String name() {
        return name;
    }

    MirrorType type() {
        return type;
    }

    void type(MirrorType now) {
        type = now;
        settings(settings);
    }

    MirrorSettings settings() {
        return settings;
    }

    void settings(MirrorSettings now) {
        settings = now;
        if (queue.link() != null) {
            queue.link()
                    .shape(now.get("BandwidthThrottle"), (int) now.get("CompressionLevel"), type == MirrorType.ASYNC);
        }
    }

    MirrorState state() {
        return state;
    }

    PauseCause cause() {
        return cause;
    }

    String detail() {
        return detail;
    }

    /** Says whether the target refused when it was asked last. */
    boolean refused() {
        return !refusal.isEmpty();
    }

    /** The target has introduced itself. */
    void met() {
        if (contactLost) {
            contactLost = false;
            reconnects++;
        }
    }

    /** Says how often contact with the target was lost and came back, since the engine began. */
    long reconnects() {
        return reconnects;
    }

    Bits dirty() {
        return dirty;
    }

    IntentLog log() {
        return log;
    }

    /** @param opened null: the intent log is disabled */
    void log(IntentLog opened) {
        log = opened;
    }

    SendQueue queue() {
        return queue;
    }

    Resync resync() {
        return resync;
    }

    long since() {
        return since;
    }

    /** Records, before the target can take itself for current, how long it then may. @return false: it cannot be recorded */
    boolean promise() {
        long window = session.window();
        return record().promised() == window || volume.save(volume.state().peer(name, record().promised(window)));
    }

    VolumeState.Peer record() {
        return volume.state().peer(name);
    }

    void state(MirrorState now, PauseCause why) {
        if (now == MirrorState.MIRRORING) {
            refusal = "";
        }
        if (state != now || cause != why) {
            state = now;
            cause = why;
            since = volume.env().nanos();
            volume.env().event("state " + volume.name() + " " + name + " " + now.code() + " " + why);
        }
    }

    /** Says whether changes go through the queue, in order. */
    boolean replicates() {
        return state == MirrorState.MIRRORING || state == MirrorState.RESYNC && resync.ending();
    }

    // ---- changes ----

    /** Marks the range. @return whether all of it is marked on storage already */
    boolean logged(long from, long to) {
        if (log == null || state == MirrorState.BROKEN || !record().logComplete()) {
            return true;
        }
        int grain = (int) Math.max(1, settings.get("BitmapBytesPerBlock") / IntentLog.BLOCK);
        int first = (int) (from / IntentLog.BLOCK) / grain * grain;
        int last = ((int) ((to - 1) / IntentLog.BLOCK) / grain + 1) * grain;
        int end = Math.min(last, dirty.size());
        if (log.covers(first, end)) {
            if (ahead.hit(log, first, end, volume.env().nanos())) {
                volume.path().commitSoon();
            }
            return true;
        }
        ahead.miss(log, first, end, volume.env().nanos());
        return false;
    }

    /** Does what a full queue asks for. */
    void checkRoom() {
        boolean full = queue.crowded()
                || queue.writes() >= settings.queueLength()
                || queue.bytes() >= Math.min(QUEUE_BYTES, settings.queueBytes());
        if (full && replicates()) {
            // A queue that only the engine's own bound stops delays the writer: pausing would not be what was asked
            // for.
            boolean asked = queue.writes() >= settings.queueLength() || queue.bytes() >= settings.queueBytes();
            if (asked && settings.get("BlockWritesOnLimitReached") == 0) {
                fail(PauseCause.QUEUE_LIMIT, "the write queue is full");
            } else {
                volume.path().close(WritePath.Gate.LIMIT);
            }
        }
    }

    /** A change begins. */
    void change(WriteOp op) {
        if (state == MirrorState.BROKEN) {
            return;
        }
        int first = (int) (op.offset / IntentLog.BLOCK);
        int end = (int) ((op.end - 1) / IntentLog.BLOCK) + 1;
        cleaner.changed(first, end);
        if (replicates()) {
            queue.change(op, type == MirrorType.SYNC, volume.env().nanos());
        } else {
            dirty.set(first, end);
            resync.changed();
        }
    }

    /** Says whether a flush means the target too (MIR-122, TUN-107). */
    boolean flushes() {
        return type == MirrorType.SYNC || settings.get("DontFlushAsyncQueue") == 0;
    }

    /** A change or flush is answered when this target cannot count as current any more. */
    void await(WriteOp op) {
        op.left++;
        orphans.add(op);
    }

    /** A flush begins: it waits for the target if that is in step (MIR-122). */
    void flush(WriteOp op) {
        if (replicates() && flushes()) {
            op.left++;
            queue.ask(FrameType.FLUSH, 0, 0, null, answer -> {
                if (answer == null) {
                    orphans.add(op);
                } else {
                    if (answer.length() != 0) {
                        volume.later(() -> fail(PauseCause.TARGET_ERROR, "the target cannot flush"));
                        orphans.add(op);
                        return;
                    }
                    volume.path().part(op);
                }
            });
        }
    }

    /** A change failed on the local disk: the sides may differ there (MIR-300). */
    void localFailed(WriteOp op) {
        if (state == MirrorState.BROKEN) {
            return;
        }
        faults.failed((int) (op.offset / IntentLog.BLOCK), (int) ((op.end - 1) / IntentLog.BLOCK) + 1);
    }

    /** A block is sent again. */
    void sends(int block) {
        cleaner.changed(block, block + 1);
    }

    LocalFaults faults() {
        return faults;
    }

    Cleaner cleaner() {
        return cleaner;
    }

    void poke() {
        resync.poke();
    }

    // ---- leaving and coming back ----

    /** Ends replication for now. */
    void fail(PauseCause why, String text) {
        if (state == MirrorState.BROKEN || state == MirrorState.PAUSED && !session.active()) {
            if (state == MirrorState.PAUSED && why == PauseCause.USER) {
                state(state, why);
            }
            return;
        }
        detail = text;
        contactLost |= why == PauseCause.CONNECTION && session.met();
        end(text, MirrorState.PAUSED, why);
        if (why != PauseCause.REFUSED || !text.equals(refusal)) {
            volume.env().log("mirror " + volume.name() + " to " + name + " paused: " + text);
        }
        refusal = why == PauseCause.REFUSED ? text : "";
        if (why.passing()) {
            reconnect(why == PauseCause.RESYNC_LIMIT ? settings.get("ResyncSuspendMs") : settings.get("ResumeDelayMs"));
        }
    }

    private void end(String text, MirrorState next, PauseCause why) {
        // A target that was sent the end may have taken it.
        boolean inStep = replicates();
        state(next, why);
        Link link = queue.link();
        if (link != null) {
            link.close(text);
        }
        attempt++;
        resync.stop();
        session.end();
        orphans.addAll(queue.end());
        // What the target applied but did not flush may be lost there: everything marked may differ.
        if (log == null || !record().logComplete()) {
            dirty.setAll();
        } else {
            dirty.or(log.marked());
        }
        faults.left();
        cleaner.stop();
        volume.path().open(WritePath.Gate.LIMIT);
        volume.barrier().left(this, inStep);
    }

    /** Lets the changes go that waited for this target's answer. */
    void release() {
        orphans.forEach(volume.path()::part);
        orphans.clear();
    }

    /** Fails the changes that waited for this target's answer. */
    void failWaiting(int error) {
        orphans.forEach(op -> op.error = error);
        release();
    }

    /** Tries to connect after a time, unless somebody wants otherwise by then. */
    void reconnect(long millis) {
        long mine = ++attempt;
        volume.env()
                .after(
                        millis,
                        () -> volume.locked(() -> {
                            if (mine == attempt && state == MirrorState.PAUSED && cause.passing() && volume.serving()) {
                                session.connect();
                            }
                        }));
    }

    /** Continues a paused mirror, or begins a broken one anew (T5, T6). */
    void resume() {
        if (state == MirrorState.BROKEN) {
            // Nothing was tracked (MIR-038).
            dirty.setAll();
            volume.save(volume.state()
                    .peer(name, record().broken(false).generation(0).sync(0)));
        }
        state(MirrorState.PAUSED, PauseCause.CONNECTION);
        attempt++;
        session.connect();
    }

    /** Tells a target in step that the data is of another generation from here on. */
    void announce(Generations now) {
        if (replicates()) {
            queue.ask(FrameType.GENERATION, 0, 0, Frame.text(Map.of("generations", now.text())), answer -> {
                if (answer != null && answer.length() == 0 && state == MirrorState.MIRRORING) {
                    volume.save(volume.state().peer(name, record().generation(now.current())));
                }
            });
        }
    }

    /** The target could not be reached: tried again later. */
    void noConnection(String error) {
        detail = error;
        state(MirrorState.PAUSED, PauseCause.CONNECTION);
        reconnect(settings.get("ResumeDelayMs"));
    }

    /** Stops tracking (T4). */
    void breakUp() {
        volume.save(
                volume.state().peer(name, record().broken(true).generation(0).sync(0)));
        end("broken by command", MirrorState.BROKEN, PauseCause.USER);
        dirty.setAll();
    }

    /** The volume has another size: whoever is connected was introduced to the old one, and what is new may differ. */
    void resized(long before, long now) {
        int blocks = IntentLog.blocks(now);
        if (volume.serving() && session.active()) {
            fail(PauseCause.CONNECTION, "the volume's size was changed");
            reconnect(0);
        }
        for (Bits bits : List.of(dirty, resync.taken(), faults.blocks())) {
            bits.resize(blocks);
        }
        cleaner.resize(blocks);
        if (volume.serving()) {
            dirty.set((int) (before / IntentLog.BLOCK), blocks);
        }
        ahead = new MarkAhead(blocks, HOT_BLOCKS, volume.env().markExtent());
        if (log != null) {
            log.resize(now);
        }
    }

    /** Sets the state a stored one starts with. */
    void recall() {
        if (record().broken()) {
            state = MirrorState.BROKEN;
            cause = PauseCause.USER;
            dirty.setAll();
        } else {
            state = MirrorState.PAUSED;
            cause = record().stopped() ? PauseCause.USER : PauseCause.CONNECTION;
            if (log == null || !record().logComplete()) {
                dirty.setAll();
            } else {
                dirty.or(log.marked());
            }
            if (cause.passing()) {
                reconnect(0);
            }
        }
    }

    /** Ends the link; the mirror stays as it is stored. */
    void close(String why) {
        attempt++;
        Link link = queue.link();
        if (link != null) {
            link.close(why);
        }
        resync.stop();
        session.end();
        orphans.addAll(queue.end());
        failWaiting(BlockRequest.ESHUTDOWN);
        faults.left();
        if (state != MirrorState.BROKEN) {
            state = MirrorState.PAUSED;
        }
    }

    // ---- upkeep ----

    /** Ends a link whose target is silent or slow; sends what a fault of the own disk left different. */
    void watch() {
        session.watch();
        faults.tick();
    }

    @Override
    public void received(Link link, Frame frame) {
        volume.locked(() -> {
            if (link == queue.link()) {
                session.received(frame);
            }
        });
    }

    @Override
    public void received(Link link) {
        volume.kick();
        volume.path().drain();
    }

    @Override
    public void closed(Link link, String why) {
        volume.locked(() -> {
            if (link == queue.link()) {
                fail(PauseCause.CONNECTION, why);
            }
        });
        volume.path().drain();
    }
}

package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;

/**
 * Sends the blocks that may differ, pass after pass, until none is left (MIR-160 to MIR-172). A block's mark is taken away before the
 * block is read; whatever changes it from then on marks it again. Called with the volume's lock held, but for {@link #work}.
 */
final class Resync {
    private static final int RUN = 4;
    private static final int COMPARED_RUN = 16;
    /** After so many blocks in a row that differ on a new target, */
    private static final int UNLIKE = 64;
    /** so many are sent as they are before others are compared. */
    private static final int SPARED = 1024;

    private enum Phase {
        OFF,
        BEGINNING,
        RUNNING,
        /** All but the last blocks are sent; the target brings them to storage, so that the end takes no time. */
        FLUSHING,
        ENDING
    }

    /** What became of the marks in the intent log before the beginning. */
    private enum Marks {
        /** Everything is marked on storage. */
        ALL,
        AS_THEY_WERE,
        /** The log could not be written, nor that it could not. */
        UNKNOWN
    }

    private final Volume volume;
    private final Mirror mirror;
    private Phase phase = Phase.OFF;
    private boolean flushed;
    private boolean working;
    private boolean again;
    /** Blocks whose digests need not be sent; null: none is compared. */
    private Bits compared;
    /** Whether the target is new, so that comparing is a guess. */
    private boolean sparing;

    private int unlike;
    /** Whether the last one ran out of passes: comparing takes one more, so what goes on of it is sent as it is. */
    private boolean exhausted;

    /** Blocks taken out of the dirty ones and not yet in the queue: neither clean nor dirty. */
    private final Bits taken;

    private int pointer;
    private int pass;
    private int asked;
    private long newWrites;
    private long begun;
    private long took;
    /** Distinguishes this run from earlier ones whose jobs or answers come late. */
    private long run;

    Resync(Volume volume, Mirror mirror) {
        this.volume = volume;
        this.mirror = mirror;
        this.taken = new Bits(IntentLog.blocks(volume.size()));
    }

    Bits taken() {
        return taken;
    }

    boolean ending() {
        return phase == Phase.ENDING;
    }

    /** Returns 0: none; 1: it begins; 2: blocks are sent; 3: the target brings them to storage, or takes the last ones. */
    int phase() {
        return Math.min(phase.ordinal(), Phase.FLUSHING.ordinal());
    }

    int pass() {
        return phase == Phase.OFF ? 0 : pass;
    }

    int current() {
        return phase == Phase.OFF ? 0 : pointer;
    }

    long newWrites() {
        return newWrites;
    }

    /** Returns how long the present one runs or the last one took, in nanoseconds. */
    long elapsed() {
        return phase == Phase.OFF ? took : volume.env().nanos() - begun;
    }

    void changed() {
        if (phase != Phase.OFF) {
            newWrites++;
        }
    }

    /**
     * Begins.
     *
     * @param compare ask the target by digests before sending
     * @param fresh whether it was never in step, so that it perhaps has nothing that is equal
     * @param keeps whether the target's data is of one moment, so that nothing may begin that the own disk does not let end
     */
    void begin(boolean full, boolean compare, boolean fresh, boolean keeps) {
        phase = Phase.BEGINNING;
        flushed = false;
        pointer = 0;
        pass = 1;
        asked = 0;
        newWrites = 0;
        begun = volume.env().nanos();
        sparing = fresh;
        unlike = 0;
        compared = compare && (full || !exhausted) ? new Bits(mirror.dirty().size()) : null;
        exhausted = false;
        long mine = ++run;
        Bits first = keeps ? mirror.faults().toRead(full) : null;
        if (full) {
            mirror.dirty().setAll();
        }
        IntentLog log = mirror.log();
        if (full && log != null) {
            log.markAll();
        }
        // From here on the target's data is a mixture: that has to be known after any crash of either side.
        volume.env().run(() -> {
            String unreadable = first == null ? null : mirror.faults().unreadable(first, () -> over(mine));
            if (unreadable != null) {
                volume.later(() -> failed(mine, unreadable));
                return;
            }
            Marks marks = full ? commit(log) : Marks.AS_THEY_WERE;
            volume.locked(() -> {
                if (mine == run && phase == Phase.BEGINNING) {
                    if (marks != Marks.UNKNOWN) {
                        announce(mine, full, marks == Marks.ALL);
                    } else {
                        mirror.fail(PauseCause.LOCAL_ERROR, "the intent log cannot be written");
                    }
                }
            });
            volume.kick();
        });
    }

    /** Without the lock. */
    private boolean over(long mine) {
        volume.lock();
        try {
            return mine != run || phase != Phase.BEGINNING;
        } finally {
            volume.unlock();
        }
    }

    private void failed(long mine, String why) {
        if (mine == run && phase == Phase.BEGINNING) {
            mirror.fail(PauseCause.LOCAL_ERROR, why);
        }
    }

    private Marks commit(IntentLog log) {
        if (log == null) {
            return Marks.AS_THEY_WERE;
        }
        try {
            log.commit();
            return Marks.ALL;
        } catch (IOException e) {
            return volume.logs().giveUp(mirror, e) ? Marks.AS_THEY_WERE : Marks.UNKNOWN;
        }
    }

    private void announce(long mine, boolean full, boolean marked) {
        if (full && !sync(marked)) {
            mirror.fail(PauseCause.LOCAL_ERROR, "the state of the volume cannot be written");
            return;
        }
        Map<String, String> said = new TreeMap<>(Map.of("full", Boolean.toString(full)));
        if (full) {
            said.put("sync", Long.toHexString(mirror.record().sync()));
        }
        ByteBuffer text = Frame.text(said);
        mirror.queue().ask(FrameType.BEGIN, 0, 0, text, answer -> {
            if (mine != run || answer == null) {
                return;
            }
            if (answer.length() != 0) {
                volume.later(() -> mirror.fail(PauseCause.TARGET_ERROR, "the target cannot begin"));
                return;
            }
            phase = Phase.RUNNING;
            mirror.state(MirrorState.RESYNC, PauseCause.NONE);
            poke();
        });
    }

    /**
     * Names a full resynchronisation, so that it goes on where it was if the connection is lost: what is left of it is what is marked.
     *
     * @param marked whether everything is marked on storage, so that nothing is missing from the log any more
     */
    private boolean sync(boolean marked) {
        VolumeState.Peer before = mirror.record();
        VolumeState.Peer now = before.logComplete(marked || before.logComplete())
                .sync(marked ? volume.env().newGeneration() : 0);
        return now.equals(before) || volume.save(volume.state().peer(mirror.name(), now));
    }

    void stop() {
        if (phase != Phase.OFF) {
            took = volume.env().nanos() - begun;
        }
        phase = Phase.OFF;
        run++;
        compared = null;
        taken.clearAll();
        volume.path().open(WritePath.Gate.DELAY);
    }

    /** Goes on if there is room. */
    void poke() {
        if (phase != Phase.RUNNING) {
            return;
        }
        if (working) {
            again = true;
        } else {
            working = true;
            volume.env().run(this::work);
        }
    }

    private void work() {
        boolean more = true;
        while (more) {
            more = step();
            volume.kick();
        }
        volume.path().drain();
    }

    /** Sends one run of blocks. @return false: nothing to do for now */
    private boolean step() {
        long mine;
        int first;
        int count;
        boolean compare;
        volume.lock();
        try {
            mine = run;
            first = phase == Phase.RUNNING ? next() : -1;
            if (first < 0) {
                working = again;
                again = false;
                return working;
            }
            compare = compared != null && !compared.get(first);
            count = count(first, compare);
            for (int i = first; i < first + count; i++) {
                mirror.dirty().clear(i);
                taken.set(i);
            }
            pointer = first + count;
        } finally {
            volume.unlock();
        }
        long offset = (long) first * IntentLog.BLOCK;
        int length = (int) Math.min((long) count * IntentLog.BLOCK, volume.size() - offset);
        ByteBuffer data = volume.env().buffers().take(length);
        data.limit(length);
        IOException failure = null;
        ByteBuffer sums = null;
        boolean zero = false;
        try {
            zero = volume.disk().hole(offset, length);
            if (!zero) {
                volume.disk().read(data.duplicate(), offset);
                zero = Comparison.zero(data);
            }
            sums = compare && !zero ? Comparison.digests(data) : null;
        } catch (IOException e) {
            failure = e;
        }
        return give(new Piece(mine, first, count, data, sums, zero), failure);
    }

    /** Blocks that were read; {@code sums}: their digests, null if they are not compared. */
    private record Piece(long run, int first, int count, ByteBuffer data, ByteBuffer sums, boolean zero) {
        int length() {
            return data.limit();
        }
    }

    private boolean give(Piece piece, IOException failure) {
        int first = piece.first();
        int count = piece.count();
        ByteBuffer data = piece.data();
        boolean used = false;
        volume.lock();
        try {
            if (piece.run() != run || phase != Phase.RUNNING) {
                mirror.dirty().set(first, first + count);
                working = false;
                again = false;
                poke();
                return false;
            }
            if (failure != null) {
                mirror.dirty().set(first, first + count);
                mirror.faults().unreadable(first);
                mirror.fail(PauseCause.LOCAL_ERROR, "block " + first + " cannot be read: " + failure.getMessage());
                working = false;
                return false;
            }
            long offset = (long) first * IntentLog.BLOCK;
            if (piece.sums() != null) {
                compare(piece.run(), first, count, piece.length(), piece.sums());
            } else {
                used = !piece.zero();
                untake(first, count);
                mirror.queue()
                        .blocks(
                                offset,
                                piece.length(),
                                count,
                                piece.zero() ? null : data,
                                volume.env().nanos());
            }
            return true;
        } finally {
            volume.unlock();
            if (!used) {
                volume.env().buffers().give(data);
            }
        }
    }

    private void compare(long mine, int first, int count, int length, ByteBuffer sums) {
        asked += count;
        mirror.queue().ask(FrameType.SUMS, (long) first * IntentLog.BLOCK, length, sums, answer -> {
            if (answer == null || mine != run) {
                return;
            }
            asked -= count;
            untake(first, count);
            compared.set(first, first + count);
            ByteBuffer differs = answer.payload();
            int equal = 0;
            for (int i = 0; i < count; i++) {
                // A target that cannot tell gets the block.
                boolean known = answer.length() == 0 && i / 8 < differs.remaining();
                if (!known || (differs.get(differs.position() + i / 8) >> (i & 7) & 1) != 0) {
                    mirror.dirty().set(first + i);
                } else {
                    equal++;
                }
            }
            unlike = equal > 0 ? 0 : unlike + count;
            if (sparing && unlike >= UNLIKE) {
                compared.set(pointer, Math.min(pointer + SPARED, compared.size()));
            }
            poke();
        });
    }

    private void untake(int first, int count) {
        for (int i = first; i < first + count; i++) {
            taken.clear(i);
        }
    }

    private int count(int first, boolean compare) {
        int most = compare ? COMPARED_RUN : (int) Math.min(RUN, credit());
        int count = 1;
        while (count < most
                && first + count < mirror.dirty().size()
                && mirror.dirty().get(first + count)
                && (compared == null || compared.get(first + count) != compare)
                && !volume.path()
                        .busy((long) (first + count) * IntentLog.BLOCK, (first + count + 1L) * IntentLog.BLOCK)) {
            count++;
        }
        return count;
    }

    /** Returns how many more blocks may be on their way (MIR-164). */
    private long credit() {
        return mirror.settings().get("ResyncReads") - mirror.queue().blocks();
    }

    /** Returns the next block to send, -1 if there is none now; ends passes and the resynchronisation. */
    private int next() {
        if (credit() <= 0 || asked >= 8 * COMPARED_RUN) {
            return -1;
        }
        boolean wrapped = false;
        while (true) {
            int block = mirror.dirty().next(pointer);
            if (block < 0) {
                if (mirror.dirty().count() == 0) {
                    finish();
                    return -1;
                }
                if (wrapped) {
                    // What is left is being written to the local disk just now.
                    pass--;
                    return -1;
                }
                if (!nextPass()) {
                    return -1;
                }
                wrapped = true;
                continue;
            }
            if (!volume.path().busy((long) block * IntentLog.BLOCK, (block + 1L) * IntentLog.BLOCK)) {
                return block;
            }
            pointer = block + 1;
        }
    }

    private boolean nextPass() {
        pointer = 0;
        pass++;
        MirrorSettings settings = mirror.settings();
        long most = settings.get("MaxResyncPasses");
        if (pass > most) {
            exhausted = true;
            mirror.fail(PauseCause.RESYNC_LIMIT, most + " passes did not suffice; it goes on later");
            return false;
        }
        boolean few = mirror.dirty().count() <= settings.get("ResyncLowWater");
        if (pass * 10L > most && few && !volume.path().isClosed(WritePath.Gate.DELAY)) {
            volume.path().close(WritePath.Gate.DELAY);
            long mine = run;
            volume.env().after(settings.get("ResyncBlockWritesTimeoutMs"), () -> {
                volume.locked(() -> {
                    if (mine == run && phase != Phase.OFF) {
                        mirror.fail(PauseCause.RESYNC_LIMIT, "writes were delayed as long as they may be");
                    }
                });
                volume.path().drain();
            });
        }
        return true;
    }

    private void finish() {
        if (asked > 0) {
            return;
        }
        long mine = run;
        if (!flushed) {
            phase = Phase.FLUSHING;
            mirror.queue().ask(FrameType.FLUSH, 0, 0, null, answer -> {
                if (answer != null && mine == run) {
                    flushed = true;
                    phase = Phase.RUNNING;
                    poke();
                }
            });
            return;
        }
        if (!mirror.promise()) {
            mirror.fail(PauseCause.LOCAL_ERROR, "the state of the volume cannot be written");
            return;
        }
        phase = Phase.ENDING;
        Generations held = volume.state().generations();
        mirror.queue().ask(FrameType.END, 0, 0, Frame.text(Map.of("generations", held.text())), answer -> {
            if (answer == null || mine != run) {
                return;
            }
            if (answer.length() != 0) {
                volume.later(() -> mirror.fail(PauseCause.TARGET_ERROR, "the target cannot end the resynchronisation"));
                return;
            }
            took = volume.env().nanos() - begun;
            phase = Phase.OFF;
            compared = null;
            volume.inStep(mirror, held.current());
        });
        volume.path().open(WritePath.Gate.DELAY);
    }
}

package org.mainstay.mirror.engine.volume;

import org.mainstay.mirror.engine.link.FrameType;

/** Takes marks out of a mirror's intent log where both sides are equal and at rest: first both flush. Lock held. */
final class Cleaner {
    private final Volume volume;
    private final Mirror mirror;
    /** Blocks changed since the last look, and between the two before. */
    private final Bits recent;

    private final Bits earlier;
    /** The blocks whose marks go when both sides have flushed; null: none. */
    private Bits cleaning;

    Cleaner(Volume volume, Mirror mirror) {
        int blocks = IntentLog.blocks(volume.size());
        this.volume = volume;
        this.mirror = mirror;
        this.recent = new Bits(blocks);
        this.earlier = new Bits(blocks);
    }

    /** Blocks [first, end) are changed, or sent. */
    void changed(int first, int end) {
        recent.set(first, end);
    }

    /** The connection ended. */
    void stop() {
        recent.clearAll();
        earlier.clearAll();
        cleaning = null;
    }

    void resize(int blocks) {
        recent.resize(blocks);
        earlier.resize(blocks);
    }

    /** Called every few seconds. */
    void clean() {
        IntentLog log = mirror.log();
        MirrorState state = mirror.state();
        if (log == null
                || cleaning != null
                || mirror.queue().link() == null
                || state != MirrorState.MIRRORING && state != MirrorState.RESYNC) {
            return;
        }
        boolean busy = recent.count() > 0;
        Bits clean = log.marked();
        rest(clean);
        clean.andNot(earlier);
        earlier.clearAll();
        earlier.or(recent);
        recent.clearAll();
        // Clearing costs a flush on both sides.
        if (clean.count() == 0 || busy && clean.count() < Mirror.HOT_BLOCKS) {
            return;
        }
        volume.path().exclude(clean);
        cleaning = clean;
        boolean[] parts = new boolean[2];
        mirror.queue()
                .ask(
                        FrameType.FLUSH,
                        0,
                        0,
                        null,
                        answer -> flushed(clean, parts, 0, answer != null && answer.length() == 0));
        volume.env().run(() -> {
            int error = volume.flushLocal();
            volume.locked(() -> flushed(clean, parts, 1, error == 0));
        });
    }

    /** Takes out what may differ, or was changed just now. */
    private void rest(Bits clean) {
        clean.andNot(recent);
        clean.andNot(mirror.dirty());
        clean.andNot(mirror.resync().taken());
        clean.andNot(mirror.faults().blocks());
    }

    private void flushed(Bits clean, boolean[] parts, int part, boolean ok) {
        if (cleaning != clean) {
            return;
        }
        if (!ok) {
            cleaning = null;
            return;
        }
        parts[part] = true;
        if (parts[0] && parts[1]) {
            cleaning = null;
            // What was changed, or sent, since the flushes began is perhaps not on storage.
            rest(clean);
            mirror.log().clear(clean);
            volume.env().run(() -> volume.logs().commit(mirror));
        }
    }
}

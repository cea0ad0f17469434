package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/** One connection of a target's source. Frames come from one thread. */
final class TargetSession implements LinkHandler {
    /** How long the last word to a source may take to leave. */
    private static final long WORD_MILLIS = 1_000;

    private final Volume volume;
    private final TargetSide side;
    private final Link link;
    private final Conduct conduct;
    private final Flushes flushes;
    private final long pingMillis;
    private final long silence;
    private final long size;
    private final HoldUp held;
    private volatile boolean ended;
    private volatile boolean failed;
    private volatile boolean violated;
    /** A flush had failed when the resynchronisation began. Frames come from one thread. */
    private boolean doubtful;

    private final Applied applied;
    /** When the last ping was sent that the source answered before this side was in step. Frames come from one thread. */
    private long alive;

    private volatile long heard;
    /** Whether the thread that hears the source is at work for it. */
    private volatile boolean applying;

    /** @param hello what the source says of itself; it was looked at */
    TargetSession(
            Volume volume,
            TargetSide side,
            Link link,
            long pingMillis,
            Map<String, String> hello,
            Ancestry.Verdict verdict) {
        this.volume = volume;
        this.side = side;
        this.link = link;
        this.applied = new Applied(link);
        this.flushes = new Flushes(volume, link);
        this.pingMillis = pingMillis;
        this.silence = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(hello.get("silence")));
        this.size = Long.parseLong(hello.get("size"));
        this.conduct = new Conduct(verdict, Generations.parse(hello.get("generations")), size);
        this.held = new HoldUp(silence, volume.env().nanos(), this::over, this::heldUp);
        this.heard = volume.env().nanos();
    }

    /** While old blocks are kept nothing is read of the connection, so nothing is answered at the end of what was read. */
    private void heldUp() {
        hear();
        if (held.due(heard)) {
            applied.acknowledge();
            ask();
            // This thread has the disk's turn and must not wait for the network.
            volume.env().run(link::kick);
        }
    }

    private void ask() {
        long now = volume.env().bootNanos();
        held.asked(now);
        conduct.asked(now);
        link.send(FrameType.PING, 0, now, 0);
    }

    void end() {
        ended = true;
    }

    void close(String why) {
        end();
        link.close(why);
    }

    private void hear() {
        heard = volume.env().nanos();
    }

    private boolean over() {
        return ended || failed;
    }

    /** @param close whether the connection ends when the word has left, or cannot leave */
    void resign(String why, boolean close) {
        failed = true;
        Map<String, String> word = Map.of("reason", why, "role", "other", SourceSession.RESIGNED, "true");
        Runnable end = () -> link.close("this side is no longer target");
        link.send(
                FrameType.REFUSE,
                0,
                0,
                0,
                Frame.text(word),
                close ? () -> volume.env().run(end) : null);
        volume.env().run(link::kick);
        if (close) {
            volume.env().after(WORD_MILLIS, end);
        }
    }

    void ping() {
        volume.lock();
        try {
            if (!side.has(this)) {
                return;
            }
            // Who waits for the own disk hears nothing.
            if (!applying && volume.env().nanos() - heard > silence) {
                String why = "nothing was heard of the source for " + TimeUnit.NANOSECONDS.toMillis(silence) + " ms";
                volume.env().log("target " + volume.name() + " ends the connection of " + side.source() + ": " + why);
                side.endSession(why);
                return;
            }
            ask();
        } finally {
            volume.unlock();
        }
        link.kick();
        volume.env().after(pingMillis, this::ping);
    }

    @Override
    public void heard(Link from) {
        hear();
    }

    @Override
    public void received(Link from, Frame frame) {
        applying = true;
        try {
            take(frame);
        } finally {
            hear();
            applying = false;
        }
    }

    private void take(Frame frame) {
        if (over()) {
            // Nothing after what was not applied, or was wrong, counts.
            return;
        }
        String wrong = conduct.wrong(frame, this::generations);
        if (wrong != null) {
            violated(wrong);
            return;
        }
        switch (frame.type()) {
            case WRITE, BLOCK, ZERO, TRIM -> {
                apply(frame);
                applied.acknowledgeMuch();
            }
            case FLUSH -> {
                applied.acknowledge();
                if (!flushes.add(frame.seq())) {
                    violated("more flushes than clients can have asked for");
                }
            }
            case SUMS -> compare(frame);
            case MARK -> mark(frame);
            case PONG -> {
                held.answered(frame.offset());
                volume.locked(() -> side.echoed(this, frame.offset()));
            }
            case ALIVE -> {
                held.answered(frame.offset());
                alive = Math.max(alive, frame.offset());
                applied.acknowledge();
            }
            default -> change(frame);
        }
    }

    private Generations generations() {
        volume.lock();
        try {
            return volume.state().generations();
        } finally {
            volume.unlock();
        }
    }

    /** The source sent what none sends: whatever it says, this side may lack something. */
    private void violated(String what) {
        violated = true;
        volume.locked(() -> {
            if (side.distrusts(this, what)) {
                volume.env()
                        .log("ERROR target " + volume.name() + " ends the connection of its source " + link.peer()
                                + ", which sent " + what + ": this side does not count as current");
            }
        });
        resign("the source sent " + what, true);
    }

    private void apply(Frame frame) {
        if (!side.turns().take(this::over)) {
            return;
        }
        try {
            if (over()) {
                return;
            }
            if (!side.snapshots().preserve(frame.offset(), frame.length(), held)) {
                return;
            }
            try {
                switch (frame.type()) {
                    case ZERO -> volume.disk().zero(frame.offset(), frame.length(), false);
                    case TRIM -> volume.disk().trim(frame.offset(), frame.length());
                    default -> volume.disk().write(frame.payload(), frame.offset());
                }
                applied.upTo(frame.seq(), (int) Math.min(frame.length(), Applied.MUCH));
            } catch (IOException e) {
                volume.env().log("the target " + volume.name() + " cannot write: " + e);
                fail(frame, WritePath.errorOf(e));
            }
        } finally {
            side.turns().give();
        }
    }

    private void fail(Frame frame, int error) {
        failed = true;
        link.send(FrameType.ERROR, frame.seq(), 0, error);
    }

    private void compare(Frame frame) {
        if (doubtful) {
            link.send(FrameType.DONE, frame.seq(), 0, BlockRequest.EIO);
            return;
        }
        Comparison comparison = new Comparison(frame);
        // What an earlier session left under way would change what was compared.
        if (!side.turns().take(this::over)) {
            return;
        }
        int error = 0;
        try {
            error = comparison.run(volume);
        } finally {
            side.turns().give();
        }
        link.send(FrameType.DONE, frame.seq(), 0, error, comparison.differs(), null);
    }

    /** Everything before is applied, also of earlier sessions; nothing after. */
    private void mark(Frame frame) {
        if (!side.turns().take(this::over)) {
            return;
        }
        try {
            volume.locked(() -> {
                String id = frame.text().getOrDefault("snapshot", "");
                boolean begun = side.has(this)
                        && !over()
                        && side.inStep()
                        && side.snapshots().begin(id);
                link.send(FrameType.DONE, frame.seq(), 0, begun ? 0 : BlockRequest.EIO);
            });
        } finally {
            side.turns().give();
        }
    }

    private void change(Frame frame) {
        int error = switch (frame.type()) {
            case BEGIN -> {
                int ready = new Resizing(volume).ready(size);
                if (ready == BlockRequest.OK) {
                    reread();
                }
                yield ready;
            }
            case END -> flushAll();
            default -> 0;
        };
        volume.lock();
        try {
            if (side.has(this) && !failed) {
                boolean ok = error == 0 && changed(frame);
                // The source gives up then; nothing that is on its way counts.
                failed = !ok && frame.type() != FrameType.GENERATION;
                link.send(FrameType.DONE, frame.seq(), 0, ok ? 0 : BlockRequest.EIO);
            }
        } finally {
            volume.unlock();
        }
    }

    /** What is compared is what storage holds; if a flush fails here that is known from then on. */
    private void reread() {
        if (side.reread() || !side.turns().take(this::over)) {
            return;
        }
        // What was under way has ended. A long flush of a disk that is well must not look to others as one that hangs.
        side.turns().give();
        if (volume.flushLocal() == BlockRequest.OK) {
            side.makeReread();
        }
    }

    /** With what an earlier session left under way. */
    private int flushAll() {
        if (!side.turns().take(this::over)) {
            return BlockRequest.EIO;
        }
        try {
            return volume.flushLocal();
        } finally {
            side.turns().give();
        }
    }

    private boolean changed(Frame frame) {
        VolumeState state = volume.state();
        switch (frame.type()) {
            case BEGIN -> {
                // What was not flushed here has its mark on the source, which sends it again now; what is compared
                // may be right in memory only.
                doubtful = volume.lost() || !side.reread();
                volume.renew();
                return new Resizing(volume).adopt(size, Introduction.begun(state, side.source(), frame.text()));
            }
            case END -> {
                VolumeState whole = state.generations(Conduct.generations(frame));
                if (!volume.save(Introduction.ended(whole, side.source()))) {
                    return false;
                }
                volume.mirrors().stream()
                        .filter(m -> m.log() != null)
                        .forEach(m -> m.log().clearAll());
                conduct.inStep();
                // From when it sent this frame on, the source waits for the window if the connection is
                // lost; and it had answered that ping before.
                side.inStep(alive);
                volume.env().event("in-step " + volume.name() + " " + side.source());
                return true;
            }
            case GENERATION -> {
                return volume.save(state.generations(Conduct.generations(frame)));
            }
            default -> {
                side.handedOver();
                return true;
            }
        }
    }

    @Override
    public void received(Link from) {
        applied.acknowledge();
        link.kick();
    }

    @Override
    public void closed(Link from, String why) {
        volume.locked(() -> {
            if (side.has(this)) {
                end();
                side.lost(why, violated);
            }
        });
    }
}

package org.mainstay.mirror.engine.volume;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/**
 * A volume as target. Applies what its source sends, in order, one frame after the other, so that its data is at every moment
 * that of some past moment of the source (MIR-130).
 *
 * <p>Whether it is current is not a memory but a promise that runs out: the source answers pings as long as it acknowledges nothing
 * this side lacks, and holds back for the window afterwards. The window counts from when the ping answered last was sent.
 */
final class TargetSide {
    /** How long the last word to a source may take to leave. */
    private static final long WORD_MILLIS = 1_000;

    private final Volume volume;
    private final DiskTurns turns = new DiskTurns();
    private final Snapshots snapshots;

    private String source = "";
    /** Whether sources are turned away, as this side is about to become one. */
    private boolean leaving;
    /** How often this side was stopped: a change of its role that began before is over. */
    private long stops;

    private Session session;
    /** Whether the last session ended in step, in this life of the process. */
    private boolean mirroring;

    private long echoed;
    private long window;

    TargetSide(Volume volume) {
        this.volume = volume;
        this.snapshots = new Snapshots(volume);
    }

    Snapshots snapshots() {
        return snapshots;
    }

    // ---- role; lock held ----

    void start(String from) {
        source = from;
    }

    /**
     * Ends the session: nothing more is begun; what was begun ends, see {@link #busy}. The source is told that this side does not count as
     * current from here on. Who is about to become source has said {@link #leave} before, and tells it nothing.
     *
     * @return the source
     */
    String stop() {
        mirroring = false;
        Session ending = session;
        session = null;
        if (ending != null) {
            ending.end();
            ending.resign("it is no longer target", true);
        }
        stops++;
        String from = source;
        source = "";
        return from;
    }

    private void endSession(String why) {
        Session ending = session;
        session = null;
        if (ending != null) {
            ending.end();
            ending.link.close(why);
        }
    }

    /**
     * Ends the session and takes no other until {@link #stay}; whether this side is current does not change.
     *
     * @return {@link #stops} now
     */
    long leave() {
        leaving = true;
        endSession("this side is about to become source");
        return stops;
    }

    long stops() {
        return stops;
    }

    boolean leaving() {
        return leaving;
    }

    void stay() {
        leaving = false;
    }

    /** See {@link DiskTurns#settle}. Without the lock. */
    int settle(long millis, boolean flush) {
        return turns.settle(millis, flush ? volume::flushLocal : () -> 0);
    }

    /** Says whether something is on its way to the disk. With or without the lock. */
    boolean busy() {
        return turns.busy();
    }

    /** @throws RefusedException if this side may lack what its source acknowledged */
    void checkPromotion(Trust trust) throws RefusedException {
        if (trust != Trust.FORCED) {
            Introduction.checkPromotion(volume.state(), mirroring, trust != Trust.OWN || lives(), source, window);
        }
    }

    /**
     * Says to the source that this side does not count as current before it is in step again: so the source need not wait until it
     * cannot (MIR-119). Takes nothing more of this session. If the word gets lost, the source waits.
     */
    void resign() {
        mirroring = false;
        if (session != null) {
            session.resign("it ends", false);
        }
    }

    boolean connected() {
        return session != null;
    }

    boolean inStep() {
        return session != null && mirroring;
    }

    boolean current() {
        return volume.state().consistent() && mirroring && lives();
    }

    /** The window counts while the machine sleeps: the source does not wait for who sleeps. */
    private boolean lives() {
        return volume.env().bootNanos() - echoed < TimeUnit.MILLISECONDS.toNanos(window);
    }

    String source() {
        return source;
    }

    // ---- a source connects ----

    LinkHandler accept(Link link, Map<String, String> hello) {
        volume.lock();
        try {
            String refusal = Introduction.refusal(volume, source, hello);
            long epoch = refusal == null ? Long.parseLong(hello.get("epoch")) : 0;
            boolean newer = epoch > volume.state().epoch();
            if (newer && !volume.save(volume.state().role(Role.TARGET, epoch))) {
                return null;
            }
            if (refusal == null && leaving) {
                // A source of a newer epoch may acknowledge alone from here on: this side must not become source
                // on what it knew.
                mirroring = mirroring && !newer;
                refusal = "this side is about to become source";
            }
            if (refusal != null) {
                Map<String, String> answer = Introduction.answer(volume, hello, refusal, mirroring);
                link.send(FrameType.REFUSE, 0, 0, 0, Frame.text(answer), null);
                return null;
            }
            endSession("the source connected again");
            mirroring = false;
            window = Long.parseLong(hello.get("window"));
            long ping = Math.max(1, Long.parseLong(hello.get("ping")));
            session = new Session(link, window > 0 ? Math.min(ping, Math.max(1, window / 4)) : ping, hello);
            link.send(FrameType.WELCOME, 0, 0, 0, Frame.text(Account.of(volume, source)), null);
            Account.sendBits(volume, link);
            link.send(FrameType.READY, 0, 0, 0);
            session.ping();
            return session;
        } catch (NumberFormatException e) {
            volume.env().log("a source's introduction cannot be read: " + e.getMessage());
            return null;
        } finally {
            volume.unlock();
            link.kick();
        }
    }

    /** One connection of the source. Frames come from one thread. */
    private final class Session implements LinkHandler {
        private final Link link;
        private final long pingMillis;
        private final long silence;
        private final long size;
        private final HoldUp held;
        private volatile boolean ended;
        private volatile boolean failed;
        /** A flush had failed when the resynchronisation began. Frames come from one thread. */
        private boolean doubtful;

        private final Applied applied;
        /** When the last ping was sent that the source answered before this side was in step. Frames come from one thread. */
        private long alive;

        private volatile long heard;
        /** Whether the thread that hears the source is at work for it. */
        private volatile boolean applying;

        Session(Link link, long pingMillis, Map<String, String> hello) {
            this.link = link;
            this.applied = new Applied(link);
            this.pingMillis = pingMillis;
            this.silence = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(hello.get("silence")));
            this.size = Long.parseLong(hello.get("size"));
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
            link.send(FrameType.PING, 0, now, 0);
        }

        void end() {
            ended = true;
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
                if (session != this) {
                    return;
                }
                // Who waits for the own disk hears nothing.
                if (!applying && volume.env().nanos() - heard > silence) {
                    String why =
                            "nothing was heard of the source for " + TimeUnit.NANOSECONDS.toMillis(silence) + " ms";
                    volume.env().log("target " + volume.name() + " ends the connection of " + source + ": " + why);
                    endSession(why);
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
            switch (frame.type()) {
                case WRITE, BLOCK, ZERO, TRIM -> {
                    apply(frame);
                    applied.acknowledgeMuch();
                }
                case FLUSH -> flush(frame.seq());
                case SUMS -> compare(frame);
                case MARK -> mark(frame);
                case BEGIN, END, GENERATION, HANDOVER -> change(frame);
                case PONG -> {
                    held.answered(frame.offset());
                    volume.locked(() -> echoed = session == this ? Math.max(echoed, frame.offset()) : echoed);
                }
                case ALIVE -> {
                    held.answered(frame.offset());
                    alive = Math.max(alive, frame.offset());
                    applied.acknowledge();
                }
                default -> {
                    volume.env().log("the source sent " + frame.type() + ", which sources do not");
                    link.close("a frame that sources do not send");
                }
            }
        }

        private void apply(Frame frame) {
            if (!turns.take(this::over)) {
                return;
            }
            try {
                if (over()) {
                    return;
                }
                boolean fits =
                        frame.offset() >= 0 && frame.length() >= 0 && frame.offset() <= volume.size() - frame.length();
                boolean data = frame.type() == FrameType.WRITE || frame.type() == FrameType.BLOCK;
                if (!fits || data && frame.payload().remaining() != frame.length()) {
                    fail(frame, BlockRequest.EINVAL);
                    return;
                }
                if (!snapshots.preserve(frame.offset(), frame.length(), held)) {
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
                turns.give();
            }
        }

        private void fail(Frame frame, int error) {
            failed = true;
            link.send(FrameType.ERROR, frame.seq(), 0, error);
        }

        private void flush(long seq) {
            if (over()) {
                // What came before it was not applied either.
                return;
            }
            applied.acknowledge();
            volume.env().run(() -> {
                int error = volume.flushLocal();
                link.send(FrameType.DONE, seq, 0, error);
                link.kick();
            });
        }

        private void compare(Frame frame) {
            if (doubtful) {
                link.send(FrameType.DONE, frame.seq(), 0, BlockRequest.EIO);
                return;
            }
            Comparison comparison = new Comparison(frame);
            // What an earlier session left under way would change what was compared.
            if (!turns.take(this::over)) {
                return;
            }
            int error = 0;
            try {
                error = comparison.run(volume);
            } finally {
                turns.give();
            }
            link.send(FrameType.DONE, frame.seq(), 0, error, comparison.differs(), null);
        }

        /** Everything before is applied, also of earlier sessions; nothing after. */
        private void mark(Frame frame) {
            if (!turns.take(this::over)) {
                return;
            }
            try {
                volume.locked(() -> {
                    String id = frame.text().getOrDefault("snapshot", "");
                    boolean begun = session == this && !over() && mirroring && snapshots.begin(id);
                    link.send(FrameType.DONE, frame.seq(), 0, begun ? 0 : BlockRequest.EIO);
                });
            } finally {
                turns.give();
            }
        }

        private void change(Frame frame) {
            int error = switch (frame.type()) {
                case BEGIN -> new Resizing(volume).ready(size);
                case END -> flushAll();
                default -> 0;
            };
            volume.lock();
            try {
                if (session == this && !failed) {
                    boolean ok = error == 0 && changed(frame);
                    link.send(FrameType.DONE, frame.seq(), 0, ok ? 0 : BlockRequest.EIO);
                }
            } catch (NumberFormatException e) {
                link.close("generations that cannot be read: " + e.getMessage());
            } finally {
                volume.unlock();
            }
        }

        /** With what an earlier session left under way. */
        private int flushAll() {
            if (!turns.take(this::over)) {
                return BlockRequest.EIO;
            }
            try {
                return volume.flushLocal();
            } finally {
                turns.give();
            }
        }

        private static Generations generations(Frame frame) {
            return Generations.parse(frame.text().getOrDefault("generations", ""));
        }

        private boolean changed(Frame frame) {
            VolumeState state = volume.state();
            switch (frame.type()) {
                case BEGIN -> {
                    mirroring = false;
                    // What was not flushed here has its mark on the source, which sends it again now; what is compared
                    // may be
                    // right in memory only.
                    doubtful = volume.lost();
                    volume.renew();
                    return new Resizing(volume).adopt(size, state.syncSource(source));
                }
                case END -> {
                    VolumeState whole = state.generations(generations(frame));
                    if (!volume.save(whole.syncSource("").written(false).discard(false))) {
                        return false;
                    }
                    volume.mirrors().stream()
                            .filter(m -> m.log() != null)
                            .forEach(m -> m.log().clearAll());
                    mirroring = true;
                    // From when it sent this frame on, the source waits for the window if the connection is
                    // lost; and it had answered that ping before.
                    echoed = Math.max(echoed, alive);
                    volume.env().event("in-step " + volume.name() + " " + source);
                    return true;
                }
                case GENERATION -> {
                    return volume.save(state.generations(generations(frame)));
                }
                default -> {
                    // Everything is here. But not for ever: its source may start again unheard by this side.
                    if (mirroring) {
                        echoed = Math.max(echoed, volume.env().bootNanos());
                    }
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
                if (session == this) {
                    session = null;
                    end();
                    volume.env().log("target " + volume.name() + " lost its source " + source + ": " + why);
                    volume.env().event("source-lost " + volume.name() + " " + source);
                }
            });
        }
    }
}

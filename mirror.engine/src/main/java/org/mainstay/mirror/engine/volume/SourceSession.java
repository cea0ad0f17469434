package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;

/**
 * The source's end of a connection: introduces itself, hears what the target holds, decides what to send ({@link Ancestry}), then
 * takes answers. Called with the volume's lock held.
 */
final class SourceSession {
    static final int PROTOCOL = 1;
    /** In a refusal: the target that ends does not count as current from here on. */
    static final String RESIGNED = "resigned";

    /** How many silences a flush may take: one has to write what the page cache took in many. */
    private static final int FLUSH_SILENCES = 20;

    /** A target pings many times in what an asynchronous queue may take: so many answers wait, no more. */
    private static final int MOST_ECHOES = 4096;

    private final Volume volume;
    private final Mirror mirror;
    private boolean connecting;
    /** Distinguishes a connection being made from one that was given up and comes late. */
    private long attempt;

    private Map<String, String> welcome;
    private Bits theirs;
    private long lastHeard;
    private long window;
    /** Answers to pings that have not left. */
    private AtomicInteger echoes = new AtomicInteger();

    SourceSession(Volume volume, Mirror mirror) {
        this.volume = volume;
        this.mirror = mirror;
    }

    /** Returns for how long the target was told to count as current after the connection is lost, in milliseconds. */
    long window() {
        return window;
    }

    /** Says whether there is a connection, or one is being made. */
    boolean active() {
        return connecting || mirror.queue().link() != null;
    }

    /** Says whether the target has introduced itself on the present connection. */
    boolean met() {
        return welcome != null;
    }

    void connect() {
        if (active()) {
            return;
        }
        connecting = true;
        long mine = ++attempt;
        volume.env().dial(volume.address(mirror.name()), mirror, (link, error) -> {
            volume.locked(() -> {
                boolean wanted = connecting && mine == attempt && volume.serving();
                if (link != null && !wanted) {
                    link.close("no longer wanted");
                } else if (wanted) {
                    connecting = false;
                    connected(link, error);
                }
            });
            volume.kick();
        });
    }

    private void connected(Link link, String error) {
        if (link == null) {
            mirror.noConnection(error);
            return;
        }
        if (link.identity() != null && !link.identity().equals(mirror.name())) {
            link.close("another server");
            mirror.noConnection(
                    "at " + volume.address(mirror.name()) + " is " + link.identity() + ", not " + mirror.name());
            return;
        }
        mirror.queue().begin(link);
        mirror.settings(mirror.settings());
        mirror.state(MirrorState.RESYNC_PENDING, PauseCause.NONE);
        welcome = null;
        echoes = new AtomicInteger();
        theirs = new Bits(mirror.dirty().size());
        lastHeard = volume.env().nanos();
        VolumeState state = volume.state();
        Map<String, String> hello = new LinkedHashMap<>();
        hello.put("protocol", Integer.toString(PROTOCOL));
        hello.put("volume", volume.name());
        hello.put("size", Long.toString(volume.size()));
        hello.put("source", volume.self());
        hello.put("target", mirror.name());
        hello.put("epoch", Long.toString(state.epoch()));
        Ancestry.Side mine = mine();
        hello.put("generations", mine.generations().text());
        hello.put("base", Long.toHexString(mine.base()));
        hello.put("log", Boolean.toString(mine.logComplete()));
        hello.put("sync", Long.toHexString(mine.sync()));
        hello.put("type", mirror.type().name());
        window = mirror.settings().get("CurrencyWindowMs");
        hello.put("window", Long.toString(window));
        hello.put("ping", Long.toString(mirror.settings().get("PingInterval")));
        hello.put("silence", Long.toString(mirror.settings().silence()));
        link.send(FrameType.HELLO, 0, 0, 0, Frame.text(hello), null);
    }

    void end() {
        connecting = false;
        welcome = null;
        theirs = null;
    }

    /** Takes a frame of the target. */
    void received(Frame frame) {
        lastHeard = volume.env().nanos();
        switch (frame.type()) {
            case WELCOME -> {
                if (theirs == null || welcome != null) {
                    mirror.fail(PauseCause.CONNECTION, "the target introduces itself twice");
                    return;
                }
                welcome = frame.text();
                mirror.met();
                // Who takes a connection does not count as current before it is in step again.
                volume.barrier().lapsed(mirror);
            }
            case BITS -> bits(frame.payload());
            case READY -> ready();
            case REFUSE -> refused(frame.text());
            case ACK -> {
                if (!mirror.queue().sent(frame.seq())) {
                    mirror.fail(PauseCause.CONNECTION, "the target has applied what it was not sent");
                    return;
                }
                mirror.queue().acked(frame.seq()).forEach(volume.path()::part);
                volume.path().open(WritePath.Gate.LIMIT);
                mirror.poke();
            }
            case DONE -> {
                if (!mirror.queue().done(frame)) {
                    mirror.fail(PauseCause.CONNECTION, "the target answers what it was not asked");
                }
            }
            case ERROR ->
                mirror.fail(PauseCause.TARGET_ERROR, "the target could not write (error " + frame.length() + ")");
            case PING -> echo(frame.offset());
            default -> mirror.fail(PauseCause.CONNECTION, "the target sent " + frame.type() + ", which targets do not");
        }
    }

    private void echo(long sent) {
        AtomicInteger mine = echoes;
        if (mine.get() >= MOST_ECHOES) {
            // A later one is answered when some have left; one that does not read is found by what it does not get.
            return;
        }
        mine.incrementAndGet();
        FrameType type = current() ? FrameType.PONG : FrameType.ALIVE;
        mirror.queue().link().send(type, 0, sent, 0, null, mine::decrementAndGet);
    }

    private boolean current() {
        return mirror.state() == MirrorState.MIRRORING;
    }

    private void bits(ByteBuffer runs) {
        if (theirs == null || welcome == null) {
            mirror.fail(PauseCause.CONNECTION, "the target marks blocks after it was ready, or before its welcome");
            return;
        }
        while (theirs != null && runs.remaining() >= 2 * Integer.BYTES) {
            int first = runs.getInt();
            int count = runs.getInt();
            if (first < 0 || count < 0 || count > Integer.MAX_VALUE - first) {
                mirror.fail(PauseCause.CONNECTION, "the target marks blocks that cannot be");
                return;
            }
            // A target that was larger gives the rest up.
            theirs.set(first, Math.min(first + count, theirs.size()));
        }
    }

    private void refused(Map<String, String> why) {
        String reason = why.getOrDefault("reason", "no reason given");
        PauseCause cause = "source".equals(why.get("role")) ? met(why) : PauseCause.REFUSED;
        mirror.fail(cause, "the target refuses: " + reason);
        if (Boolean.parseBoolean(why.get(RESIGNED))) {
            volume.barrier().lapsed(mirror);
        }
    }

    /**
     * The other side is a source too: what does its data say? If it wrote nothing of its own, it only has to give the role up, and
     * is asked again.
     */
    private PauseCause met(Map<String, String> why) {
        try {
            return switch (Ancestry.compare(mine(), Account.side(why), false)) {
                case STALE_SOURCE -> PauseCause.STALE_SOURCE;
                case PARTIAL, FULL -> PauseCause.REFUSED;
                case SPLIT_BRAIN, UNRELATED -> PauseCause.SPLIT_BRAIN;
            };
        } catch (IllegalArgumentException e) {
            return PauseCause.REFUSED;
        }
    }

    private Ancestry.Side mine() {
        return new Ancestry.Side(
                volume.state().generations(),
                mirror.record().generation(),
                mirror.log() != null && mirror.record().logComplete(),
                mirror.record().sync());
    }

    private void ready() {
        if (welcome == null || theirs == null) {
            mirror.fail(PauseCause.CONNECTION, "the target is ready before it said what it holds");
            return;
        }
        Ancestry.Verdict verdict;
        boolean fresh;
        boolean keeps = Boolean.parseBoolean(welcome.get("consistent"));
        try {
            Ancestry.Side target = Account.side(welcome);
            fresh = target.generations().current() == 0;
            verdict = Ancestry.compare(mine(), target, Boolean.parseBoolean(welcome.get("discard")));
        } catch (IllegalArgumentException e) {
            mirror.fail(PauseCause.CONNECTION, "the target's account of itself cannot be read: " + e.getMessage());
            return;
        }
        Bits bits = theirs;
        theirs = null;
        if (!mirror.refused()) {
            volume.env()
                    .log("mirror " + volume.name() + " to " + mirror.name() + ": " + verdict + ", " + bits.count()
                            + " blocks marked there, " + mirror.dirty().count() + " here");
        }
        keeps &= !fresh;
        if (keeps && volume.lost() && (verdict == Ancestry.Verdict.PARTIAL || verdict == Ancestry.Verdict.FULL)) {
            mirror.fail(
                    PauseCause.LOCAL_ERROR,
                    "a flush of this side's disk failed, so that it may have lost what was written: the target keeps the"
                            + " data it has. Switch over, or repair the disk and start the volume again");
            return;
        }
        boolean compares = mirror.settings().get("ResyncCompare") != 0;
        switch (verdict) {
            case PARTIAL -> {
                mirror.dirty().or(bits);
                // Of a full one that was interrupted all is marked that was not reached, though most may be equal.
                boolean goesOn = mirror.record().sync() != 0;
                mirror.resync().begin(false, compares && goesOn, fresh, keeps);
            }
            case FULL -> mirror.resync().begin(true, compares, fresh, keeps);
            case STALE_SOURCE ->
                mirror.fail(
                        PauseCause.STALE_SOURCE, "the target's data is newer: " + "this side must become its target");
            case SPLIT_BRAIN ->
                mirror.fail(
                        PauseCause.SPLIT_BRAIN,
                        "both sides wrote without the other; choose one and let the other discard");
            case UNRELATED ->
                mirror.fail(
                        PauseCause.UNRELATED,
                        "the target holds other data; let it discard that if it may be overwritten");
        }
    }

    /** Ends a link whose target is silent or does not get on. */
    void watch() {
        if (mirror.queue().link() == null) {
            return;
        }
        long now = volume.env().nanos();
        long silence = TimeUnit.MILLISECONDS.toNanos(mirror.settings().silence());
        if (now - lastHeard > silence) {
            mirror.fail(
                    PauseCause.CONNECTION,
                    "nothing was heard of the target for " + mirror.settings().silence() + " ms");
        } else if (now - waiting(now) > 4 * silence) {
            mirror.fail(PauseCause.CONNECTION, "the target did not answer a write in time");
        } else if (mirror.replicates() && now - mirror.queue().unanswered(now) > FLUSH_SILENCES * silence) {
            // Its disk may hang in a flush, which nobody here would get the end of.
            mirror.fail(PauseCause.CONNECTION, "the target did not answer a flush in time");
        }
    }

    /** Writes wait for a synchronous target; an asynchronous one may be far behind as long as it gets on. */
    private long waiting(long now) {
        boolean sync = mirror.type() == MirrorType.SYNC && mirror.replicates();
        return sync ? mirror.queue().oldest(now) : mirror.queue().stalled(now);
    }
}

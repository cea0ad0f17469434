package org.mainstay.mirror.engine.volume;

import java.util.Map;
import java.util.concurrent.TimeUnit;
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
    private final Volume volume;
    private final DiskTurns turns = new DiskTurns();
    private final Snapshots snapshots;

    private String source = "";
    /** Whether sources are turned away, as this side is about to become one. */
    private boolean leaving;
    /** How often this side was stopped: a change of its role that began before is over. */
    private long stops;

    private TargetSession session;
    /** Whether the last session ended in step, in this life of the process. */
    private boolean mirroring;

    /** Whether what is read is what storage holds, see {@link org.mainstay.mirror.engine.io.Disk#reread}. */
    private volatile boolean reread;

    /** What was wrong with what the source sent last; it comes again each second. */
    private String wrong = "";

    private long echoed;
    private long window;

    TargetSide(Volume volume) {
        this.volume = volume;
        this.snapshots = new Snapshots(volume);
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
        TargetSession ending = session;
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

    void endSession(String why) {
        TargetSession ending = session;
        session = null;
        if (ending != null) {
            ending.close(why);
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

    boolean reread() {
        return reread;
    }

    /** Makes sure, once in the life of the process, that storage is read and not a cache of before. Behind a flush, without the lock. */
    void makeReread() {
        reread = volume.disk().reread();
    }

    /** A flush failed: what is read may not be what storage holds. */
    void unread() {
        reread = false;
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
            String refusal = Introduction.refusal(volume, source, hello, link.identity());
            Ancestry.Verdict verdict = refusal == null ? Introduction.verdict(volume, source, hello) : null;
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
            session = new TargetSession(
                    volume, this, link, window > 0 ? Math.min(ping, Math.max(1, window / 4)) : ping, hello, verdict);
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

    // ---- for the session; lock held, but for the first three ----

    Snapshots snapshots() {
        return snapshots;
    }

    DiskTurns turns() {
        return turns;
    }

    boolean has(TargetSession one) {
        return session == one;
    }

    /** The source answered, while this side counts as current, the ping that was sent then. */
    void echoed(TargetSession by, long sent) {
        if (session == by) {
            echoed = Math.max(echoed, sent);
        }
    }

    /** The data is the source's. @param alive when the ping was sent that it answered last */
    void inStep(long alive) {
        mirroring = true;
        wrong = "";
        echoed = Math.max(echoed, alive);
    }

    /** Everything is here. But not for ever: its source may start again unheard by this side. */
    void handedOver() {
        if (mirroring) {
            echoed = Math.max(echoed, volume.env().bootNanos());
        }
    }

    /** What came by this session cannot be relied on. @return whether that is not what was said last */
    boolean distrusts(TargetSession one, String what) {
        if (session == one) {
            mirroring = false;
        }
        boolean differs = !what.equals(wrong);
        wrong = what;
        return differs;
    }

    /** @param said whether it was said already that the connection ends */
    void lost(String why, boolean said) {
        session = null;
        if (!said) {
            volume.env().log("target " + volume.name() + " lost its source " + source + ": " + why);
        }
        volume.env().event("source-lost " + volume.name() + " " + source);
    }
}

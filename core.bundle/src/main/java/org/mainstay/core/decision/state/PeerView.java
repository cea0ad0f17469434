package org.mainstay.core.decision.state;

import java.util.SortedSet;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.message.CoreMessage.Standing;

/**
 * What this server knows of another one.
 *
 * @param lcd copy of its database; stored durably by the runtime, so that it survives a restart here
 * @param sessionId which message session is open; 0 if none
 * @param current whether its {@code Hello} arrived in the present session: the copy follows each of its commits
 * @param heard whether it was heard at all since the start here: a live path, heartbeat news or a session
 * @param managerPresent whether its manager runs; false while only its guard answers
 * @param guard what its heartbeats said last
 * @param standing how it stands as last received in this run
 * @param run distinguishes the starts of its manager; empty before the first {@code Hello}
 * @param received newest version of the database here that it confirmed to have stored in the present session
 * @param joined whether it became available and switchback was not examined for it yet (HIER-053)
 * @param sessions how many sessions with it began since the start here
 * @param fate what is known about its end besides what its paths say
 * @param unmet tags it claimed in the present session before its database was compared with what it had been promised in
 *     earlier ones; null: there is nothing to compare any more
 */
public record PeerView(
        Lcd lcd,
        long sessionId,
        boolean current,
        boolean heard,
        boolean managerPresent,
        GuardWord guard,
        Standing standing,
        String run,
        long received,
        boolean joined,
        int sessions,
        Fate fate,
        SortedSet<String> unmet) {

    /**
     * A peer's heartbeats.
     *
     * @param known whether there was any news since the start here
     * @param manager whether its guard says that its manager runs
     */
    public record GuardWord(boolean known, String bootId, boolean manager, long incarnation, long version) {
        public static final GuardWord NONE = new GuardWord(false, "", false, 0, 0);
    }

    /** Returns whether a message session is open. */
    public boolean session() {
        return sessionId != 0;
    }

    /** Returns a peer nothing was heard of. */
    public static PeerView unheard(Lcd copy) {
        Standing standing = Standing.NONE;
        return new PeerView(copy, 0, false, false, false, GuardWord.NONE, standing, "", 0, false, 0, Fate.OPEN, null);
    }

    public PeerView withLcd(Lcd value) {
        return new PeerView(
                value,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                received,
                joined,
                sessions,
                fate,
                unmet);
    }

    /** Returns this with a session that just began or ended. @param id 0 if it ended */
    public PeerView withSession(long id) {
        boolean open = id != 0;
        boolean present = open || (guard.known() ? guard.manager() : managerPresent);
        return new PeerView(
                lcd,
                id,
                false,
                heard || open,
                present,
                guard,
                standing,
                run,
                0,
                joined,
                open ? sessions + 1 : sessions,
                fate,
                null);
    }

    public PeerView withHello(String newRun, Standing newStanding) {
        return new PeerView(
                lcd, sessionId, false, true, true, guard, newStanding, newRun, received, joined, sessions, fate, unmet);
    }

    public PeerView withStanding(Standing value) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                value,
                run,
                received,
                joined,
                sessions,
                fate,
                unmet);
    }

    public PeerView withReceived(long version) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                version,
                joined,
                sessions,
                fate,
                unmet);
    }

    public PeerView withJoined(boolean value) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                received,
                value,
                sessions,
                fate,
                unmet);
    }

    public PeerView withCurrent(boolean value) {
        return new PeerView(
                lcd,
                sessionId,
                value,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                received,
                joined,
                sessions,
                fate,
                unmet);
    }

    public PeerView withHeard() {
        return new PeerView(
                lcd,
                sessionId,
                current,
                true,
                managerPresent,
                guard,
                standing,
                run,
                received,
                joined,
                sessions,
                fate,
                unmet);
    }

    public PeerView withGuard(GuardWord word) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                true,
                session() || word.manager(),
                word,
                standing,
                run,
                received,
                joined,
                sessions,
                fate,
                unmet);
    }

    public PeerView withFate(Fate value) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                received,
                joined,
                sessions,
                value,
                unmet);
    }

    /** @param value null: it is compared */
    public PeerView withUnmet(SortedSet<String> value) {
        return new PeerView(
                lcd,
                sessionId,
                current,
                heard,
                managerPresent,
                guard,
                standing,
                run,
                received,
                joined,
                sessions,
                fate,
                value);
    }
}

package org.mainstay.core.decision.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;

/**
 * Events that wait until something can be stored again. However long that takes, there are never more than a few for each resource,
 * path, kit and peer: of what is told again and again only the newest word is kept, or the first where it is a complaint.
 */
final class Waiting {
    /** Commits of one peer that wait; with more of them its whole database is fetched instead. */
    static final int MOST_DELTAS = 32;

    private Waiting() {}

    /** Returns the waiting events with one more. */
    static List<Event> with(List<Event> waiting, Event event) {
        List<Event> result = new ArrayList<>(waiting);
        if (event instanceof Event.CheckFailed check) {
            addFirst(
                    result,
                    event,
                    other -> other instanceof Event.CheckFailed one && one.tag().equals(check.tag()));
        } else if (event instanceof Event.StorageLost lost) {
            addFirst(
                    result,
                    event,
                    other -> other instanceof Event.StorageLost one && one.tag().equals(lost.tag()));
        } else if (event instanceof Event.TimerFired) {
            addFirst(result, event, event::equals);
        } else if (event instanceof Event.MessageReceived message) {
            message(result, message);
        } else {
            result.removeIf(other -> supersedes(event, other));
            result.add(event);
        }
        return result;
    }

    private static void addFirst(List<Event> waiting, Event event, Predicate<Event> same) {
        if (waiting.stream().noneMatch(same)) {
            waiting.add(event);
        }
    }

    /** Returns whether an event leaves nothing of interest in an older one. */
    private static boolean supersedes(Event event, Event older) {
        if (event instanceof Event.PathState path) {
            return older instanceof Event.PathState other && other.pathId().equals(path.pathId());
        } else if (event instanceof Event.PeerInfo info) {
            return older instanceof Event.PeerInfo other && other.peer().equals(info.peer());
        } else if (event instanceof Event.SettingsChanged) {
            return older instanceof Event.SettingsChanged;
        } else if (event instanceof Event.SessionClosed closed) {
            return closed.peer().equals(session(older));
        } else if (event instanceof Event.RightChanged changed) {
            // Not a loss between two renewals.
            return older instanceof Event.RightChanged other
                    && other.right() == changed.right()
                    && other.since() == changed.since();
        } else if (subject(event) != null) {
            return older.getClass().equals(event.getClass()) && subject(event).equals(subject(older));
        }
        return kit(event) != null && kit(event).equals(kit(older));
    }

    /** Returns whom the newest word of guard or safety check is about; null if it is none. */
    private static String subject(Event event) {
        if (event instanceof Event.Lapsed lapsed) {
            return lapsed.peer();
        } else if (event instanceof Event.Withheld withheld) {
            return withheld.peer();
        } else if (event instanceof Event.WitnessSaid said) {
            return said.peer();
        } else if (event instanceof Event.PeerSighted sighted) {
            // That it cannot be looked at any more does not take back that it was seen.
            return sighted.sight() + " " + sighted.peer();
        }
        return event instanceof Event.CutOff || event instanceof Event.GuardAway || event instanceof Event.SafetyAway
                ? ""
                : null;
    }

    private static String kit(Event event) {
        if (event instanceof Event.KitAppeared appeared) {
            return appeared.type();
        }
        return event instanceof Event.KitGone gone ? gone.type() : null;
    }

    /** Returns the peer to whose session an event belongs; null if to none. */
    private static String session(Event event) {
        if (event instanceof Event.SessionOpened opened) {
            return opened.peer();
        } else if (event instanceof Event.SessionClosed closed) {
            return closed.peer();
        }
        return event instanceof Event.MessageReceived message ? message.peer() : null;
    }

    private static void message(List<Event> waiting, Event.MessageReceived event) {
        CoreMessage message = event.message();
        boolean newestCounts = message instanceof CoreMessage.LcdReceived
                || message instanceof CoreMessage.Standing
                || message instanceof CoreMessage.Snapshot
                || message instanceof CoreMessage.YourCopy
                || message instanceof CoreMessage.AskSnapshot
                || message instanceof CoreMessage.AskMyCopy;
        if (newestCounts) {
            waiting.removeIf(other -> like(other, event));
            waiting.add(event);
        } else if (message instanceof CoreMessage.LcdDelta
                && waiting.stream().filter(other -> like(other, event)).count() >= MOST_DELTAS) {
            // In the place of the first one, where the gap shows before anything is concluded from a copy that is too
            // old.
            int first = 0;
            while (!like(waiting.get(first), event)) {
                first++;
            }
            waiting.removeIf(other -> like(other, event));
            waiting.add(first, event);
        } else {
            waiting.add(event);
        }
    }

    private static boolean like(Event other, Event.MessageReceived event) {
        return other instanceof Event.MessageReceived message
                && message.peer().equals(event.peer())
                && message.message().getClass().equals(event.message().getClass());
    }
}

package org.mainstay.core.decision.rule;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.message.CoreMessage.Standing;
import org.mainstay.core.decision.state.CoreState.Forwarded;
import org.mainstay.core.decision.state.PathView;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.PeerView.GuardWord;

/** Paths, sessions, and the copies of databases that servers keep of each other (design.md section 4). */
final class Replication {
    static final String CATCH_UP = "catch-up:";

    private final Step step;
    private final Knowledge knowledge;

    Replication(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void path(Event.PathState event) {
        PeerState before = knowledge.reachability(event.peer());
        PathView old = step.paths.put(event.pathId(), new PathView(event.peer(), event.alive()));
        step.touch();
        if (event.alive()) {
            step.peer(event.peer(), PeerView::withHeard);
        } else {
            step.peer(event.peer());
        }
        boolean changed = old == null ? event.alive() : old.alive() != event.alive();
        if (changed && step.own().row(LcdSection.PATHS, event.pathId()).isPresent()) {
            int number = event.alive() ? Notices.PATH_UP : Notices.PATH_DOWN;
            Level level = event.alive() ? Level.INFORMATION : Level.WARNING;
            String state = event.alive() ? "ALIVE" : "DEAD";
            step.note(number, level, "", "comm path " + event.pathId() + " to " + event.peer() + " is " + state);
        }
        reachable(event.peer(), before);
    }

    private void reachable(String peer, PeerState before) {
        PeerState now = knowledge.reachability(peer);
        if (now == before) {
            return;
        }
        if (now == PeerState.ALIVE) {
            step.note(Notices.COMM_UP, Level.INFORMATION, "", "COMM_UP: " + peer + " is reachable from " + step.self());
            step.drop(LcdSection.FLAGS, "!nofailover!" + peer);
            speaksForItself(peer);
            new Verdicts(step).heard(peer);
        } else if (now == PeerState.DEAD) {
            step.note(
                    Notices.COMM_DOWN,
                    Level.ERROR,
                    "",
                    "COMM_DOWN: all comm paths from " + step.self() + " to " + peer + " are dead");
        }
    }

    void guardWord(Event.PeerInfo info) {
        PeerView old = step.peer(info.peer());
        if (old.managerPresent() && !info.managerPresent()) {
            step.note(
                    Notices.MANAGER_ABSENT,
                    Level.WARNING,
                    "",
                    info.peer() + " is alive, but its Mainstay does not run: what it has in service stays there");
        }
        if (info.managerPresent()) {
            speaksForItself(info.peer());
        }
        GuardWord word =
                new GuardWord(true, info.bootId(), info.managerPresent(), info.lcdIncarnation(), info.lcdVersion());
        step.peer(info.peer(), peer -> peer.withGuard(word));
    }

    /** A server that is there again speaks for itself: what operators confirmed of it is over. */
    private void speaksForItself(String peer) {
        String confirmed = Knowledge.STOPPED_FLAG + peer + "!";
        java.util.List.copyOf(step.own().rows(LcdSection.FLAGS).keySet()).stream()
                .filter(flag -> flag.startsWith(confirmed))
                .forEach(flag -> step.drop(LcdSection.FLAGS, flag));
    }

    void opened(Event.SessionOpened event) {
        String peer = event.peer();
        PeerState before = knowledge.reachability(peer);
        speaksForItself(peer);
        step.peer(peer, one -> one.withSession(event.session()));
        step.greet.add(peer);
        reachable(peer, before);
    }

    void closed(String peer) {
        step.peer(peer, one -> one.withSession(0));
        step.refused.values().removeIf(peer::equals);
        new Claims(step).forget(peer);
        if (step.requests.remove(CATCH_UP + peer) != null) {
            step.peers().keySet().stream()
                    .filter(other -> step.peer(other).session())
                    .forEach(step.resend::add);
        }
    }

    void hello(String peer, CoreMessage.Hello hello) {
        if (!hello.lcd().server().equals(peer)) {
            return;
        }
        PeerView old = step.peer(peer);
        boolean restarted = !hello.run().equals(old.run());
        Standing said = new Verdicts(step).standing(hello.standing());
        step.peer(peer, one -> one.withHello(hello.run(), said));
        if (restarted && hello.standing().phase() == Phase.AVAILABLE && step.start.passed()) {
            step.peer(peer, one -> one.withJoined(true));
        }
        Lcd copy = old.lcd();
        boolean mayBeOlder = copy.incarnation() > hello.lcd().incarnation()
                || restarted
                        && copy.incarnation() == hello.lcd().incarnation()
                        && copy.version() > hello.loadedVersion();
        if (mayBeOlder) {
            // Perhaps the peer has lost commits that only this copy holds: it decides, by what it knows of this copy.
            step.send(peer, new CoreMessage.AskSnapshot());
            step.peer(peer, one -> one.withUnmet(new TreeSet<>()));
        } else {
            snapshot(peer, hello.lcd());
            new Promises(step).met(peer, hello.lcd(), Set.of());
        }
        ownCopy(peer, hello, old.sessions() == 1);
        new Claims(step).askAgain(peer);
    }

    /** Looks whether a peer holds commits of this server that this server itself has lost. */
    private void ownCopy(String peer, CoreMessage.Hello hello, boolean first) {
        Lcd own = step.own();
        long expected = first ? step.start.loaded() : own.version();
        boolean newer = hello.yourIncarnation() > own.incarnation()
                || hello.yourIncarnation() == own.incarnation() && hello.yourVersion() > expected;
        if (!newer) {
            return;
        }
        if (step.start.passed()) {
            step.note(
                    Notices.DATABASE_OLD,
                    Level.ERROR,
                    "",
                    "the copy of the database of " + step.self() + " on " + peer + " has changes that "
                            + step.self() + " has lost; it was started without " + peer
                            + ", so its own database counts: check the configuration");
            renew(step.own(), hello.yourIncarnation());
            return;
        }
        step.note(
                Notices.DATABASE_OLD,
                Level.ERROR,
                "",
                "the database of " + step.self() + " is older than the copy on " + peer + ": it is fetched from there");
        step.requests.put(CATCH_UP + peer, new Forwarded(peer, ""));
        step.send(peer, new CoreMessage.AskMyCopy());
    }

    /** Begins a new incarnation with the content of a database: it is newer than every copy. */
    private void renew(Lcd content, long other) {
        long incarnation = Math.max(Math.max(content.incarnation(), step.own().incarnation()), other) + 1;
        Map<LcdSection<?>, Map<String, ?>> rows = new java.util.HashMap<>();
        LcdSection.all().forEach(section -> rows.put(section, content.rows(section)));
        step.own(Lcd.of(step.self(), incarnation, content.version(), content.bootId(), rows));
    }

    void delta(String peer, CoreMessage.LcdDelta delta) {
        PeerView view = step.peer(peer);
        Lcd copy = view.lcd();
        boolean fits = view.current() && copy.incarnation() == delta.incarnation() && copy.version() == delta.from();
        if (!fits) {
            step.peer(peer, one -> one.withCurrent(false));
            step.send(peer, new CoreMessage.AskSnapshot());
            return;
        }
        Lcd next = copy.apply(delta.changes()).withBootId(delta.bootId()).withVersion(delta.to());
        step.peer(peer, one -> one.withLcd(next));
        step.send(peer, new CoreMessage.LcdReceived(delta.incarnation(), delta.to()));
    }

    void snapshot(String peer, Lcd lcd) {
        if (lcd.server().equals(peer)) {
            step.peer(peer, one -> one.withLcd(lcd).withCurrent(true));
            step.send(peer, new CoreMessage.LcdReceived(lcd.incarnation(), lcd.version()));
        }
    }

    /** The whole database of a peer, as it was asked for. */
    void answered(String peer, Lcd lcd) {
        snapshot(peer, lcd);
        Set<String> claimed = step.peer(peer).unmet();
        if (claimed != null && lcd.server().equals(peer)) {
            step.peer(peer, one -> one.withUnmet(null));
            new Promises(step).met(peer, lcd, claimed);
        }
    }

    void received(String peer, CoreMessage.LcdReceived word) {
        if (word.incarnation() == step.own().incarnation()) {
            step.peer(peer, one -> one.withReceived(word.version()));
        }
    }

    void standing(String peer, Standing said) {
        Phase before = step.peer(peer).standing().phase();
        Standing standing = new Verdicts(step).standing(said);
        step.peer(peer, one -> one.withStanding(standing));
        if (before == Phase.STARTING && standing.phase() == Phase.AVAILABLE) {
            step.peer(peer, one -> one.withJoined(true));
        }
    }

    /** Sends the whole database again; while it is itself in question, its replacement will be sent. */
    void askedAgain(String peer) {
        if (step.requests.keySet().stream().noneMatch(key -> key.startsWith(CATCH_UP))) {
            step.resend.add(peer);
        }
    }

    /** Gives a peer the copy of its own database, in case it has lost it. */
    void yourCopy(String peer) {
        step.send(peer, new CoreMessage.YourCopy(step.peer(peer).lcd()));
    }

    /**
     * The own database is older than what a peer holds of it: the peer's copy replaces it as a new incarnation, and the start
     * begins anew with it. Once resources were initialised it is too late for that: then the own one counts.
     */
    void myCopy(String peer, Lcd copy) {
        step.requests.remove(CATCH_UP + peer);
        step.touch();
        boolean older =
                step.own().incarnation() > copy.incarnation() && step.own().version() >= copy.version();
        if (step.start.passed() || !copy.server().equals(step.self()) || older) {
            return;
        }
        String bootId = step.start.bootId();
        renew(copy, 0);
        new Starting(step).boot(bootId);
    }

    /** Forgets servers that are no members any more. */
    void settle() {
        followPaths();
        var members = step.own().membership().members();
        if (members.isEmpty()) {
            return;
        }
        var names = members.stream().map(Member::name).toList();
        for (String peer : java.util.List.copyOf(step.peers().keySet())) {
            if (!names.contains(peer) && !step.peer(peer).session()) {
                step.forgetPeer(peer);
            }
        }
        step.paths.keySet().removeIf(id -> !names.contains(step.paths.get(id).peer()));
    }

    /**
     * What was said of a path goes with it, and what is known under the name of a new one was said of another. Taken for alive, a
     * path that is not there would hide the loss of all others for ever.
     */
    private void followPaths() {
        Lcd before = step.before.own();
        Set<String> changed = new TreeSet<>(before.rows(LcdSection.PATHS).keySet());
        changed.addAll(step.own().rows(LcdSection.PATHS).keySet());
        changed.removeIf(id -> before.row(LcdSection.PATHS, id).isPresent()
                == step.own().row(LcdSection.PATHS, id).isPresent());
        changed.retainAll(step.paths.keySet());
        boolean replaced = before.incarnation() != step.own().incarnation();
        for (String id : changed) {
            if (replaced && before.row(LcdSection.PATHS, id).isEmpty()) {
                // The database was fetched from a peer: the guard knew of the path before, and says nothing twice.
                continue;
            }
            String peer = step.paths.remove(id).peer();
            step.touch();
            reachable(peer, step.before.reachability(peer));
        }
    }
}

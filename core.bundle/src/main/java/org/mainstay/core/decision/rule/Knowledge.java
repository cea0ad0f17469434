package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.core.decision.state.Safety;

/** What this server may conclude about the others and about groups. */
final class Knowledge {
    static final String RESTORE = "restore";
    static final String REMOVE = "remove";
    /** Begin of the flags that record an operator's word that something is stopped on a server that cannot say so itself. */
    static final String STOPPED_FLAG = "!stopped!";

    private final Step step;

    Knowledge(Step step) {
        this.step = step;
    }

    /** Where and how a group is taken. */
    record Occupant(String server, How how, String text) {

        /** How a group is taken. */
        enum How {
            /** In service, or being brought into service. */
            IN_SERVICE,
            /** Failed, and not certainly stopped. */
            UNRELEASED,
            /** Left by a server that stopped on purpose, stopped itself. */
            PARKED_STOPPED,
            /** Left running by a server that stopped on purpose. */
            PARKED_RUNNING,
            /** The server is alive and what it has in service is not known. */
            DOUBTFUL
        }
    }

    // ---- servers

    PeerState reachability(String peer) {
        return CoreState.reachability(peer, step.own(), step.paths, step.peers().get(peer));
    }

    boolean alive(String peer) {
        return reachability(peer) == PeerState.ALIVE;
    }

    /** Returns whether a server counts as down: all paths dead, or not heard within the start-up wait. */
    boolean down(String peer) {
        PeerState state = reachability(peer);
        return state == PeerState.DEAD || state == PeerState.UNKNOWN && step.start.waited();
    }

    /** Returns whether a server is down and certainly not running anything any more; see {@link Verdicts}. */
    boolean gone(String peer) {
        return new Verdicts(step).gone(peer);
    }

    /** Returns whether a server can be talked to and its database is known as it is. */
    boolean usable(String peer) {
        PeerView view = step.peers().get(peer);
        return view != null && view.session() && view.current() && alive(peer);
    }

    /** Returns whether the copy of a server's database is certainly not older than what the server does. */
    boolean trusted(String peer) {
        PeerView view = step.peers().get(peer);
        if (view == null) {
            return false;
        }
        if (view.session() && view.current()) {
            return true;
        }
        return !view.managerPresent() && follows(view);
    }

    /** Returns whether nothing a server committed before it was last heard is missing here. */
    boolean complete(String peer) {
        PeerView view = step.peers().get(peer);
        return view != null && (view.session() && view.current() || follows(view));
    }

    /**
     * Returns whether a server certainly did nothing that is not known here, and can do nothing: its manager is gone without a
     * session, and the copy holds all it committed. One that only hangs is not inert: it may be storing something, and its guard
     * then tells no version.
     */
    boolean inert(String peer) {
        PeerView view = step.peers().get(peer);
        return view != null && !view.session() && !view.managerPresent() && follows(view);
    }

    /** Returns whether a server's manager runs and decides: one that hangs does not, although its session may be open. */
    boolean decides(String peer) {
        PeerView view = step.peers().get(peer);
        boolean hangs = view != null && view.guard().known() && !view.guard().manager();
        return view != null && view.managerPresent() && !hangs;
    }

    private static boolean follows(PeerView view) {
        return view.guard().known()
                && view.guard().incarnation() == view.lcd().incarnation()
                && view.guard().version() <= view.lcd().version();
    }

    long detection(String peer) {
        long result = 0;
        for (CommPath path : step.own().rows(LcdSection.PATHS).values()) {
            if (path.peer().equals(peer)) {
                result = Math.max(result, path.detectionMillis());
            }
        }
        return result == 0 ? step.settings.defaultDetection() : result;
    }

    // ---- groups

    private Instance on(String server, String tag) {
        Topology.Place place = step.topology().group(tag).get(server);
        return place == null ? null : step.lcd(server).instances().get(place.tag());
    }

    /** Returns the instance of a group on a server as known here; null if there is none. */
    Instance instanceOn(String server, String ownTag) {
        return on(server, ownTag);
    }

    /** Returns all servers of a group, this one included. */
    private Set<String> members(String tag) {
        return step.topology().group(tag).keySet();
    }

    /** Returns the newest wanted state of a group, with its revision: the highest revision wins, at a tie OUT. */
    Ownership wanted(String tag) {
        Ownership best = Ownership.NONE;
        for (String server : members(tag)) {
            Instance instance = on(server, tag);
            if (instance == null) {
                continue;
            }
            Ownership one = instance.ownership();
            if (one.wantedRevision() > best.wantedRevision()
                    || one.wantedRevision() == best.wantedRevision()
                            && (best == Ownership.NONE || one.wanted() == Wanted.OUT)) {
                best = one;
            }
        }
        return best;
    }

    boolean wantedIn(String tag) {
        return wanted(tag).wanted() == Wanted.IN;
    }

    /** Returns the newest epoch of a group that any server knows of, promised ones included. */
    long newestEpoch(String tag) {
        long newest = step.settings.safety().leased() ? Promises.newest(step, new Promises(step).places(tag)) : 0;
        for (String server : members(tag)) {
            Instance instance = on(server, tag);
            if (instance != null) {
                newest = Math.max(newest, instance.ownership().epoch());
            }
        }
        return Math.max(newest, promisedEpoch(tag));
    }

    /** Returns the newest epoch of a group that a handover promises; 0 if none does. */
    long promisedEpoch(String tag) {
        long newest = 0;
        for (String server : members(tag)) {
            for (Handover handover : step.lcd(server).rows(LcdSection.HANDOVERS).values()) {
                String theirs = step.topology().tagOn(tag, handover.to(), step.self());
                if (theirs != null) {
                    newest = Math.max(newest, handover.epochs().getOrDefault(theirs, 0L));
                }
            }
        }
        return newest;
    }

    /** Returns whether an epoch this server was granted is not the newest any more, or was granted to another one too. */
    boolean contested(String tag, long epoch) {
        for (String server : members(tag)) {
            Instance instance = on(server, tag);
            if (instance == null) {
                continue;
            }
            Ownership ownership = instance.ownership();
            boolean mine = ownership.owner().equals(step.self());
            if (Epochs.passes(step, ownership.epoch(), epoch)
                    || !mine && Epochs.reaches(step, ownership.epoch(), epoch)) {
                return true;
            }
        }
        return false;
    }

    /** Returns the newest epoch that is recorded for an instance of a group; what handovers promise does not count. */
    long recordedEpoch(String tag) {
        long newest = 0;
        for (String server : members(tag)) {
            Instance instance = on(server, tag);
            if (instance != null) {
                newest = Math.max(newest, instance.ownership().epoch());
            }
        }
        return newest;
    }

    /** Returns why resources cannot be handed over: another server than the giving one has them; empty if they can. */
    String heldElsewhere(Collection<String> tags, String except) {
        for (String tag : tags) {
            for (String server : step.topology().others(tag, step.self()).keySet()) {
                Occupant one = server.equals(except) ? null : occupant(tag, server);
                if (one != null && one.how().compareTo(Occupant.How.UNRELEASED) <= 0) {
                    return tag + ": " + one.text();
                }
            }
        }
        return "";
    }

    /** Returns the server that won the newest epoch by its own record; empty if none ever did. */
    String newestOwner(String tag) {
        String owner = "";
        long newest = 0;
        for (String server : members(tag)) {
            Instance instance = on(server, tag);
            if (instance != null
                    && instance.ownership().owner().equals(server)
                    && instance.ownership().epoch() > newest) {
                newest = instance.ownership().epoch();
                owner = server;
            }
        }
        return owner;
    }

    /** Returns whether another server won a newer epoch since, or an operator confirmed that it is stopped. */
    private boolean settled(String tag, String server, long epoch) {
        for (String other : members(tag)) {
            Instance instance = on(other, tag);
            if (instance != null
                    && !other.equals(server)
                    && instance.ownership().owner().equals(other)
                    && Epochs.passes(step, instance.ownership().epoch(), epoch)) {
                return true;
            }
        }
        return confirmed(tag, server, epoch);
    }

    /** Returns the flag that records an operator's word that a server has stopped what it owned. */
    static String stoppedFlag(String server, String theirTag, long epoch) {
        return STOPPED_FLAG + server + "!" + epoch + "!" + theirTag;
    }

    private boolean confirmed(String tag, String server, long epoch) {
        String theirs = step.topology().tagOn(tag, server, step.self());
        String flag = stoppedFlag(server, theirs, epoch);
        return step.own().row(LcdSection.FLAGS, flag).isPresent();
    }

    /** Returns whether an instance's record says that it may be running. */
    static boolean occupied(Lcd lcd, Instance instance) {
        if (instance.state().inService() || !instance.ownership().released()) {
            return true;
        }
        BegunAction begun = lcd.rows(LcdSection.ACTIONS).get(instance.tag());
        return begun != null && begun.action().equals(RESTORE);
    }

    /** Returns who else has a group; null if it is free. What is in service counts before everything else. */
    Occupant occupant(String tag) {
        Occupant found = null;
        for (Map.Entry<String, Topology.Place> entry :
                step.topology().others(tag, step.self()).entrySet()) {
            Occupant one = occupant(tag, entry.getKey());
            if (one != null && (found == null || one.how().compareTo(found.how()) < 0)) {
                found = one;
            }
        }
        return found;
    }

    /** Returns who keeps a group from being claimed; null if nobody does. What is parked keeps nobody who is asked. */
    Occupant blocker(String tag) {
        for (String server : step.topology().others(tag, step.self()).keySet()) {
            Occupant one = occupant(tag, server);
            boolean parked =
                    one == null || one.how() == Occupant.How.PARKED_STOPPED || one.how() == Occupant.How.PARKED_RUNNING;
            if (!parked) {
                return one;
            }
        }
        return null;
    }

    /** Returns whether a group is certainly nowhere in service, but for a server that cannot be reached. */
    boolean hides(String tag, String server) {
        Occupant any = occupant(tag);
        if (any == null || any.how() != Occupant.How.DOUBTFUL) {
            return false;
        }
        Occupant one = step.topology().others(tag, step.self()).containsKey(server) ? occupant(tag, server) : null;
        return one != null && one.how() == Occupant.How.DOUBTFUL;
    }

    private Occupant occupant(String tag, String server) {
        Instance instance = on(server, tag);
        if (instance == null) {
            return gone(server) || trusted(server) ? null : doubtful(server);
        }
        Lcd lcd = step.lcd(server);
        long epoch = instance.ownership().epoch();
        boolean confirmed = !usable(server) && confirmed(tag, server, epoch);
        if (!gone(server) && !confirmed) {
            if (occupied(lcd, instance) && (trusted(server) || !settled(tag, server, epoch))) {
                if (down(server)) {
                    return doubtful(server);
                }
                boolean failed = instance.state() == InstanceState.OSF;
                return failed
                        ? new Occupant(server, Occupant.How.UNRELEASED, unreleased(instance, server))
                        : new Occupant(server, Occupant.How.IN_SERVICE, occupied(instance, server));
            }
            Ownership mine = step.instance(tag).ownership();
            boolean leased = step.settings.safety().leased();
            boolean granted = mine.owner().equals(server) && mine.epoch() > epoch && (leased || !usable(server));
            if (!granted && step.settings.safety().quorum() == Safety.Quorum.MAJORITY && vouched(server)) {
                // What it does is known to those who are asked for their promise.
                return parked(tag, server, instance);
            }
            if (!trusted(server) || granted) {
                Occupant parked = parked(tag, server, instance);
                return parked == null ? doubtful(server) : new Occupant(server, Occupant.How.DOUBTFUL, parked.text());
            }
        }
        return parked(tag, server, instance);
    }

    /** Returns whether a server this one cannot reach is reached by one it can ask. */
    private boolean vouched(String server) {
        return down(server) && !new Verdicts(step).vouching(server).isEmpty();
    }

    private Occupant parked(String tag, String server, Instance instance) {
        var parked = step.lcd(server).rows(LcdSection.PARKED).get(instance.tag());
        if (parked != null && !settled(tag, server, instance.ownership().epoch())) {
            return parked.running()
                    ? new Occupant(
                            server,
                            Occupant.How.PARKED_RUNNING,
                            server
                                    + " was stopped and left it running; it is started elsewhere only after 'mainstay"
                                    + " resource confirm-stopped " + instance.tag() + " --on " + server + "'")
                    : new Occupant(
                            server,
                            Occupant.How.PARKED_STOPPED,
                            server + " was stopped on purpose with it; it waits for the return of " + server
                                    + " or for 'mainstay resource in-service'");
        }
        return null;
    }

    private Occupant doubtful(String server) {
        if (down(server)) {
            return new Occupant(server, Occupant.How.DOUBTFUL, new Verdicts(step).obstacle(server));
        }
        if (new Verdicts(step).onDiskOnly(server) && !usable(server)) {
            return new Occupant(
                    server,
                    Occupant.How.DOUBTFUL,
                    server + " is alive on the shared disk, but no network path to it is: what it has in service is not"
                            + " known here and not taken over; repair the networks");
        }
        return new Occupant(
                server,
                Occupant.How.DOUBTFUL,
                server + " is alive, but what it has in service is not known yet: its Mainstay does not answer");
    }

    private static String occupied(Instance instance, String server) {
        boolean uncertain =
                !instance.state().inService() && !instance.ownership().released();
        return uncertain
                ? "it is not certainly stopped on " + server + "; if it is: 'mainstay resource confirm-stopped "
                        + instance.tag() + " --on " + server + "'"
                : "it is in service on " + server;
    }

    private static String unreleased(Instance instance, String server) {
        return server + " could not stop it (" + instance.reason() + "); repair it there, or stop it by hand and say"
                + " 'mainstay resource confirm-stopped " + instance.tag() + " --on " + server + "'";
    }

    /** Returns whether a handover of this server, or of one that may still act on it, concerns one of the resources. */
    boolean inHandover(Collection<String> tags) {
        if (mentions(step.self(), tags)) {
            return true;
        }
        for (String peer : step.topology().sharers(tags, step.self())) {
            if (!gone(peer) && mentions(peer, tags)) {
                return true;
            }
        }
        return false;
    }

    private boolean mentions(String holder, Collection<String> tags) {
        for (Handover handover : step.lcd(holder).rows(LcdSection.HANDOVERS).values()) {
            for (String tag : tags) {
                String theirs = step.topology().tagOn(tag, handover.to(), step.self());
                if (theirs != null && handover.epochs().containsKey(theirs) && !accomplished(handover)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Returns whether the taking server of a handover has long accepted it: what is left of it is a remnant. */
    boolean accomplished(Handover handover) {
        boolean taken = handover.to().equals(step.self()) || usable(handover.to());
        return taken
                && step.lcd(handover.to())
                        .row(LcdSection.HANDOVERS, handover.id())
                        .isEmpty()
                && accepted(handover);
    }

    /** Returns whether the taking server owns what the handover promised it, or something newer happened since. */
    boolean accepted(Handover handover) {
        Lcd lcd = step.lcd(handover.to());
        return handover.epochs().entrySet().stream().anyMatch(entry -> {
            Instance instance = lcd.instances().get(entry.getKey());
            if (instance == null) {
                return false;
            }
            Ownership ownership = instance.ownership();
            return Epochs.passes(step, ownership.epoch(), entry.getValue())
                    || ownership.epoch() == entry.getValue()
                            && ownership.owner().equals(handover.to());
        });
    }

    /** Returns whether maintenance keeps Mainstay from acting by itself. */
    boolean maintained(Collection<String> tags) {
        var rows = step.own().rows(LcdSection.MAINTENANCE).keySet();
        return rows.contains("cluster")
                || rows.contains("server")
                || tags.stream().anyMatch(tag -> rows.contains("tag:" + tag) || ownerMaintained(tag));
    }

    /** A server under maintenance keeps what it has: nobody takes that over by himself. */
    private boolean ownerMaintained(String tag) {
        String owner = newestOwner(tag);
        return !owner.isEmpty()
                && !owner.equals(step.self())
                && step.peer(owner).lcd().rows(LcdSection.MAINTENANCE).containsKey("server");
    }

    /** Returns whether a peer may be asked to run something: usable, ready and not hanging. */
    boolean ready(String peer) {
        return usable(peer) && decides(peer) && step.peer(peer).standing().phase() == Phase.AVAILABLE;
    }
}

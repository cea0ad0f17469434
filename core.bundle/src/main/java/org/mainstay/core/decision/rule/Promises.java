package org.mainstay.core.decision.rule;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Promise;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.state.Safety;

/**
 * What a server promises of groups where the right to run is a lease, whether it shares them or not. A promise is given only
 * when no other server of the group can be running it: each is heard and says so, or its right to run has certainly ended here
 * and gets no grant from here any more. Any two majorities have a server in common, so two claims cannot both be won, and
 * none while an owner's lease is alive.
 */
final class Promises {
    /**
     * Why a promise is not given.
     *
     * @param text one sentence; empty if it is given
     * @param early whether only time is missing: the end of a right to run is not certain here yet
     */
    record Refusal(String text, boolean early) {
        static final Refusal NONE = new Refusal("", false);

        static Refusal because(String text) {
            return new Refusal(text, false);
        }

        boolean none() {
            return text.isEmpty();
        }
    }

    private final Step step;
    private final Knowledge knowledge;

    Promises(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    /** Returns the tags of an own group by server. */
    Map<String, String> places(String tag) {
        SortedMap<String, String> result = new TreeMap<>();
        step.topology().group(tag).forEach((server, place) -> result.put(server, place.tag()));
        return result;
    }

    /** Returns why nothing can be promised of a group to a server, whatever the epoch; empty if it can. */
    Refusal objection(String asker, Map<String, String> places) {
        Refusal early = Refusal.NONE;
        for (Map.Entry<String, String> place : places.entrySet()) {
            String server = place.getKey();
            if (server.equals(asker) || server.equals(step.self())) {
                continue;
            }
            Refusal objection = objection(server, place.getValue(), places);
            if (!objection.none() && !objection.early()) {
                return objection;
            }
            early = objection.early() ? objection : early;
        }
        return early;
    }

    private Refusal objection(String server, String tag, Map<String, String> places) {
        if (knowledge.usable(server)) {
            Lcd lcd = step.lcd(server);
            Instance instance = lcd.instances().get(tag);
            if (instance != null && Knowledge.occupied(lcd, instance)) {
                return Refusal.because(tag + " is in service on " + server + ", or not certainly out of service");
            }
            for (Handover handover : lcd.rows(LcdSection.HANDOVERS).values()) {
                String theirs = places.get(handover.to());
                if (theirs != null && handover.epochs().containsKey(theirs) && !knowledge.accomplished(handover)) {
                    return Refusal.because(tag + " is being moved from " + handover.from() + " to " + handover.to());
                }
            }
            return unresolved(server, places)
                    ? Refusal.because(tag + " was promised to " + server + ", which has not said yet what became of it")
                    : Refusal.NONE;
        }
        if (finished(server) || !Members.of(step).contains(server)) {
            return Refusal.NONE;
        }
        Instance instance = step.lcd(server).instances().get(tag);
        boolean idle =
                knowledge.trusted(server) && (instance == null || !Knowledge.occupied(step.lcd(server), instance));
        String text =
                server + " cannot be reached from " + step.self() + ", and its right to run has not certainly ended";
        return idle ? Refusal.NONE : new Refusal(text, knowledge.down(server));
    }

    /** Returns whether this server would not refuse a promise because of another one's right to run. */
    boolean over(String server) {
        return step.settings.safety().quorum() == Safety.Quorum.MAJORITY
                ? new Verdicts(step).withheld(server)
                : finished(server);
    }

    /** Returns whether a server that cannot be reached has no right to run any more as far as this one has a say in it. */
    private boolean finished(String server) {
        if (!knowledge.down(server)) {
            return false;
        }
        Verdicts verdicts = new Verdicts(step);
        if (step.settings.safety().quorum() == Safety.Quorum.MAJORITY) {
            return verdicts.withheld(server);
        }
        return verdicts.fate(server).witness() == Fate.Word.FAILED && verdicts.withheld(server)
                || !verdicts.certain(server).isEmpty();
    }

    /** Returns whether somebody promised a group to a server that has neither used that nor given it up. */
    boolean unresolved(String server, Map<String, String> places) {
        String theirs = places.get(server);
        if (theirs == null) {
            return false;
        }
        Instance instance = step.lcd(server).instances().get(theirs);
        long used = instance == null ? 0 : instance.ownership().epoch();
        for (Map.Entry<String, String> place : places.entrySet()) {
            boolean heard = place.getKey().equals(step.self()) || knowledge.usable(place.getKey());
            Instance other = step.lcd(place.getKey()).instances().get(place.getValue());
            if (heard
                    && other != null
                    && other.ownership().owner().equals(server)
                    && other.ownership().epoch() > used) {
                return true;
            }
        }
        return step.own().rows(LcdSection.PROMISES).values().stream()
                .anyMatch(row -> row.concerns(places) && row.owner().equals(server) && row.epoch() > used);
    }

    /** Returns the newest epoch promised to anybody for a group, in the rows of servers that do not share it. */
    static long newest(Step step, Map<String, String> places) {
        long newest = rows(step.own(), places);
        for (String peer : step.peers().keySet()) {
            newest = Math.max(newest, rows(step.lcd(peer), places));
        }
        return newest;
    }

    private static long rows(Lcd lcd, Map<String, String> places) {
        return lcd.rows(LcdSection.PROMISES).values().stream()
                .filter(row -> row.concerns(places))
                .mapToLong(Promise::epoch)
                .max()
                .orElse(0);
    }

    /**
     * Returns whether anything is known of a group that an epoch claimed by a server must not pass over. What others
     * promised to the same server for the same epoch is this very claim: their databases may be here before the claim is.
     */
    boolean newer(String asker, Map<String, String> places, long epoch) {
        boolean leased = step.settings.safety().leased();
        if (leased && newer(step.own(), asker, places, epoch)) {
            return true;
        }
        for (String peer : step.peers().keySet()) {
            if (leased && newer(step.lcd(peer), asker, places, epoch)) {
                return true;
            }
        }
        for (Map.Entry<String, String> place : places.entrySet()) {
            Instance instance = step.lcd(place.getKey()).instances().get(place.getValue());
            if (instance != null) {
                Ownership known = instance.ownership();
                if (newer(known.epoch(), known.owner(), asker, epoch)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** As {@link #newer}, but only what is somebody's: what was given back is in nobody's way. */
    boolean newerOf(String server, Map<String, String> places, long epoch) {
        return Stream.concat(
                                Stream.of(step.own()),
                                step.peers().keySet().stream().map(step::lcd))
                        .flatMap(lcd -> lcd.rows(LcdSection.PROMISES).values().stream())
                        .anyMatch(row -> row.concerns(places)
                                && !row.owner().isEmpty()
                                && newer(row.epoch(), row.owner(), server, epoch))
                || places.entrySet().stream()
                        .map(place -> step.lcd(place.getKey()).instances().get(place.getValue()))
                        .filter(Objects::nonNull)
                        .map(Instance::ownership)
                        .anyMatch(known ->
                                !known.owner().isEmpty() && newer(known.epoch(), known.owner(), server, epoch));
    }

    private boolean newer(Lcd lcd, String asker, Map<String, String> places, long epoch) {
        return lcd.rows(LcdSection.PROMISES).values().stream()
                .anyMatch(row -> row.concerns(places) && newer(row.epoch(), row.owner(), asker, epoch));
    }

    private boolean newer(long known, String owner, String asker, long epoch) {
        return Epochs.passes(step, known, epoch) || !owner.equals(asker) && Epochs.reaches(step, known, epoch);
    }

    // ---- groups this server does not share

    /** Returns why nothing is promised to a server of a group this one does not share; empty if it is. */
    Refusal witnessObjection(String asker, Map<String, String> places, long epoch) {
        Promise mine = step.own().rows(LcdSection.PROMISES).values().stream()
                .filter(row -> row.concerns(places))
                .max(java.util.Comparator.comparingLong(Promise::epoch))
                .orElse(null);
        boolean repeated = mine != null && mine.owner().equals(asker) && mine.epoch() == epoch;
        if (!repeated && newer(asker, places, epoch)) {
            return Refusal.because("a newer claim of " + places.get(asker) + " is known on " + step.self());
        }
        return objection(asker, places);
    }

    void record(String asker, Map<String, String> places, long epoch) {
        for (Map.Entry<String, Promise> row :
                List.copyOf(step.own().rows(LcdSection.PROMISES).entrySet())) {
            if (row.getValue().concerns(places)) {
                step.drop(LcdSection.PROMISES, row.getKey());
            }
        }
        step.put(LcdSection.PROMISES, Promise.key(places), new Promise(places, epoch, asker));
    }

    // ---- what became of them

    /** A server gave a claim up. */
    void withdrawn(String peer, CoreMessage.ClaimWithdrawn message) {
        message.epochs().forEach((tag, epoch) -> release(peer, tag, epoch));
    }

    /**
     * A server's manager is here in a new session: what it had been promised in an earlier one it has used by now, and then
     * its database says so, or never will.
     *
     * @param claimed what it has claimed in the new one already: that is not decided yet
     */
    void met(String peer, Lcd lcd, Set<String> claimed) {
        if (!step.settings.safety().leased()) {
            return;
        }
        for (String tag : step.topology().tags()) {
            String theirs = step.topology().tagOn(tag, peer, step.self());
            Ownership mine = step.instance(tag).ownership();
            if (theirs != null
                    && !claimed.contains(theirs)
                    && mine.owner().equals(peer)
                    && used(lcd, theirs) < mine.epoch()) {
                release(peer, theirs, mine.epoch());
            }
        }
        for (Promise row : List.copyOf(step.own().rows(LcdSection.PROMISES).values())) {
            String theirs = row.places().get(peer);
            if (theirs != null
                    && !claimed.contains(theirs)
                    && row.owner().equals(peer)
                    && used(lcd, theirs) < row.epoch()) {
                release(peer, theirs, row.epoch());
            }
        }
    }

    private static long used(Lcd lcd, String tag) {
        Instance instance = lcd.instances().get(tag);
        return instance == null ? 0 : instance.ownership().epoch();
    }

    private void release(String peer, String theirs, long epoch) {
        String tag = step.topology().mine(peer, theirs);
        if (tag != null && step.instance(tag) != null) {
            step.ownership(
                    tag, one -> one.owner().equals(peer) && one.epoch() == epoch ? one.withEpoch(epoch, "") : one);
        }
        for (Map.Entry<String, Promise> row :
                List.copyOf(step.own().rows(LcdSection.PROMISES).entrySet())) {
            Promise promise = row.getValue();
            if (promise.has(peer, theirs) && promise.owner().equals(peer) && promise.epoch() == epoch) {
                step.put(LcdSection.PROMISES, row.getKey(), new Promise(promise.places(), epoch, ""));
            }
        }
    }

    /** Forgets what was promised of groups that exist nowhere any more. */
    void settle() {
        for (Map.Entry<String, Promise> row :
                List.copyOf(step.own().rows(LcdSection.PROMISES).entrySet())) {
            boolean over = row.getValue().places().entrySet().stream()
                    .allMatch(place -> knowledge.usable(place.getKey())
                            && !step.lcd(place.getKey()).instances().containsKey(place.getValue()));
            if (over) {
                step.drop(LcdSection.PROMISES, row.getKey());
            }
        }
    }
}

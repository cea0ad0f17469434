package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.PeerView;
import org.mainstay.guard.lease.LeaseSettings;

/**
 * Changes of the list of members in the course of a run (design.md section 5): a server that never runs is admitted and removed
 * again. It stands before all others, so that everybody's place in the list moves, and with it what an ownership epoch says of
 * its owner; and it counts, so that majorities move. The orchestration is that of the manager's node operations.
 */
final class MemberLists {
    /** Name of the server that never runs: the first of all. */
    static final String GUEST = "0";

    private static final long AGAIN = 5_000;

    private record Change(Machine coordinator, int run) {}

    private final Cluster cluster;
    private final Map<Machine, Long> asked = new java.util.HashMap<>();
    private Change underWay;
    private int changes;

    MemberLists(Cluster cluster) {
        this.cluster = cluster;
    }

    private static Membership of(Machine machine) {
        return machine.lcd().membership();
    }

    /** Returns whether no server counts the guest. */
    boolean usual() {
        return cluster.machines().stream()
                .allMatch(machine -> of(machine).member(GUEST).isEmpty());
    }

    /** An operator admits or removes it: all members that are reached take part, a majority of the old list at least. */
    void change(Machine one, boolean joins) {
        Membership old = of(one);
        boolean free = underWay == null
                || !underWay.coordinator.manager().up()
                || underWay.coordinator.manager().run() != underWay.run;
        if (!free || old.member(GUEST).isPresent() == joins) {
            return;
        }
        TreeSet<String> partners = new TreeSet<>(List.of(one.name()));
        for (Map.Entry<String, PeerView> peer : one.manager().state().peers().entrySet()) {
            if (peer.getValue().session() && peer.getValue().current()) {
                partners.add(peer.getKey());
            }
        }
        if (partners.size() * 2 <= old.members().size()) {
            return;
        }
        List<Member> members = new ArrayList<>(old.members());
        if (joins) {
            members.add(new Member(GUEST, "10.0.0.1", 1500, ""));
        } else {
            members.removeIf(member -> member.name().equals(GUEST));
        }
        Membership list = new Membership(old.epoch() + 1, members);
        Map<String, List<LcdChange<?>>> rows = new TreeMap<>();
        Map<String, List<String>> tags = new TreeMap<>();
        for (String partner : partners) {
            rows.put(partner, List.of(LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, list)));
            tags.put(partner, List.of());
        }
        underWay = new Change(one, one.manager().run());
        cluster.say(one + " proposes the list " + names(list) + ", epoch " + list.epoch());
        Change mine = underWay;
        one.manager()
                .ask(
                        new ServiceRequest.Propose("list-" + ++changes, "list of members", rows, tags),
                        () -> underWay = underWay == mine ? null : underWay);
    }

    private static String names(Membership list) {
        return list.members().stream().map(Member::name).sorted().collect(Collectors.joining(" "));
    }

    /** A server that was not there takes the newer list of one that was, as the manager does by itself. */
    void follow(Machine machine) {
        if (!machine.manager().up()) {
            return;
        }
        Membership own = of(machine);
        Membership newest = own;
        for (PeerView peer : machine.manager().state().peers().values()) {
            Membership theirs = peer.lcd().membership();
            boolean heard = peer.session() && peer.current();
            if (heard
                    && theirs.epoch() > newest.epoch()
                    && theirs.member(machine.name()).isPresent()) {
                newest = theirs;
            }
        }
        if (newest.epoch() > Math.max(own.epoch(), asked.getOrDefault(machine, 0L))) {
            asked.put(machine, newest.epoch());
            cluster.clock().after(AGAIN, () -> {
                asked.remove(machine);
                follow(machine);
            });
            machine.manager()
                    .ask(
                            new ServiceRequest.ChangeOwn(
                                    "list of servers",
                                    List.of(LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, newest))),
                            () -> {});
        }
    }

    /** Returns what a manager tells its guard: who grants follows the list in its own database. */
    LeaseSettings lease(Machine machine) {
        TreeSet<String> names = new TreeSet<>(List.of(machine.name()));
        of(machine).members().forEach(member -> names.add(member.name()));
        return cluster.plan().lease(machine.name(), names, machine.tunables());
    }
}

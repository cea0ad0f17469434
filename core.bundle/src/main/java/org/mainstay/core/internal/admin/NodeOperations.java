package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.SystemEntry;

/** Changes of the membership list: one change with the next epoch, held by a majority of the old list (design.md section 5). */
final class NodeOperations {
    static final String LOCK = "membership";

    private final Job job;
    private final Locking locking;

    NodeOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    Reply remove(Request.RemoveNode request) throws Refusal {
        String name = request.name();
        job.checkServer(name);
        if (name.equals(job.self())) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT, "a server cannot remove itself; run the command on another server");
        }
        if (!request.force() && !job.peers().reachable(name)) {
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION,
                    "no communication with " + name + "; if it is gone for good use 'mainstay node remove --force "
                            + name + "'");
        }
        checkEmpty(name, request.force());
        Membership old = job.own().membership();
        Membership changed = new Membership(
                old.epoch() + 1,
                old.members().stream()
                        .filter(member -> !member.name().equals(name))
                        .toList());
        Set<String> partners = partners(old, request.force());
        String what = "remove server " + name;
        lock(partners, old, what);
        checkEmpty(name, request.force()); // it may have taken something into service before it was locked
        for (String server : partners) {
            job.change(server, LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, changed));
            forget(server, name);
        }
        List<CommPath> disks = job.own().rows(LcdSection.PATHS).values().stream()
                .filter(path -> path.disk() && path.peer().equals(name))
                .toList();
        job.propose(what);
        DiskPathOperations shared = new DiskPathOperations(job, new PathOperations(job, locking));
        disks.forEach(path -> shared.wipe(job.self(), path));
        return job.success("server " + name + " is removed; servers now: "
                + String.join(", ", changed.members().stream().map(Member::name).toList()));
    }

    /** Admits a server whose code comm has checked; every member that is reached takes the new list, the others later. */
    Reply add(Member member) throws Refusal {
        Membership old = job.own().membership();
        if (old.members().contains(member)) {
            return job.success(member.name() + " is a member");
        }
        for (Member other : old.members()) {
            if (other.name().equals(member.name())) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        "there is a server '" + member.name() + "' already; choose another name, or remove it first: "
                                + "mainstay node remove " + member.name());
            }
            if (other.address().equals(member.address()) && other.port() == member.port()) {
                throw new Refusal(
                        ExitCode.EXISTS,
                        member.address() + " port " + member.port() + " belongs to server " + other.name()
                                + "; give another --address or --port");
            }
        }
        checkNoDisk();
        List<Member> members = new ArrayList<>(old.members());
        members.add(member);
        Membership changed = new Membership(old.epoch() + 1, members);
        String description = "admit server " + member.name();
        Set<String> partners = partners(old, false);
        lock(partners, old, description);
        checkNoDisk(); // again, as one may have come before the lock
        for (String server : partners) {
            job.change(server, LcdChange.put(LcdSection.MEMBERSHIP, Membership.KEY, changed));
            for (Member known : changed.members()) {
                if (job.lcd(server).row(LcdSection.SYSTEMS, known.name()).isEmpty()) {
                    job.change(
                            server, LcdChange.put(LcdSection.SYSTEMS, known.name(), new SystemEntry(known.name(), "")));
                }
            }
        }
        job.propose(description);
        return job.success("server " + member.name() + " is admitted");
    }

    private void checkNoDisk() throws Refusal {
        for (CommPath path : job.own().rows(LcdSection.PATHS).values()) {
            if (path.disk()) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "a cluster with a shared-disk comm path has exactly two servers; delete the path over "
                                + path.device() + " to " + path.peer() + " first: mainstay commpath delete --to "
                                + path.peer() + " --device " + path.device());
            }
        }
    }

    /** Takes the lock everywhere; afterwards the list must still be the one the change starts from. */
    private void lock(Set<String> servers, Membership old, String what) throws Refusal {
        for (String server : servers) {
            locking.lock(job, server, List.of(LOCK), what);
        }
        if (job.own().membership().epoch() != old.epoch()) {
            throw new Refusal(ExitCode.IN_USE, "the list of servers was changed meanwhile; try again");
        }
        for (String server : servers) {
            // Two lists of one epoch would stay different for ever.
            if (job.lcd(server).membership().epoch() != old.epoch()) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        server + " has another list of servers than " + job.self()
                                + " and takes over the newer one; try again in a moment");
            }
        }
    }

    /**
     * Returns the servers that will hold the new list: all that can be reached. The others take it over when they return.
     *
     * @throws Refusal 9 if they are no majority of the old list
     */
    private Set<String> partners(Membership old, boolean force) throws Refusal {
        Set<String> partners = new TreeSet<>(Set.of(job.self()));
        List<String> away = new ArrayList<>();
        for (Member member : old.members()) {
            if (job.peers().reachable(member.name())) {
                partners.add(member.name());
            } else {
                away.add(member.name());
            }
        }
        boolean majority = partners.size() * 2 > old.members().size();
        if (!majority && !force) {
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION,
                    "no communication with " + String.join(", ", away)
                            + "; the list of servers is changed by a majority of them");
        }
        if (!majority) {
            job.remark(
                    "warning: only " + partners.size() + " of " + old.members().size()
                            + " servers hold the new list; Mainstay must not run on " + String.join(", ", away)
                            + " while the others cannot be reached from there");
        }
        return partners;
    }

    private void checkEmpty(String name, boolean force) throws Refusal {
        List<String> shared = job.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(pair -> with(pair, name))
                .map(pair -> pair.server().equals(name) ? pair.tag() : pair.otherTag())
                .sorted()
                .distinct()
                .toList();
        List<String> there = new ArrayList<>(job.snapshot()
                .lcd(name)
                .map(lcd -> List.copyOf(lcd.instances().keySet()))
                .orElse(List.of()));
        List<String> serving = job.snapshot()
                .lcd(name)
                .map(lcd -> lcd.instances().values().stream()
                        .filter(instance -> instance.state().inService()
                                || !instance.ownership().released())
                        .map(Instance::tag)
                        .toList())
                .orElse(List.of());
        if (!serving.isEmpty() && job.peers().reachable(name)) {
            // without the equivalencies nobody would know that it runs there, and it would be started a second time
            throw new Refusal(
                    ExitCode.IN_USE,
                    name + " is alive and has in service: " + String.join(", ", serving)
                            + "; take them out of service or move them first, --force does not help");
        }
        List<String> untaken =
                serving.stream().filter(tag -> !takenOver(name, tag)).toList();
        if (!untaken.isEmpty() && force) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    name + " had in service when last heard: " + String.join(", ", untaken)
                            + "; make sure it is stopped, then 'mainstay resource confirm-stopped TAG --on " + name
                            + "' for each");
        }
        if (there.isEmpty()) {
            there.addAll(shared);
        }
        if (!there.isEmpty() && !force) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    name + " still has resources: " + String.join(", ", there)
                            + "; unextend or delete them first, or use --force");
        }
    }

    /** Returns whether a newer owner is known elsewhere, or nobody else holds the resource, so that nothing starts twice. */
    private boolean takenOver(String name, String tag) {
        long epoch = job.snapshot()
                .lcd(name)
                .flatMap(lcd -> lcd.instance(tag))
                .map(instance -> instance.ownership().epoch())
                .orElse(0L);
        return job.own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(pair -> with(pair, name))
                .filter(pair -> (pair.server().equals(name) ? pair.tag() : pair.otherTag()).equals(tag))
                .map(pair -> pair.server().equals(name)
                        ? job.snapshot().lcd(pair.otherServer()).flatMap(lcd -> lcd.instance(pair.otherTag()))
                        : job.snapshot().lcd(pair.server()).flatMap(lcd -> lcd.instance(pair.tag())))
                .flatMap(java.util.Optional::stream)
                .allMatch(other -> other.ownership().epoch() > epoch);
    }

    /** Drops what a server's database holds about the one that goes. */
    private void forget(String server, String name) throws Refusal {
        Lcd lcd = job.lcd(server);
        for (CommPath path : lcd.rows(LcdSection.PATHS).values()) {
            if (path.peer().equals(name) || server.equals(name)) {
                job.change(server, LcdChange.remove(LcdSection.PATHS, path.id()));
            }
        }
        for (Equivalency pair : lcd.rows(LcdSection.EQUIVALENCIES).values()) {
            if (with(pair, name)) {
                job.change(server, LcdChange.remove(LcdSection.EQUIVALENCIES, pair.key()));
                job.touches(server, pair.server().equals(server) ? pair.tag() : pair.otherTag());
            }
        }
        if (!server.equals(name) && lcd.row(LcdSection.SYSTEMS, name).isPresent()) {
            job.change(server, LcdChange.remove(LcdSection.SYSTEMS, name));
        }
        if (!server.equals(name) && lcd.row(LcdSection.RESTRICTIONS, name).isPresent()) {
            job.change(server, LcdChange.remove(LcdSection.RESTRICTIONS, name));
        }
    }

    private static boolean with(Equivalency pair, String name) {
        return pair.server().equals(name) || pair.otherServer().equals(name);
    }
}

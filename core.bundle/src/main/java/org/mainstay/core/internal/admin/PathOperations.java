package org.mainstay.core.internal.admin;

import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.SystemEntry;

/** Creates and deletes comm paths, both ends at once (COMM-003, COMM-009). */
final class PathOperations {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Beyond the detection time, for keys to be agreed and the first heartbeats. */
    private static final long ALIVE_MILLIS = 30_000;

    private final Job job;
    private final Locking locking;

    PathOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    Reply create(Request.CreatePath request) throws Refusal {
        String peer = request.peer();
        checkPeer(peer);
        if (CommPath.disk(request.local())) {
            return new DiskPathOperations(job, this).create(request);
        }
        InetAddress local = address("--local", request.local());
        InetAddress remote = address("--remote", request.remote());
        checkKind(local, remote);
        CommPath here = path(request, local, remote);
        if (find(job.own(), peer, here.local(), here.remote()).isPresent()) {
            throw new Refusal(
                    ExitCode.EXISTS,
                    "there is already a comm path to " + peer + " from " + here.local() + " to " + here.remote());
        }
        for (CommPath other : job.own().rows(LcdSection.PATHS).values()) {
            if (other.peer().equals(peer) && other.priority() == here.priority()) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "the path " + other.local() + " - " + other.remote() + " to " + peer + " has priority "
                                + here.priority() + " already; choose another");
            }
        }
        // before the first path there is only the connection that joining uses; a server that just started may lack it
        // yet
        job.peers().awaitReachable(peer, LIMIT);
        job.checkReachable(List.of(peer));
        job.peers().demand(job.self(), new Step.HasAddress(here.local()), LIMIT);
        job.peers().demand(peer, new Step.HasAddress(here.remote()), LIMIT);
        String what = "create a comm path between " + job.self() + " and " + peer;
        lock(peer, what);
        put(job.self(), here);
        put(peer, mirrored(here));
        job.propose(what);
        job.tell("waiting until the path is alive");
        if (!awaitAlive(peer, here)) {
            undo(peer, here.id());
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION,
                    "no heartbeats between " + here.local() + " and " + here.remote()
                            + " within the time; nothing was changed. Check cabling, addresses and that UDP and TCP port "
                            + port(job.self()) + " are open both ways");
        }
        warnings(peer, local, remote);
        return job.success("comm path to " + peer + " from " + here.local() + " to " + here.remote() + " is alive");
    }

    /** Returns the peer's end of a path. */
    CommPath mirrored(CommPath here) {
        return new CommPath(
                here.id(),
                job.self(),
                here.remote(),
                here.local(),
                here.priority(),
                here.intervalMillis(),
                here.misses());
    }

    Reply delete(Request.DeletePath request) throws Refusal {
        String peer = request.peer();
        checkPeer(peer);
        List<CommPath> paths = job.own().rows(LcdSection.PATHS).values().stream()
                .filter(path -> path.peer().equals(peer))
                .filter(path -> request.local().isEmpty() || same(path.local(), request.local()))
                .filter(path -> request.remote().isEmpty() || same(path.remote(), request.remote()))
                .toList();
        if (paths.isEmpty()) {
            throw new Refusal(
                    ExitCode.NOT_FOUND, "there is no such comm path to " + peer + "; paths: " + listing(peer));
        }
        long left = count(peer) - paths.stream().filter(path -> !path.disk()).count();
        boolean shared =
                job.own().rows(LcdSection.EQUIVALENCIES).values().stream().anyMatch(pair -> isWith(pair, peer));
        boolean talking = paths.stream().anyMatch(path -> !path.disk());
        if (left == 0 && shared && talking) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    "the last comm path over a network to " + peer
                            + " is needed as long as hierarchies are extended between the servers"
                            + "; create another first, or unextend them");
        }
        job.checkReachable(List.of(peer));
        String what = "delete a comm path between " + job.self() + " and " + peer;
        lock(peer, what);
        for (CommPath path : paths) {
            job.change(job.self(), LcdChange.remove(LcdSection.PATHS, path.id()));
            job.change(peer, LcdChange.remove(LcdSection.PATHS, path.id()));
        }
        job.propose(what);
        paths.stream().filter(CommPath::disk).forEach(path -> new DiskPathOperations(job, this).wipe(job.self(), path));
        if (count(peer) == 1 && !onDisk(peer)) {
            job.remark("warning: one comm path to " + peer + " is left; if it fails both servers may start the same"
                    + " hierarchy");
        }
        return job.success("deleted " + paths.size() + " comm path(s) to " + peer);
    }

    private static boolean same(String end, String asked) {
        return end.equals(asked) || LocalAddresses.same(end, asked);
    }

    private void checkPeer(String peer) throws Refusal {
        job.checkServer(peer);
        if (peer.equals(job.self())) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT, "a comm path leads to another server, not to " + peer + " itself");
        }
    }

    private static InetAddress address(String option, String text) throws Refusal {
        Optional<InetAddress> address = LocalAddresses.parse(text);
        return address.orElseThrow(() ->
                new Refusal(ExitCode.INVALID_ARGUMENT, option + ": '" + text + "' is not an IPv4 or IPv6 address"));
    }

    private void checkKind(InetAddress local, InetAddress remote) throws Refusal {
        if (local.getAddress().length != remote.getAddress().length) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, "both ends of a comm path must be IPv4 or both IPv6");
        }
        if (local.equals(remote)) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, "both ends of the comm path have the same address");
        }
        if (local.isAnyLocalAddress()
                || remote.isAnyLocalAddress()
                || local.isMulticastAddress()
                || remote.isMulticastAddress()) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, "an end of a comm path must be an address of one interface");
        }
    }

    private CommPath path(Request.CreatePath request, InetAddress local, InetAddress remote) throws Refusal {
        String a = job.self() + "@" + local.getHostAddress();
        String b = request.peer() + "@" + remote.getHostAddress();
        String id = a.compareTo(b) < 0 ? a + "-" + b : b + "-" + a;
        try {
            return new CommPath(
                    id,
                    request.peer(),
                    local.getHostAddress(),
                    remote.getHostAddress(),
                    request.priority(),
                    request.intervalMillis(),
                    request.misses());
        } catch (IllegalArgumentException e) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, e.getMessage());
        }
    }

    private static Optional<CommPath> find(Lcd lcd, String peer, String local, String remote) {
        return lcd.rows(LcdSection.PATHS).values().stream()
                .filter(path -> path.peer().equals(peer)
                        && LocalAddresses.same(path.local(), local)
                        && LocalAddresses.same(path.remote(), remote))
                .findFirst();
    }

    void lock(String peer, String what) throws Refusal {
        locking.lock(job, job.self(), List.of("comm paths to " + peer), what);
        locking.lock(job, peer, List.of("comm paths to " + job.self()), what);
    }

    /** For a path that only a cluster of two may have: no server is admitted meanwhile. */
    void lockWithMembership(String peer, String what) throws Refusal {
        locking.lock(job, job.self(), List.of("comm paths to " + peer, NodeOperations.LOCK), what);
        locking.lock(job, peer, List.of("comm paths to " + job.self(), NodeOperations.LOCK), what);
    }

    void put(String server, CommPath path) throws Refusal {
        job.change(server, LcdChange.put(LcdSection.PATHS, path.id(), path));
        if (job.lcd(server).row(LcdSection.SYSTEMS, path.peer()).isEmpty()) {
            job.change(server, LcdChange.put(LcdSection.SYSTEMS, path.peer(), new SystemEntry(path.peer(), "")));
        }
    }

    /** Alive means heard by both: a one-way link is no path. */
    boolean awaitAlive(String peer, CommPath path) throws Refusal {
        CompletableFuture<Boolean> alive = new CompletableFuture<>();
        try (Registration registration = job.node().cluster().listen(snapshot -> {
            if (alive(snapshot, peer, path.id())) {
                alive.complete(true);
            }
        })) {
            if (alive(job.snapshot(), peer, path.id())) {
                return true;
            }
            return alive.get(path.detectionMillis() + ALIVE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(ExitCode.NO_COMMUNICATION, "Mainstay ends here");
        } catch (ExecutionException e) {
            throw new Refusal(ExitCode.INTERNAL_ERROR, String.valueOf(e.getCause()));
        }
    }

    private static boolean alive(ClusterSnapshot snapshot, String peer, String id) {
        ClusterSnapshot.Peer view = snapshot.peers().get(peer);
        return snapshot.paths().getOrDefault(id, false)
                && view != null
                && view.paths().getOrDefault(id, false);
    }

    void undo(String peer, String id) {
        try {
            job.change(job.self(), LcdChange.remove(LcdSection.PATHS, id));
            job.change(peer, LcdChange.remove(LcdSection.PATHS, id));
            job.proposeUndo("undo of the comm path between " + job.self() + " and " + peer);
        } catch (Refusal e) {
            job.remark("the path could not be taken back: " + e.getMessage()
                    + "; delete it with 'mainstay commpath delete'");
            job.tell("the path could not be taken back: " + e.getMessage());
        }
    }

    private void warnings(String peer, InetAddress local, InetAddress remote) {
        if (count(peer) == 1 && !onDisk(peer)) {
            job.remark(
                    "warning: this is the only comm path to " + peer + "; if it fails both servers may start the same"
                            + " hierarchy: create a second one over another network");
        }
        if (local.isLinkLocalAddress() || remote.isLinkLocalAddress()) {
            job.remark("warning: link-local addresses change by themselves and are not fit for a comm path");
        }
    }

    /** Returns how many paths over a network there are. */
    private long count(String peer) {
        return job.own().rows(LcdSection.PATHS).values().stream()
                .filter(path -> path.peer().equals(peer) && !path.disk())
                .count();
    }

    private boolean onDisk(String peer) {
        return job.own().rows(LcdSection.PATHS).values().stream()
                .anyMatch(path -> path.peer().equals(peer) && path.disk());
    }

    private String listing(String peer) {
        List<String> all = new ArrayList<>();
        job.own().rows(LcdSection.PATHS).values().stream()
                .filter(path -> path.peer().equals(peer))
                .forEach(path -> all.add(path.disk() ? path.device() : path.local() + " - " + path.remote()));
        return all.isEmpty() ? "none" : String.join(", ", all);
    }

    private static boolean isWith(Equivalency pair, String peer) {
        return pair.server().equals(peer) || pair.otherServer().equals(peer);
    }

    private String port(String server) {
        return job.own()
                .membership()
                .member(server)
                .map(member -> Integer.toString(member.port()))
                .orElse("1500");
    }
}

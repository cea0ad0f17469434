package org.mainstay.core.internal.admin;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;

/**
 * Creates shared-disk comm paths (COMM-002, COMM-020, COMM-021): the device is looked at on both servers before anything is written,
 * then prepared here and recognised there, and accepted once each server reads what the other writes.
 */
final class DiskPathOperations {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Job job;
    private final PathOperations paths;

    DiskPathOperations(Job job, PathOperations paths) {
        this.job = job;
        this.paths = paths;
    }

    Reply create(Request.CreatePath request) throws Refusal {
        String peer = request.peer();
        String device = request.local();
        CommPath here = path(request);
        checkPlace(peer, here);
        job.peers().awaitReachable(peer, LIMIT);
        job.checkReachable(List.of(peer));
        for (String server : List.of(job.self(), peer)) {
            job.peers().demand(server, new Step.DiskArea("inspect", device, here.id()), LIMIT);
        }
        String what = "create a shared-disk comm path between " + job.self() + " and " + peer;
        paths.lockWithMembership(peer, what);
        checkPlace(peer, here); // again, as another may have come before the lock
        String note = job.peers()
                .demand(job.self(), new Step.DiskArea("prepare", device, here.id()), LIMIT)
                .message();
        try {
            job.peers().demand(peer, new Step.DiskArea("verify", device, here.id()), LIMIT);
            paths.put(job.self(), here);
            paths.put(peer, paths.mirrored(here));
            job.propose(what);
        } catch (Refusal e) {
            wipe(job.self(), here);
            throw e;
        }
        job.tell("waiting until each server reads what the other writes");
        if (!paths.awaitAlive(peer, here)) {
            paths.undo(peer, here.id());
            wipe(job.self(), here);
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION,
                    "the servers do not read each other's heartbeats from " + device
                            + " within the time; nothing was changed. Look at 'mainstay events' for what is wrong with the"
                            + " device, and choose a larger --interval for slow storage");
        }
        if (note.contains("refuses direct I/O")) {
            job.remark("warning: " + note);
        }
        job.remark(
                "note: if the storage drops the path when a server is shut down or a disk is taken out, a failover may"
                        + " not happen; test it"); // COMM-023
        return job.success("comm path to " + peer + " over the shared disk " + device + " is alive");
    }

    private CommPath path(Request.CreatePath request) throws Refusal {
        String device = request.local();
        String a = job.self();
        String b = request.peer();
        String ends = a.compareTo(b) < 0 ? a + "-" + b : b + "-" + a;
        try {
            return new CommPath(
                    // Never the same twice, in no cluster: the header of the device names it.
                    ends + "@" + device + "#" + Long.toHexString(RANDOM.nextLong()),
                    request.peer(),
                    device,
                    request.remote(),
                    request.priority(),
                    request.intervalMillis(),
                    request.misses());
        } catch (IllegalArgumentException e) {
            throw new Refusal(ExitCode.INVALID_ARGUMENT, e.getMessage());
        }
    }

    private void checkPlace(String peer, CommPath here) throws Refusal {
        int servers = job.own().membership().members().size();
        if (servers != 2) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "a shared-disk comm path is for clusters of exactly two servers, this one has " + servers);
        }
        boolean network = false;
        for (CommPath other : job.own().rows(LcdSection.PATHS).values()) {
            if (other.peer().equals(peer)) {
                network |= !other.disk();
                if (other.disk()) {
                    throw new Refusal(
                            ExitCode.EXISTS,
                            "there is already a shared-disk comm path to " + peer + " over " + other.device()
                                    + "; two servers can have one");
                }
                if (other.priority() >= here.priority()) {
                    throw new Refusal(
                            ExitCode.INVALID_ARGUMENT,
                            "a shared-disk comm path comes after all others: its priority must be larger than "
                                    + other.priority());
                }
            }
        }
        if (!network) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "a shared-disk comm path carries heartbeats only: create a path over a network to " + peer
                            + " first");
        }
    }

    /** Empties the area of a path that is no more. A device that cannot be reached costs nobody anything but its next use. */
    void wipe(String server, CommPath path) {
        try {
            job.peers().demand(server, new Step.DiskArea("wipe", path.device(), path.id()), LIMIT);
        } catch (Refusal e) {
            job.remark("warning: " + path.device() + " could not be emptied (" + e.getMessage()
                    + "); before it is used for a comm path again, empty its first 132 KiB");
        }
    }
}

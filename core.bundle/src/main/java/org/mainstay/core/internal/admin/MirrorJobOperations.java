package org.mainstay.core.internal.admin;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;

/** Jobs of mirrors: the same rows on every server that can be reached (EMC-024). */
final class MirrorJobOperations {
    private static final String LOCK = "mirror jobs";

    private final Job job;
    private final Locking locking;

    MirrorJobOperations(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
    }

    /** Stores, or deletes, a job that was read with this revision. */
    Reply store(MirrorJob wanted) throws Refusal {
        String what = (wanted.deleted() ? "delete" : "store") + " mirror job " + wanted.id();
        Set<String> servers = new TreeSet<>();
        for (String server : job.snapshot().servers()) {
            if (server.equals(job.self()) || job.peers().reachable(server)) {
                servers.add(server);
            } else {
                job.remark(server + " cannot be reached: it takes the job over when it is back");
            }
        }
        for (String server : servers) {
            locking.lock(job, server, List.of(LOCK), what);
        }
        Map<String, MirrorJob> known = MirrorJob.newest(job.snapshot().databases());
        check(wanted, Optional.ofNullable(known.get(wanted.id())), known.values());
        MirrorJob next = wanted.next(wanted.deleted());
        for (String server : servers) {
            job.change(server, LcdChange.put(LcdSection.JOBS, next.id(), next));
        }
        job.propose(what);
        return job.success("job " + next.id() + " ('" + next.name() + "') is " + (next.deleted() ? "deleted" : "stored")
                + " on " + String.join(", ", servers));
    }

    private static void check(MirrorJob wanted, Optional<MirrorJob> before, Collection<MirrorJob> known)
            throws Refusal {
        boolean there = before.filter(one -> !one.deleted()).isPresent();
        if (wanted.deleted() && !there) {
            throw new Refusal(ExitCode.NOT_FOUND, "there is no stored job '" + wanted.id() + "'");
        }
        if (before.map(MirrorJob::revision).orElse(0L) != wanted.revision()) {
            throw new Refusal(ExitCode.IN_USE, "the job was changed by somebody else meanwhile; look at it, try again");
        }
        for (MirrorJob other : known) {
            if (other.deleted() || other.id().equals(wanted.id())) {
                continue;
            }
            for (MirrorJob.Pair pair : wanted.pairs()) {
                if (other.pairs().stream().anyMatch(theirs -> same(theirs, pair))) {
                    throw new Refusal(
                            ExitCode.EXISTS,
                            "the pair " + pair.text() + " is in the job '" + other.name() + "' (" + other.id()
                                    + ") already; take it out there first");
                }
            }
        }
    }

    private static boolean same(MirrorJob.Pair one, MirrorJob.Pair other) {
        return same(one.first(), other.first()) && same(one.second(), other.second())
                || same(one.first(), other.second()) && same(one.second(), other.first());
    }

    private static boolean same(MirrorJob.End one, MirrorJob.End other) {
        return one.volume().equals(other.volume()) && (one.of(other.server()) || other.of(one.server()));
    }
}

package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mainstay.cluster.lcd.Membership;

/** The locks one job holds, here and on other servers. Not thread-safe. */
final class Locking {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Set<String> servers = new LinkedHashSet<>();

    /**
     * Takes locks on a server; afterwards its configuration as known here is its present one.
     *
     * @throws Refusal 8 naming who holds one of them, 9 if the server cannot be reached
     */
    void lock(Job job, String server, Collection<String> keys, String what) throws Refusal {
        servers.add(server);
        Step.Answer answer = job.peers()
                .demand(server, new Step.Lock(job.operation(), job.who(), what, new ArrayList<>(keys)), LIMIT);
        String[] version = answer.text().split("\\.");
        if (version.length == 2) {
            job.awaitCopy(server, Long.parseLong(version[0]), Long.parseLong(version[1]), LIMIT.toMillis());
        }
    }

    /** Gives up everything; a server that cannot be reached gives it up by itself when the session has ended. */
    void unlockAll(Job job) {
        for (String server : List.copyOf(servers)) {
            try {
                job.peers().ask(server, new Step.Unlock(job.operation()), LIMIT);
            } catch (Refusal e) {
                if (!removed(job, server)) {
                    job.tell("the lock on " + server + " could not be given up; it ends with the connection: "
                            + e.getMessage());
                }
            }
        }
        servers.clear();
    }

    /** A server this very job has removed has nothing to give up. */
    private static boolean removed(Job job, String server) {
        Membership members = job.own().membership();
        return !members.members().isEmpty() && members.member(server).isEmpty();
    }
}

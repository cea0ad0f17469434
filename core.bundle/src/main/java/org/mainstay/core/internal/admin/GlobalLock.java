package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.mainstay.cluster.ExitCode;

/** The administrative lock as one job holds it on all servers (FLG-011). Not thread-safe; its job ends it. */
final class GlobalLock {
    private static final Duration LIMIT = Duration.ofSeconds(15);
    /** How often it is asked for again while another holds it. */
    static final long POLL_MILLIS = 200;

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS);

    private final Job job;
    private final String operation;
    private final List<String> held = new ArrayList<>();
    private boolean told;

    /** @param operation under which it is held: giving it up needs the same */
    GlobalLock(Job job, String operation) {
        this.job = job;
        this.operation = operation;
    }

    /**
     * Takes it on this server and all that can be reached; waits while another holds it and the request is not withdrawn.
     *
     * @return the flag it shows as
     * @throws Refusal 8 naming the holder when the time is up or saying that it was withdrawn, 9 if a server that can be reached does
     *     not answer; then it is held nowhere
     */
    String take(long pid, String identifier, long waitSeconds) throws Refusal {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(waitSeconds);
        String flag = AdminLock.flag(pid, job.node().config().clock().millis() / 1000, job.self(), identifier);
        AdminLock.Holder holder = new AdminLock.Holder(operation, job.self(), pid, flag);
        boolean taken = false;
        try {
            for (String server : servers()) {
                job.checkWaiting();
                // Whoever does not answer may have given it all the same.
                held.add(server);
                takeOn(server, holder, end, waitSeconds);
            }
            taken = true;
            return flag;
        } finally {
            if (!taken) {
                release();
            }
        }
    }

    /** As {@link #take}; then the job begins, and can no longer be withdrawn. */
    void takeAndBegin(String identifier, long waitSeconds) throws Refusal {
        take(ProcessHandle.current().pid(), identifier, waitSeconds);
        try {
            job.begin();
        } catch (Refusal e) {
            release();
            throw e;
        }
    }

    private void takeOn(String server, AdminLock.Holder holder, long end, long waitSeconds) throws Refusal {
        while (true) {
            Step.Answer answer;
            try {
                answer = job.peers().ask(server, new Step.AdminLock(holder), LIMIT);
            } catch (Refusal e) {
                if (job.peers().reachable(server)) {
                    throw e;
                }
                // It has gone meanwhile, and with its session what it may have given.
                held.remove(server);
                return;
            }
            if (answer.exitCode() == ExitCode.SUCCESS) {
                return;
            }
            job.checkWaiting();
            if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "the administrative lock is held" + " (" + answer.message() + "); waited " + waitSeconds
                                + " s; try again when that action has ended, see 'flg_list'");
            }
            if (!told) {
                job.tell("waiting for the administrative lock: " + answer.message());
                told = true;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private List<String> servers() {
        TreeSet<String> names = new TreeSet<>(job.snapshot().servers());
        names.removeIf(server -> !job.peers().reachable(server));
        return List.copyOf(names);
    }

    /** Gives it up everywhere; a server that cannot be reached gives it up when the session has ended. */
    boolean release() {
        boolean any = false;
        for (String server : held.isEmpty() ? servers() : List.copyOf(held)) {
            try {
                any |= job.peers()
                                .ask(server, new Step.AdminUnlock(operation), LIMIT)
                                .exitCode()
                        == ExitCode.SUCCESS;
            } catch (Refusal e) {
                job.tell("the administrative lock on " + server
                        + " could not be given up; it ends with the connection: " + e.getMessage());
            }
        }
        held.clear();
        return any;
    }
}

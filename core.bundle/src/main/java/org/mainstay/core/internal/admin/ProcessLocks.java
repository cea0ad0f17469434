package org.mainstay.core.internal.admin;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Withdrawal;

/**
 * The administrative lock for processes of this server (CMD-451). A process that asks again holds the lock already, and it does not tell
 * its questions apart: so its questions come one after the other, and what one took back is never what a later one got. Thread-safe.
 */
final class ProcessLocks {
    private final Set<Long> asking = new HashSet<>();
    private final Map<Long, Integer> questions = new HashMap<>();

    /** Processes of two servers may have one number. */
    private static GlobalLock lock(Job job, long pid) {
        return new GlobalLock(job, "pid-" + pid + "@" + job.self());
    }

    Reply take(Job job, Request.TakeLocks take) throws Refusal {
        long pid = take.pid();
        long begin = System.nanoTime();
        int question = enter(job, take);
        try {
            long left = take.waitSeconds() - TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
            Withdrawal withdrawal = job.withdrawal();
            if (AdminLock.holds(job.own(), pid)) {
                // Giving up this question must not end what an earlier one got.
                job.begin();
            }
            GlobalLock lock = lock(job, pid);
            String flag = lock.take(pid, take.identifier(), Math.max(left, 0));
            if (!withdrawal.give(() -> takeBack(lock, pid, question))) {
                lock.release();
                throw Job.withdrawn();
            }
            return job.success(flag);
        } finally {
            leave(pid);
        }
    }

    Reply release(Job job, Request.ReleaseLocks release) throws Refusal {
        if (!lock(job, release.pid()).release()) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "process " + release.pid() + " holds no administrative lock; 'flg_list' shows the holder");
        }
        return job.success("");
    }

    /** A later question of the process got the same lock: it stays. */
    private void takeBack(GlobalLock lock, long pid, int question) {
        synchronized (this) {
            if (questions.getOrDefault(pid, question) != question || !asking.add(pid)) {
                return;
            }
        }
        try {
            lock.release();
        } finally {
            leave(pid);
        }
    }

    private synchronized int enter(Job job, Request.TakeLocks take) throws Refusal {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(take.waitSeconds());
        while (asking.contains(take.pid())) {
            job.checkWaiting();
            if (System.nanoTime() - end > 0) {
                throw new Refusal(
                        ExitCode.IN_USE,
                        "process " + take.pid() + " asks for the administrative lock already; waited "
                                + take.waitSeconds() + " s");
            }
            try {
                wait(GlobalLock.POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Refusal(ExitCode.NO_COMMUNICATION, "Mainstay ends here");
            }
        }
        // Or the one before is told that a later question has its lock, which is then given up too.
        job.checkWaiting();
        asking.add(take.pid());
        questions
                .keySet()
                .removeIf(pid -> !asking.contains(pid)
                        && pid != take.pid()
                        && ProcessHandle.of(pid).isEmpty());
        return questions.merge(take.pid(), 1, Integer::sum);
    }

    private synchronized void leave(long pid) {
        asking.remove(pid);
        notifyAll();
    }
}

package org.mainstay.sim;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Many runs, on all cores. */
final class Campaign {
    private static final int MOST_VIOLATIONS = 20;

    /** A run that failed. */
    record Failure(long seed, Script script, String message) {}

    /**
     * How it went.
     *
     * @param faults injected ones; what operators asked for is not among them
     */
    record Report(
            long runs, double virtualHours, long faults, long decisions, double seconds, List<Failure> failures) {}

    private final int faults;
    private final int threads;

    /** @param faults how many things happen in a run, about */
    Campaign(int faults, int threads) {
        this.faults = faults;
        this.threads = threads;
    }

    /** Plays runs until so many were played, or so many hours of virtual time have passed. */
    Report play(long firstSeed, long runs, double hours) {
        long began = System.nanoTime();
        AtomicLong next = new AtomicLong(firstSeed);
        AtomicLong virtual = new AtomicLong();
        AtomicLong injected = new AtomicLong();
        AtomicLong decisions = new AtomicLong();
        AtomicLong played = new AtomicLong();
        ConcurrentSkipListMap<Long, Failure> failures = new ConcurrentSkipListMap<>();
        Runnable worker = () -> {
            for (long seed = next.getAndIncrement();
                    seed < firstSeed + runs && virtual.get() < hours * 3.6e6 && failures.size() < MOST_VIOLATIONS;
                    seed = next.getAndIncrement()) {
                Script script = new Chaos(seed, faults).script(seed);
                try {
                    Run.Result result = new Run(script, Mutant.NONE).play();
                    virtual.addAndGet(result.virtualMillis());
                    decisions.addAndGet(result.decisions());
                } catch (AssertionError | RuntimeException e) {
                    failures.put(seed, new Failure(seed, script, e instanceof Violation ? e.getMessage() : text(e)));
                }
                injected.addAndGet(script.faults());
                played.incrementAndGet();
            }
        };
        inParallel(worker);
        List<Failure> found = failures.values().stream()
                .sorted(Comparator.comparingLong(Failure::seed))
                .toList();
        double seconds = (System.nanoTime() - began) / 1e9;
        return new Report(played.get(), virtual.get() / 3.6e6, injected.get(), decisions.get(), seconds, found);
    }

    private static String text(Throwable error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (StackTraceElement element : error.getStackTrace()) {
            text.append("\n    at ").append(element);
        }
        return text.toString();
    }

    private void inParallel(Runnable worker) {
        Thread[] all = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            all[i] = new Thread(worker, "simulation-" + i);
            all[i].start();
        }
        for (Thread thread : all) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while simulations run", e);
            }
        }
    }

    /**
     * Looks for a run that shows a mutant.
     *
     * @return the seed, or -1 if none of so many did
     */
    long hunt(Mutant mutant, long firstSeed, int seeds) {
        AtomicLong next = new AtomicLong(firstSeed);
        AtomicLong caught = new AtomicLong(Long.MAX_VALUE);
        inParallel(() -> {
            for (long seed = next.getAndIncrement();
                    seed < firstSeed + seeds && seed < caught.get();
                    seed = next.getAndIncrement()) {
                Script script = new Chaos(seed, faults).script(seed, mutant);
                long mine = seed;
                if (!Shrinker.outcome(script, mutant).isEmpty()) {
                    caught.accumulateAndGet(mine, Math::min);
                }
            }
        });
        return caught.get() == Long.MAX_VALUE ? -1 : caught.get();
    }
}

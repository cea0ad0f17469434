package org.mainstay.sim;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Many runs, on all cores. */
final class Campaign {
    private static final int MOST_VIOLATIONS = 20;

    /** A run that failed. */
    record Failure(long seed, Script script, String message) {}

    /**
     * How it went.
     *
     * @param faults injected ones that changed something; what operators asked for is not among them
     */
    record Report(
            long runs, double virtualHours, long faults, long decisions, double seconds, List<Failure> failures) {}

    /** When it ends: at the first of these. @param faults injected ones */
    record Limit(long runs, double hours, long faults) {
        static Limit runs(long runs) {
            return new Limit(runs, Double.MAX_VALUE, Long.MAX_VALUE);
        }
    }

    private final int faults;
    private final int threads;
    private Consumer<Report> progress = report -> {};
    private long progressNanos = Long.MAX_VALUE;

    /** @param faults how many things happen in a run, about */
    Campaign(int faults, int threads) {
        this.faults = faults;
        this.threads = threads;
    }

    /** Tells how it goes from time to time. */
    Campaign tell(long everySeconds, Consumer<Report> listener) {
        progress = listener;
        progressNanos = everySeconds * 1_000_000_000L;
        return this;
    }

    /** Plays runs until a limit is reached. */
    Report play(long firstSeed, Limit limit) {
        long began = System.nanoTime();
        AtomicLong told = new AtomicLong(began);
        AtomicLong next = new AtomicLong(firstSeed);
        AtomicLong virtual = new AtomicLong();
        AtomicLong injected = new AtomicLong();
        AtomicLong decisions = new AtomicLong();
        AtomicLong played = new AtomicLong();
        ConcurrentSkipListMap<Long, Failure> failures = new ConcurrentSkipListMap<>();
        Supplier<Report> report = () -> new Report(
                played.get(),
                virtual.get() / 3.6e6,
                injected.get(),
                decisions.get(),
                (System.nanoTime() - began) / 1e9,
                List.copyOf(failures.values()));
        Runnable worker = () -> {
            for (long seed = next.getAndIncrement();
                    seed < firstSeed + limit.runs()
                            && virtual.get() < limit.hours() * 3.6e6
                            && injected.get() < limit.faults()
                            && failures.size() < MOST_VIOLATIONS;
                    seed = next.getAndIncrement()) {
                Script script = new Chaos(seed, faults).script(seed);
                Run run = new Run(script, Mutant.NONE);
                try {
                    Run.Result result = run.play();
                    virtual.addAndGet(result.virtualMillis());
                    decisions.addAndGet(result.decisions());
                } catch (AssertionError | RuntimeException e) {
                    failures.put(seed, new Failure(seed, script, e instanceof Violation ? e.getMessage() : text(e)));
                }
                injected.addAndGet(run.faults());
                played.incrementAndGet();
                long last = told.get();
                if (System.nanoTime() - last >= progressNanos && told.compareAndSet(last, System.nanoTime())) {
                    progress.accept(report.get());
                }
            }
        };
        inParallel(worker);
        return report.get();
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
        AtomicReference<Throwable> died = new AtomicReference<>();
        for (int i = 0; i < threads; i++) {
            all[i] = new Thread(worker, "simulation-" + i);
            all[i].setUncaughtExceptionHandler((thread, error) -> died.compareAndSet(null, error));
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
        if (died.get() != null) {
            // Runs that were never played have found nothing.
            throw new IllegalStateException("a simulation could not be played to its end", died.get());
        }
    }

    /**
     * Looks for a run that shows a mutant: by the invariant it must violate, no other.
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
                if (mutant.violates().contains(Shrinker.outcome(script, mutant))) {
                    caught.accumulateAndGet(mine, Math::min);
                }
            }
        });
        return caught.get() == Long.MAX_VALUE ? -1 : caught.get();
    }
}

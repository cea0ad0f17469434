package org.mainstay.kit.testkit.sample;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;

/** A kit that protects a flag in memory, and keeps the contract unless told which part of it to break. */
public final class SampleKit implements RecoveryKit {
    /** Ways to be a bad kit. */
    public enum Fault {
        RESTORE_AGAIN_FAILS,
        RESTORE_AGAIN_RESTARTS,
        REMOVE_AGAIN_FAILS,
        REMOVE_ONLY_CLAIMS,
        CHECK_ALWAYS_GOOD,
        PROBE_FROM_MEMORY,
        STARTS_WITHOUT_TIME,
        GOES_ON_WHEN_CANCELLED,
        CLAIMS_WHEN_CANCELLED,
        FORGETS_WHAT_WAS_CANCELLED,
        REMOVE_GOES_ON_WHEN_CANCELLED,
        REMOVE_CLAIMS_WHEN_CANCELLED,
        REMOVE_ONLY_ONCE,
        LEAVES_A_TRACE,
        LEAVES_A_THREAD,
        THROWS,
        ANSWERS_NOTHING,
        MIGRATES_ITS_OWN
    }

    private final Set<Fault> faults;
    private boolean runs;
    private boolean broken;
    private boolean believed;
    private int starts;
    private boolean trace;
    private boolean removeWasCancelled;
    private final CountDownLatch never = new CountDownLatch(1);

    public SampleKit(Fault... faults) {
        this.faults = EnumSet.noneOf(Fault.class);
        this.faults.addAll(List.of(faults));
    }

    private boolean has(Fault fault) {
        return faults.contains(fault);
    }

    public void breakIt() {
        broken = true;
    }

    public Set<String> traces() {
        return trace ? Set.of("a file") : Set.of();
    }

    public Set<String> marks() {
        return Set.of("start " + starts);
    }

    /** Ends the thread it left. */
    public void end() {
        never.countDown();
    }

    @Override
    public KitDescriptor descriptor() {
        return KitDescriptor.builder("sample", "flag", "1.0.0", "Sample").build();
    }

    @Override
    public Outcome restore(ActionContext context) {
        if (context.cancelled() && !has(Fault.STARTS_WITHOUT_TIME)) {
            return Outcome.failed("no time is left");
        }
        if (has(Fault.LEAVES_A_THREAD)) {
            Thread thread = new Thread(this::hang, "left by the sample kit");
            thread.setDaemon(true);
            thread.start();
        }
        if (runs && !broken && has(Fault.RESTORE_AGAIN_FAILS)) {
            return Outcome.failed("it runs already");
        }
        if (!runs || broken || has(Fault.RESTORE_AGAIN_RESTARTS)) {
            starts++;
        }
        trace = true;
        if (context.cancelled() && !has(Fault.STARTS_WITHOUT_TIME)) {
            return cancelledBeforeTheStart(context);
        }
        runs = true;
        broken = false;
        if (context.cancelled()) {
            return Outcome.failed("cancelled after the start, before it was written down");
        }
        believed = true;
        return Outcome.success("it runs");
    }

    private Outcome cancelledBeforeTheStart(ActionContext context) {
        while (has(Fault.GOES_ON_WHEN_CANCELLED) && !context.remaining().isZero()) {
            Thread.onSpinWait();
        }
        return has(Fault.CLAIMS_WHEN_CANCELLED) ? Outcome.success("it runs") : Outcome.failed("cancelled");
    }

    private void hang() {
        try {
            never.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Outcome remove(ActionContext context) {
        if (!runs && has(Fault.REMOVE_AGAIN_FAILS)) {
            return Outcome.failed("it does not run");
        }
        if (has(Fault.REMOVE_ONLY_ONCE) && removeWasCancelled) {
            return Outcome.success("somebody has removed it already");
        }
        if (context.cancelled()) {
            removeWasCancelled = true;
            while (has(Fault.REMOVE_GOES_ON_WHEN_CANCELLED)
                    && !context.remaining().isZero()) {
                Thread.onSpinWait();
            }
            return has(Fault.REMOVE_CLAIMS_WHEN_CANCELLED)
                    ? Outcome.success("it is gone")
                    : Outcome.failed("cancelled before the end");
        }
        if (has(Fault.FORGETS_WHAT_WAS_CANCELLED) && !believed) {
            return Outcome.success("nothing of it is written down");
        }
        runs = has(Fault.REMOVE_ONLY_CLAIMS) && runs;
        believed = false;
        trace = trace && has(Fault.LEAVES_A_TRACE);
        return Outcome.success("it is gone");
    }

    @Override
    public Probe probe(ActionContext context) {
        if (has(Fault.THROWS)) {
            throw new IllegalStateException("a defect");
        }
        boolean looks = has(Fault.PROBE_FROM_MEMORY) ? believed : runs && !broken;
        return looks ? Probe.running("it runs") : Probe.stopped("it does not run");
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        if (has(Fault.ANSWERS_NOTHING)) {
            return null;
        }
        return has(Fault.CHECK_ALWAYS_GOOD) || runs && !broken ? Outcome.success("good") : Outcome.failed("it is down");
    }

    @Override
    public Map<String, String> migrate(String fromVersion, Map<String, String> properties) {
        return has(Fault.MIGRATES_ITS_OWN) ? Map.of("changed", "yes") : properties;
    }
}

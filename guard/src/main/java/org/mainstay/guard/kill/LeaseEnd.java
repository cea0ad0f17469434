package org.mainstay.guard.kill;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.guard.util.Log;

/**
 * Ends what is in service when the lease has been over for too long, whoever else does or does not (design.md
 * section 10). What could not be ended is tried again at each call. Thread-safe.
 */
public final class LeaseEnd {
    private final EndAll all;
    private final Supplier<InService> inService;
    private final Consumer<String> notice;
    private final Log log;

    // guarded by this
    private final Map<String, List<String>> ended = new TreeMap<>();
    /** By what could not be ended when it was tried last: why, with handle, processes or mount. */
    private final Map<String, List<String>> failures = new TreeMap<>();

    private String lastWords = "";
    private int generation;
    private boolean running;
    private Thread thread;

    /** @param notice takes sentences for the operator */
    public LeaseEnd(EndAll all, Supplier<InService> inService, Consumer<String> notice, Log log) {
        this.all = all;
        this.inService = inService;
        this.notice = notice;
        this.log = log;
    }

    private static Map<String, List<String>> handles(InService here) {
        Map<String, List<String>> handles = new TreeMap<>();
        here.byTag().keySet().forEach(tag -> handles.put(tag, here.handles(tag)));
        return handles;
    }

    /** Returns whether something is recorded in service that was not ended here. */
    public synchronized boolean anythingLeft() {
        InService here = inService.get();
        return !here.unknown().isEmpty()
                || !EndAll.without(handles(here), ended).isEmpty();
    }

    /** Returns by name what is left, and what stands in the way where that was tried; empty if nothing is left. */
    public synchronized String left() {
        InService here = inService.get();
        StringBuilder words = new StringBuilder(here.unknown());
        for (String tag : EndAll.without(handles(here), ended).keySet()) {
            words.append(words.length() == 0 ? "" : "; ").append(tag);
            if (failures.containsKey(tag)) {
                words.append(": ").append(String.join(", ", failures.get(tag)));
            }
        }
        return words.toString();
    }

    /** The lease is held: what was ended may be in service again, and nothing more may be ended. */
    public synchronized void forget() {
        ended.clear();
        failures.clear();
        lastWords = "";
        generation++;
        if (running) {
            running = false;
            thread.interrupt();
        }
    }

    /**
     * Begins to end what is left, unless that is under way. Returns at once. @param leftMillis until all must be out
     */
    public synchronized void begin(long leftMillis) {
        InService here = inService.get();
        if (!here.unknown().isEmpty()) {
            say("the lease is over and what is in service here cannot be ended: " + here.unknown());
        }
        Map<String, List<String>> left = EndAll.without(handles(here), ended);
        if (running || left.isEmpty()) {
            return;
        }
        int now = generation;
        thread = new Thread(() -> end(here, left, leftMillis, now), "guard-lease-end");
        thread.setDaemon(true);
        try {
            running = true;
            thread.start();
        } catch (OutOfMemoryError e) {
            // The machine has no thread left. Called again each second; the caller must live.
            running = false;
            say("the lease is over and nothing can be ended now: " + e);
        }
    }

    private void end(InService here, Map<String, List<String>> left, long leftMillis, int begun) {
        try {
            log.error("the lease is over and still in service here: " + String.join(", ", left.keySet())
                    + "; ended by their kill handles, everything must be out within " + leftMillis + " ms");
            Map<String, List<String>> failed = all.run(left, here::lane, leftMillis);
            finished(left, failed, begun);
        } catch (InterruptedException e) {
            log.warn("what is in service is not ended any further: the lease is held again, or the guard ends");
        } finally {
            synchronized (this) {
                if (begun == generation) {
                    running = false;
                }
            }
        }
    }

    private synchronized void finished(Map<String, List<String>> left, Map<String, List<String>> failed, int begun) {
        if (begun == generation) {
            failures.clear();
            failures.putAll(failed);
            left.forEach((tag, handles) -> {
                if (!failed.containsKey(tag)) {
                    ended.put(tag, handles);
                }
            });
        }
        StringBuilder words = new StringBuilder();
        failed.forEach((tag, reasons) -> words.append(words.length() == 0 ? "" : "; ")
                .append(tag)
                .append(": ")
                .append(String.join(", ", reasons)));
        String text = failed.isEmpty()
                ? "the lease was over: " + String.join(", ", left.keySet()) + " ended by their kill handles"
                : "the lease is over and could not be ended here: " + words;
        say(text);
    }

    private void say(String text) {
        if (!text.equals(lastWords)) {
            lastWords = text;
            log.error(text);
            notice.accept(text);
        }
    }
}

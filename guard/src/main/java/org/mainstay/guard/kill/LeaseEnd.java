package org.mainstay.guard.kill;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.guard.util.Log;

/**
 * Ends what is in service when the lease has been over for too long, whoever else does or does not (design.md
 * section 10), hierarchies side by side: one that hangs holds up no other, at its next try neither. What could not be ended is tried
 * again at each call. Thread-safe.
 */
public final class LeaseEnd {
    private final EndHierarchy hierarchy;
    private final Supplier<InService> inService;
    private final Consumer<String> notice;
    private final Log log;

    // guarded by this
    private final Map<String, List<String>> ended = new TreeMap<>();
    /** By what could not be ended when it was tried last: why, with handle, processes or mount. */
    private final Map<String, List<String>> failures = new TreeMap<>();

    /** What was said last, by the hierarchies' names; of what is not known by none. */
    private final Map<String, String> lastWords = new HashMap<>();

    private int generation;
    /** What is under way, by the hierarchies' names. */
    private final Map<String, Run> runs = new TreeMap<>();

    private record Run(Set<String> tags, Thread thread) {}

    /** @param notice takes sentences for the operator */
    public LeaseEnd(EndHierarchy hierarchy, Supplier<InService> inService, Consumer<String> notice, Log log) {
        this.hierarchy = hierarchy;
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
        return !here.unknown().isEmpty() || !without(handles(here), ended).isEmpty();
    }

    /** Returns by name what is left, and what stands in the way where that was tried; empty if nothing is left. */
    public synchronized String left() {
        InService here = inService.get();
        StringBuilder words = new StringBuilder(here.unknown());
        for (String tag : without(handles(here), ended).keySet()) {
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
        lastWords.clear();
        generation++;
        runs.values().forEach(run -> run.thread().interrupt());
        runs.clear();
    }

    /**
     * Begins to end what is left, where that is not under way. Returns at once. @param leftMillis until all must be out
     */
    public synchronized void begin(long leftMillis) {
        InService here = inService.get();
        if (!here.unknown().isEmpty()) {
            say("", "the lease is over and what is in service here cannot be ended: " + here.unknown());
        }
        Map<String, Map<String, List<String>>> hierarchies = new TreeMap<>();
        without(handles(here), ended)
                .forEach((tag, handles) -> hierarchies
                        .computeIfAbsent(here.lane(tag), key -> new TreeMap<>())
                        .put(tag, handles));
        hierarchies.forEach((name, left) -> {
            // Resources may have changed their hierarchy since.
            if (!runs.containsKey(name)
                    && runs.values().stream().allMatch(run -> Collections.disjoint(run.tags(), left.keySet()))) {
                begin(name, left, leftMillis);
            }
        });
    }

    /** Lock held. */
    private void begin(String name, Map<String, List<String>> left, long leftMillis) {
        int now = generation;
        Thread thread = new Thread(() -> end(name, left, leftMillis, now), "guard-lease-end");
        thread.setDaemon(true);
        try {
            runs.put(name, new Run(left.keySet(), thread));
            thread.start();
        } catch (OutOfMemoryError e) {
            // The machine has no thread left. Called again each second; the caller must live.
            runs.remove(name);
            say(name, "the lease is over and nothing can be ended now: " + e);
        }
    }

    private void end(String name, Map<String, List<String>> left, long leftMillis, int begun) {
        try {
            log.error("the lease is over and still in service here: " + String.join(", ", left.keySet())
                    + "; ended by their kill handles, everything must be out within " + leftMillis + " ms");
            finished(name, left, hierarchy.run(left, leftMillis), begun);
        } catch (InterruptedException e) {
            log.warn(String.join(", ", left.keySet())
                    + " is not ended any further: the lease is held again, or the guard ends");
        } finally {
            synchronized (this) {
                if (begun == generation) {
                    runs.remove(name);
                }
            }
        }
    }

    private synchronized void finished(
            String name, Map<String, List<String>> left, Map<String, List<String>> failed, int begun) {
        if (begun == generation) {
            failures.keySet().removeAll(left.keySet());
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
        say(name, text);
    }

    /** Lock held. @param about the hierarchy, whose words are not repeated */
    private void say(String about, String text) {
        if (!text.equals(lastWords.put(about, text))) {
            log.error(text);
            notice.accept(text);
        }
    }

    /** Returns only the entries that were not ended the same way before. */
    private static Map<String, List<String>> without(Map<String, List<String>> all, Map<String, List<String>> ended) {
        Map<String, List<String>> rest = new TreeMap<>(all);
        rest.entrySet().removeIf(entry -> entry.getValue().equals(ended.get(entry.getKey())));
        return rest;
    }
}

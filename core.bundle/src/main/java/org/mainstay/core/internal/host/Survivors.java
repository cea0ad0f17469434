package org.mainstay.core.internal.host;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Processes of commands that a kill does not end, because they hang in the kernel: what they were about to do may still take effect when
 * the kernel goes on, long after their command was given up. A mount(2) does. Thread-safe.
 */
final class Survivors {
    private static final Path PROC = Path.of("/proc");
    /** Places in /proc/PID/stat, from the state on. */
    private static final int STATE = 0;

    private static final int STARTED = 19;

    /** @param started in ticks since the boot: tells the process from a later one with its number */
    private record Process(long pid, String started, String name) {}

    private static final String UNKNOWN =
            "a process that could not be found (look for state D in: ps -eo pid,stat,lstart,args); once it has ended, restart Mainstay"
                    + " on this server or confirm that the resource is stopped";

    private final Map<String, List<Process>> byTag = new ConcurrentHashMap<>();
    /** Instances of which something hangs that has no number. */
    private final Set<String> unknown = ConcurrentHashMap.newKeySet();

    /** Adds those that live. */
    void add(String tag, Collection<Long> pids) {
        List<Process> found = pids.stream()
                .filter(Survivors::lives)
                .map(pid -> new Process(pid, stat(pid, STARTED), name(pid)))
                .toList();
        if (!found.isEmpty()) {
            byTag.merge(
                    tag,
                    found,
                    (old, more) -> Stream.concat(old.stream(), more.stream())
                            .distinct()
                            .toList());
        }
    }

    /** Adds something that nobody can name, and so nobody can see the end of. */
    void addUnknown(String tag) {
        unknown.add(tag);
    }

    /** Returns which of the instance still live, as {@code pid (name)}; empty if none. */
    Optional<String> of(String tag) {
        List<Process> left = byTag.computeIfPresent(tag, (key, all) -> {
            List<Process> living = all.stream()
                    .filter(one -> lives(one.pid()) && stat(one.pid(), STARTED).equals(one.started()))
                    .toList();
            return living.isEmpty() ? null : living;
        });
        Optional<String> known = Optional.ofNullable(left)
                .map(all -> all.stream()
                        .map(one -> one.pid() + " (" + one.name() + ")")
                        .collect(Collectors.joining(", ")));
        return unknown.contains(tag) ? known.or(() -> Optional.of(UNKNOWN)) : known;
    }

    /** A process whose first thread has ended shows as a zombie while another one hangs. */
    private static boolean lives(long pid) {
        String state = stat(pid, STATE);
        return !state.isEmpty()
                && (!state.equals("Z")
                        || ProcFiles.list(PROC.resolve(pid + "/task")).size() > 1);
    }

    private static String stat(long pid, int place) {
        String text = ProcFiles.text(PROC.resolve(pid + "/stat"));
        // the name before may hold anything
        String[] words = text.substring(text.lastIndexOf(')') + 1).strip().split(" ");
        return words.length > place ? words[place] : "";
    }

    private static String name(long pid) {
        return ProcFiles.text(PROC.resolve(pid + "/comm")).strip();
    }
}

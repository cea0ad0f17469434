package org.mainstay.core.internal.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the processes of an instance where no control group can be used: those that carry its mark in the environment they
 * were started with, and all their descendants. A process that cleared its environment and left its parents is missed.
 */
final class MarkedProcesses {
    /** The variable that carries the mark; set for every program started for an instance. */
    static final String VARIABLE = "MAINSTAY_INSTANCE";

    private MarkedProcesses() {}

    /** @param proc normally {@code /proc} */
    static List<Long> find(Path proc, String mark) {
        byte[] wanted = (VARIABLE + "=" + mark).getBytes(StandardCharsets.UTF_8);
        Map<Long, List<Long>> children = new HashMap<>();
        Set<Long> found = new LinkedHashSet<>();
        Deque<Long> open = new ArrayDeque<>();
        for (long pid : ProcFiles.pids(proc)) {
            children.computeIfAbsent(parent(proc, pid), key -> new ArrayList<>())
                    .add(pid);
            if (isMarked(proc.resolve(Long.toString(pid)), wanted)) {
                open.add(pid);
            }
        }
        while (!open.isEmpty()) {
            long pid = open.remove();
            if (found.add(pid)) {
                open.addAll(children.getOrDefault(pid, List.of()));
            }
        }
        found.removeIf(pid -> !isAlive(proc, pid));
        return List.copyOf(found);
    }

    /** A process whose first thread has ended shows its environment only with the threads that are left. */
    private static boolean isMarked(Path process, byte[] wanted) {
        byte[] environment = ProcFiles.bytes(process.resolve("environ"));
        return environment.length > 0
                ? hasEntry(environment, wanted)
                : ProcFiles.list(process.resolve("task")).stream()
                        .anyMatch(thread -> hasEntry(ProcFiles.bytes(thread.resolve("environ")), wanted));
    }

    private static boolean hasEntry(byte[] block, byte[] wanted) {
        int start = 0;
        for (int i = 0; i <= block.length; i++) {
            if (i == block.length || block[i] == 0) {
                if (java.util.Arrays.equals(block, start, i, wanted, 0, wanted.length)) {
                    return true;
                }
                start = i + 1;
            }
        }
        return false;
    }

    private static long parent(Path proc, long pid) {
        String[] fields = statFields(proc, pid);
        return fields.length > 1 ? Long.parseLong(fields[1]) : 0;
    }

    /** The state is that of the first thread: the process lives while another one does, or hangs in the kernel. */
    private static boolean isAlive(Path proc, long pid) {
        String[] fields = statFields(proc, pid);
        boolean firstEnded = fields.length > 0 && (fields[0].equals("Z") || fields[0].equals("X"));
        return firstEnded ? ProcFiles.list(proc.resolve(pid + "/task")).size() > 1 : fields.length > 0;
    }

    /** Returns the fields of {@code stat} from the state on; the name before it may hold anything. */
    private static String[] statFields(Path proc, long pid) {
        try {
            String stat = Files.readString(proc.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        } catch (IOException e) {
            // it ended while we looked
            return new String[0];
        }
    }
}

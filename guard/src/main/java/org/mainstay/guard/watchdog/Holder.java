package org.mainstay.guard.watchdog;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Looks whether a helper of an earlier guard has the device open. It does so after its guard is gone: it feeds on for ten seconds,
 * never longer than was said, and leaves the device armed.
 */
final class Holder {
    private static final String HELPER = "mainstay-watchdog";

    private Holder() {}

    /** Returns whether a process that is such a helper, and not this one, has the device open. */
    static boolean holds(Path device, long own) {
        return ProcessHandle.allProcesses()
                .mapToLong(ProcessHandle::pid)
                .anyMatch(pid -> pid != own && helper(pid) && opened(pid, device));
    }

    private static boolean helper(long pid) {
        try {
            // After an update: "NAME (deleted)".
            Path program = Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "exe"));
            return program.getFileName().toString().startsWith(HELPER);
        } catch (IOException e) {
            // Of the kernel, of somebody else, or gone by now.
            return false;
        }
    }

    private static boolean opened(long pid, Path device) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (Path file : files) {
                if (Files.isSameFile(file, device)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }
}

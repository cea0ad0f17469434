package org.mainstay.guard.supervise;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The threads of a process. What {@code /proc/PID} shows is that of the first thread: once that has ended it is a zombie without
 * files, although the process goes on while another one lives, or hangs in the kernel after a KILL.
 */
public final class ProcessThreads {
    private ProcessThreads() {}

    /** Returns whether no thread is left; a zombie that nobody has waited for has ended. What cannot be looked at has not. */
    static boolean ended(Path process, String stateOfFirst) {
        if (!isOver(stateOfFirst)) {
            return false;
        }
        try {
            return all(process).size() <= 1;
        } catch (IOException e) {
            return !Files.exists(process);
        }
    }

    /**
     * Returns the folders that show what the process uses: its own, or those of its threads once the first has ended.
     *
     * @param process {@code /proc/PID}
     */
    public static List<Path> living(Path process) throws IOException {
        return isOver(fields(process)[0]) ? all(process) : List.of(process);
    }

    /** Returns the fields of {@code stat} from the state on. */
    static String[] fields(Path process) throws IOException {
        String stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
        // The name in parentheses may hold anything: fields are counted from its end.
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    private static boolean isOver(String state) {
        return state.equals("Z") || state.equals("X");
    }

    private static List<Path> all(Path process) throws IOException {
        List<Path> threads = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(process.resolve("task"))) {
            folders.forEach(threads::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return threads;
    }
}

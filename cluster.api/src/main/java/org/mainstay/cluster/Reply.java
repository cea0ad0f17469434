package org.mainstay.cluster;

import java.util.List;

/**
 * The answer to a request.
 *
 * @param exitCode one of {@link ExitCode}
 * @param message one line for people: what was done, or what was wrong and what to do; may be empty on success
 * @param remarks further lines, such as what was added besides or what to watch
 */
public record Reply(int exitCode, String message, List<String> remarks) {

    public Reply {
        remarks = List.copyOf(remarks);
    }

    public static Reply success(String message) {
        return new Reply(ExitCode.SUCCESS, message, List.of());
    }

    public static Reply failed(int exitCode, String message) {
        return new Reply(exitCode, message, List.of());
    }

    public boolean succeeded() {
        return exitCode == ExitCode.SUCCESS;
    }
}

package org.mainstay.kit.genlb.internal.responder;

import java.nio.file.Path;
import java.util.List;

/**
 * What the responder is told on its command line; nothing of it is secret.
 *
 * @param folder where it leaves its marks, see {@link Marks}
 * @param log file its messages are appended to
 * @param port port it listens on, on all local addresses; 0 in tests: any
 * @param silenceMillis without a probe for so long it raises the flag (HC_TIMEOUT)
 * @param readMillis how long a balancer may take to send something before it is answered (HC_READ_TIMEOUT)
 * @param maxErrors tolerated failures in a row to accept a connection (HC_MAX_ERROR)
 * @param path for HTTP probes the path that is answered with 200; empty: plain TCP probes
 * @param reply what is sent; may be empty
 */
public record Options(
        Path folder,
        Path log,
        int port,
        long silenceMillis,
        long readMillis,
        int maxErrors,
        String path,
        String reply) {

    /** Returns the arguments that {@link #parse} reads. */
    public List<String> arguments() {
        return List.of(
                folder.toString(),
                log.toString(),
                String.valueOf(port),
                String.valueOf(silenceMillis),
                String.valueOf(readMillis),
                String.valueOf(maxErrors),
                path,
                reply);
    }

    /** @throws IllegalArgumentException if these are not the arguments of a responder */
    public static Options parse(List<String> arguments) {
        if (arguments.size() != 8) {
            throw new IllegalArgumentException("eight arguments are needed: folder, log, port, milliseconds of silence,"
                    + " milliseconds to read, errors, path, reply; got " + arguments.size());
        }
        return new Options(
                Path.of(arguments.get(0)),
                Path.of(arguments.get(1)),
                Integer.parseInt(arguments.get(2)),
                Long.parseLong(arguments.get(3)),
                Long.parseLong(arguments.get(4)),
                Integer.parseInt(arguments.get(5)),
                arguments.get(6),
                arguments.get(7));
    }

    boolean http() {
        return !path.isEmpty();
    }
}

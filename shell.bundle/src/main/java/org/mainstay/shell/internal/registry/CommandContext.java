package org.mainstay.shell.internal.registry;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import org.mainstay.cluster.Caller;

/**
 * The caller's side of one command.
 *
 * @param out standard output, UTF-8; flushed by the registry when the command ends
 * @param err standard error, UTF-8
 * @param in standard input; read only by commands that need it
 * @param workingDirectory the caller's; of no meaning for remote callers
 * @param terminal what {@code out} is
 * @param caller who asks
 * @param cancellation whether the caller gave up
 * @param forwarded whether another server passed the command on: it is never passed on a second time
 */
public record CommandContext(
        PrintStream out,
        PrintStream err,
        InputStream in,
        Path workingDirectory,
        Terminal terminal,
        Caller caller,
        Cancellation cancellation,
        boolean forwarded) {}

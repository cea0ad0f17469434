package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.Outcome;

/**
 * The process that makes a volume of the engine a file. It is in the instance's control group: whoever ends the resource by its kill
 * handles ends it, and with it every way to write.
 */
final class Attachment {
    private static final Path PROGRAM = Path.of("lib/native/mainstay-attach");
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
    private static final int LOOKS = 100;

    private final ActionContext context;
    private final Host host;
    private final Mirrored volume;

    Attachment(ActionContext context, Mirrored volume) {
        this.context = context;
        this.host = context.host();
        this.volume = volume;
    }

    /** Makes the file, or finds that it is there. @param export name of the engine's export, which holds the epoch */
    Outcome begin(String exports, String export) {
        boolean same = host.processes().inService().stream()
                .anyMatch(pid -> host.processes()
                        .commandLine(pid)
                        .filter(line ->
                                isAttachment(line) && line.get(line.size() - 1).equals(export))
                        .isPresent());
        if (same && Files.isRegularFile(volume.attachment())) {
            return Outcome.success(volume.attachment() + " is there");
        }
        Outcome ended = end();
        if (!ended.succeeded()) {
            return ended;
        }
        try {
            Files.createDirectories(volume.folder());
        } catch (IOException e) {
            return Outcome.failed("cannot make " + volume.folder() + ": " + e.getMessage());
        }
        CommandResult result = host.run(Command.of(
                        PROGRAM.toAbsolutePath().toString(),
                        "-d",
                        volume.folder().toString(),
                        exports,
                        export)
                .directory(Path.of("").toAbsolutePath())
                .timeLimit(START_LIMIT)
                .inService()
                .build());
        return result.succeeded() && Files.isRegularFile(volume.attachment())
                ? Outcome.success(volume.attachment() + " is there")
                : Outcome.failed(
                        "the mirrored volume cannot be attached: " + result.summary()
                                + "; FUSE (/dev/fuse) is needed, and the mirror engine, see data/log/mirror-engine.log",
                        result.errors());
    }

    /** Says whether the process lives. */
    boolean alive() {
        return !processes().isEmpty();
    }

    /** Ends the process and takes away what it left mounted; nothing uses the file any more. */
    Outcome end() {
        for (Signal signal : List.of(Signal.TERM, Signal.KILL)) {
            processes().forEach(pid -> host.processes().signal(pid, signal));
            for (int i = 0; i < LOOKS && alive(); i++) {
                if (!context.pause(BETWEEN_LOOKS)) {
                    return Outcome.failed("the attachment of " + volume.tag() + " had no time to end");
                }
            }
        }
        if (alive()) {
            return Outcome.failed("the attachment of " + volume.tag() + " does not end: processes " + processes());
        }
        if (mounted()) {
            host.run(
                    Command.of("umount", "-l", "--", volume.folder().toString()).build());
        }
        return mounted()
                ? Outcome.failed(
                        volume.folder() + " is still mounted; unmount it by hand: umount -l " + volume.folder())
                : Outcome.success("detached");
    }

    private boolean mounted() {
        return host.storage().mounts().stream()
                .map(HostStorage.Mount::target)
                .anyMatch(target -> target.equals(volume.folder()));
    }

    private List<Long> processes() {
        return host.processes().inService().stream()
                .filter(pid -> host.processes()
                        .commandLine(pid)
                        .filter(Attachment::isAttachment)
                        .isPresent())
                .toList();
    }

    private static boolean isAttachment(List<String> line) {
        return line.size() > 1 && line.get(0).endsWith("/" + PROGRAM.getFileName());
    }
}

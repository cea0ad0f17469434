package org.mainstay.shell.internal.command.mirror;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be asked of a mirror. */
final class MirrorVerbs {
    private MirrorVerbs() {}

    private static int ask(
            Invocation invocation, String tag, Mirrors.Verb verb, String server, Map<String, Long> values)
            throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        return invocation.finish(lines -> mirrors.ask(
                tag,
                verb,
                server == null ? "" : server,
                values,
                invocation.context().caller()));
    }

    /** A verb of a source, about one of its targets. */
    abstract static class OfTarget extends BaseCommand {
        @Parameters(paramLabel = "TAG", description = "The volume's resource.")
        protected String tag;

        @Option(names = "--to", paramLabel = "SERVER", description = "The target; needed if there are several.")
        protected String target;

        private final Mirrors.Verb verb;

        OfTarget(Mirrors.Verb verb) {
            this.verb = verb;
        }

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            return ask(invocation, tag, verb, target, Map.of());
        }
    }

    @Command(
            name = "pause",
            description = "Pauses a mirror: changes are remembered and not sent. The target is not current meanwhile.",
            footer = {"", "Example:", "  mainstay mirror pause data"})
    static final class Pause extends OfTarget {
        Pause() {
            super(Mirrors.Verb.PAUSE);
        }
    }

    @Command(
            name = "continue",
            description = "Continues a paused or broken mirror: what changed is sent.",
            footer = {"", "Example:", "  mainstay mirror continue data"})
    static final class Continue extends OfTarget {
        Continue() {
            super(Mirrors.Verb.CONTINUE);
        }
    }

    @Command(
            name = "break",
            description = "Breaks a mirror: changes are no longer remembered; afterwards everything is compared.",
            footer = {"", "Example:", "  mainstay mirror break data --to B"})
    static final class Break extends OfTarget {
        Break() {
            super(Mirrors.Verb.BREAK);
        }
    }

    @Command(
            name = "resync",
            description = "Compares everything and sends what differs.",
            footer = {"", "Example:", "  mainstay mirror resync data"})
    static final class Resync extends OfTarget {
        Resync() {
            super(Mirrors.Verb.RESYNC);
        }
    }

    @Command(
            name = "set",
            description = "Changes tunables of a mirror at once, by the names of docs/mirroring.md.",
            footer = {"", "Example:", "  mainstay mirror set data BandwidthThrottle=10000 CompressionLevel=1"})
    static final class Tune extends BaseCommand {
        @Parameters(index = "0", paramLabel = "TAG", description = "The volume's resource.")
        private String tag;

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NAME=NUMBER", description = "Tunables.")
        private List<String> settings;

        @Option(names = "--to", paramLabel = "SERVER", description = "The target; needed if there are several.")
        private String target;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            Map<String, Long> values = new TreeMap<>();
            for (String setting : settings) {
                if (!setting.matches("[A-Za-z]+=[0-9]{1,18}")) {
                    throw new CommandException(
                            ExitCode.INVALID_ARGUMENT,
                            "'" + setting + "' is not NAME=NUMBER, such as CompressionLevel=1");
                }
                int equals = setting.indexOf('=');
                values.put(setting.substring(0, equals), Long.parseLong(setting.substring(equals + 1)));
            }
            return ask(invocation, tag, Mirrors.Verb.SET, target, values);
        }
    }

    @Command(
            name = "resize",
            description =
                    "Makes a mirrored volume larger, while it is in use: give it more storage on every server first, then this"
                            + " command takes it. The file system is made larger afterwards, with its own tool.",
            footer = {
                "",
                "Examples:",
                "  mainstay mirror resize data",
                "  mainstay mirror resize data --size 10737418240",
                "",
                "Refused if a side does not answer or its storage is too small. A volume is not",
                "made smaller."
            })
    static final class Resize extends BaseCommand {
        @Parameters(paramLabel = "TAG", description = "The volume's resource.")
        private String tag;

        @Option(
                names = "--size",
                paramLabel = "BYTES",
                description = "A multiple of 512. Left out: all storage that the source has.")
        private Long size;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            if (size != null && (size <= 0 || size % 512 != 0)) {
                throw new CommandException(
                        ExitCode.INVALID_ARGUMENT, "--size is a multiple of 512 bytes above 0, not " + size);
            }
            return ask(
                    invocation, tag, Mirrors.Verb.RESIZE, null, size == null ? Map.of() : Map.of(Mirrors.SIZE, size));
        }
    }

    @Command(
            name = "force",
            description =
                    "Accepts the data of a server although it may be old or of no one moment: the next start there,"
                            + " within 10 minutes, takes it as it is. What it lacks is lost.",
            footer = {
                "",
                "Example:",
                "  mainstay mirror force data --on B",
                "  mainstay resource in-service data --on B"
            })
    static final class Force extends BaseCommand {
        @Parameters(paramLabel = "TAG", description = "The volume's resource.")
        private String tag;

        @Option(names = "--on", required = true, paramLabel = "SERVER", description = "Whose data is accepted.")
        private String server;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            return ask(invocation, tag, Mirrors.Verb.FORCE, server, Map.of());
        }
    }
}

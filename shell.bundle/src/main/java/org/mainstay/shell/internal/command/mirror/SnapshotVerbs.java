package org.mainstay.shell.internal.command.mirror;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.BaseGroup;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows;
import org.mainstay.shell.internal.view.Style;
import org.mainstay.shell.internal.view.Table;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay mirror snapshot}. */
final class SnapshotVerbs {
    private SnapshotVerbs() {}

    /** The verbs. */
    @Command(
            name = "snapshot",
            description = "Snapshots of targets: the data of one moment, to read and to write, while the mirror goes"
                    + " on. What is written to one is lost when it is dropped. docs/mirroring.md says more.",
            subcommands = {Locate.class, Take.class, Drop.class, Show.class},
            footer = {
                "",
                "Example:",
                "  mainstay mirror snapshot location data /var/snapshots --on B",
                "  mainstay mirror snapshot take data --on B",
                "  mainstay mirror snapshot list",
                "  mainstay mirror snapshot drop data --on B"
            })
    static final class Group extends BaseGroup {}

    static List<Mirrors.Snapshot> all(Invocation invocation) throws CommandException, InterruptedException {
        try {
            return invocation
                    .platform()
                    .mirrors()
                    .snapshots()
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException e) {
            throw new CommandException(ExitCode.INTERNAL_ERROR, "mirrors cannot be asked: " + e.getCause());
        }
    }

    @Command(
            name = "location",
            description = "Says where a server keeps snapshots of a volume: a folder there that is not on a mirrored"
                    + " volume, with room for what changes while one is used. Without one there are no snapshots.",
            footer = {
                "",
                "Examples:",
                "  mainstay mirror snapshot location data /var/snapshots --on B",
                "  mainstay mirror snapshot location data --clear --on B"
            })
    static final class Locate extends BaseCommand {
        @Parameters(index = "0", paramLabel = "TAG", description = "The volume's resource.")
        private String tag;

        @Parameters(index = "1", arity = "0..1", paramLabel = "FOLDER", description = "An absolute path.")
        private String folder;

        @Option(names = "--on", required = true, paramLabel = "SERVER", description = "The server that keeps them.")
        private String server;

        @Option(
                names = "--block-size",
                paramLabel = "BYTES",
                description = "Unit of copying, a multiple of 512; left out: 65536.")
        private long blockSize;

        @Option(names = "--clear", description = "Disables snapshots there.")
        private boolean clear;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            if (clear == (folder != null)) {
                throw new CommandException(ExitCode.SYNTAX, "give a folder, or --clear");
            }
            Mirrors mirrors = invocation.platform().mirrors();
            return invocation.finish(lines -> mirrors.snapshotLocation(
                    tag,
                    server,
                    clear ? "" : folder,
                    blockSize,
                    invocation.context().caller()));
        }
    }

    @Command(
            name = "take",
            description = "Takes snapshots of targets, of all volumes named at one moment; they have the same source.",
            footer = {"", "Example:", "  mainstay mirror snapshot take data wal --on B"})
    static final class Take extends BaseCommand {
        @Parameters(arity = "1..*", paramLabel = "TAG", description = "The volumes' resources.")
        private List<String> tags;

        @Option(names = "--on", required = true, paramLabel = "SERVER", description = "The server of the targets.")
        private String server;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            Mirrors mirrors = invocation.platform().mirrors();
            return invocation.finish(lines ->
                    mirrors.takeSnapshots(tags, server, invocation.context().caller()));
        }
    }

    @Command(
            name = "drop",
            description = "Drops snapshots: whoever uses one is disconnected, and what was written to it is lost.",
            footer = {"", "Example:", "  mainstay mirror snapshot drop data wal --on B"})
    static final class Drop extends BaseCommand {
        @Parameters(arity = "1..*", paramLabel = "TAG", description = "The volumes' resources.")
        private List<String> tags;

        @Option(names = "--on", required = true, paramLabel = "SERVER", description = "The server of the targets.")
        private String server;

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            Mirrors mirrors = invocation.platform().mirrors();
            return invocation.finish(lines ->
                    mirrors.dropSnapshots(tags, server, invocation.context().caller()));
        }
    }

    @Command(
            name = "list",
            description = "Shows where snapshots are kept, which there are, and why the one before ended. An export is"
                    + " reached at data/mirror/nbd.sock below the installation of its server.",
            footer = {"", "Examples:", "  mainstay mirror snapshot list", "  mainstay mirror snapshot list data --json"
            })
    static final class Show extends BaseCommand {
        private static final long MIB = 1 << 20;

        @Parameters(arity = "0..1", paramLabel = "TAG", description = "Only this volume.")
        private String tag;

        @Option(names = "--on", paramLabel = "SERVER", description = "Only this server.")
        private String server;

        @Mixin
        private JsonOption json = new JsonOption();

        @Override
        public int run(Invocation invocation) throws CommandException, InterruptedException {
            List<Mirrors.Snapshot> shown = all(invocation).stream()
                    .filter(one -> tag == null || one.tag().equals(tag))
                    .filter(one -> server == null || one.server().equals(server))
                    .toList();
            if (tag != null && shown.isEmpty()) {
                throw new CommandException(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'");
            }
            if (json.chosen()) {
                Map<String, Object> document = new LinkedHashMap<>();
                document.put("schema", Rows.SCHEMA);
                document.put("snapshots", shown);
                invocation.out().println(Json.document(document));
                return ExitCode.SUCCESS;
            }
            Style style = new Style(invocation.context().terminal());
            Table table = new Table(style, "", List.of("VOLUME", "SERVER", "LOCATION", "EXPORT", "MIB", "SECONDS", ""));
            for (Mirrors.Snapshot one : shown) {
                table.row(List.of(
                        one.tag(),
                        one.server(),
                        one.location(),
                        one.export(),
                        one.active() ? Long.toString((one.bytes() + MIB - 1) / MIB) : "",
                        one.active() ? Long.toString(one.seconds()) : "",
                        one.last().isEmpty() ? "" : "last one: " + one.last()));
            }
            table.print(invocation.out());
            return ExitCode.SUCCESS;
        }
    }
}

package org.mainstay.shell.internal.command.mirror;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.command.BaseCommand;
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

/** {@code mainstay mirror status}. */
@Command(
        name = "status",
        description = "Shows mirrored volumes: who is source, and how each mirror is.",
        footer = {
            "",
            "Examples:",
            "  mainstay mirror status",
            "  mainstay mirror status data --wait    until it is in step, with progress",
            "  mainstay mirror status --json"
        })
final class MirrorStatus extends BaseCommand {
    private static final long BLOCK_KIB = 64;
    private static final long LOOK_MILLIS = 500;
    private static final int BAR = 24;

    @Parameters(arity = "0..1", paramLabel = "TAG", description = "Only this volume.")
    private String tag;

    @Option(names = "--wait", description = "Waits until every mirror shown is in step.")
    private boolean wait;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = sides(invocation);
        if (tag != null && sides.isEmpty()) {
            throw new CommandException(ExitCode.NOT_FOUND, "there is no mirrored volume '" + tag + "'");
        }
        if (wait && sides.isEmpty()) {
            throw new CommandException(ExitCode.NOT_FOUND, "there is no mirrored volume to wait for");
        }
        if (wait) {
            sides = await(invocation, sides);
        }
        if (json.chosen()) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("schema", Rows.SCHEMA);
            document.put("sides", sides);
            invocation.out().println(Json.document(document));
            return ExitCode.SUCCESS;
        }
        print(invocation, sides);
        return ExitCode.SUCCESS;
    }

    private List<Mirrors.Side> sides(Invocation invocation) throws CommandException, InterruptedException {
        return all(invocation).stream()
                .filter(side -> tag == null || side.tag().equals(tag))
                .toList();
    }

    /** Asks all servers for their sides. */
    static List<Mirrors.Side> all(Invocation invocation) throws CommandException, InterruptedException {
        try {
            return invocation.platform().mirrors().sides().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new CommandException(ExitCode.INTERNAL_ERROR, "mirrors cannot be asked: " + e.getCause());
        }
    }

    private List<Mirrors.Side> await(Invocation invocation, List<Mirrors.Side> first)
            throws CommandException, InterruptedException {
        CountDownLatch gaveUp = new CountDownLatch(1);
        List<Mirrors.Side> sides = first;
        Map<String, long[]> before = new HashMap<>();
        try (Registration cancelled = invocation.context().cancellation().whenCancelled(gaveUp::countDown)) {
            while (!inStep(sides) && !gaveUp.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                sides = sides(invocation);
                progress(
                        invocation.err(),
                        sides,
                        before,
                        invocation.context().terminal().interactive());
            }
        }
        if (invocation.context().terminal().interactive()) {
            invocation.err().println();
        }
        return sides;
    }

    private static boolean inStep(List<Mirrors.Side> sides) {
        List<Mirrors.Link> links =
                sides.stream().flatMap(side -> side.links().stream()).toList();
        return !links.isEmpty() && links.stream().allMatch(link -> link.code() == 1);
    }

    private static void progress(
            PrintStream out, List<Mirrors.Side> sides, Map<String, long[]> before, boolean interactive) {
        List<String> parts = new ArrayList<>();
        for (Mirrors.Side side : sides) {
            for (Mirrors.Link link : side.links()) {
                parts.add(side.tag() + " to " + link.target() + " " + bar(link, rate(side, link, before)));
            }
        }
        String line = String.join("   ", parts);
        out.print(interactive ? "\r" + line + "\u001b[K" : line + "\n");
        out.flush();
    }

    /** Returns KiB per second since the last look; 0 if it is not known. */
    private static long rate(Mirrors.Side side, Mirrors.Link link, Map<String, long[]> before) {
        long left = left(link);
        long now = System.nanoTime();
        long[] last = before.put(side.volume() + " " + link.target(), new long[] {left, now});
        if (last == null || left >= last[0]) {
            return 0;
        }
        return (last[0] - left) * BLOCK_KIB * 1_000 / Math.max(1, TimeUnit.NANOSECONDS.toMillis(now - last[1]));
    }

    private static long left(Mirrors.Link link) {
        return link.counters().getOrDefault("resyncDirtyBlocks", 0L);
    }

    /** Returns how far a resynchronisation is: bar, what is left, rate, time left. */
    static String bar(Mirrors.Link link, long rate) {
        if (link.code() != 2) {
            return word(link);
        }
        long total = Math.max(1, link.counters().getOrDefault("resyncTotalBlocks", 1L));
        long left = Math.min(total, left(link));
        int full = (int) ((total - left) * BAR / total);
        String text = "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " + (total - left) * 100 / total + " %, "
                + left * BLOCK_KIB / 1024 + " MiB left";
        if (rate > 0) {
            Duration time = Duration.ofSeconds(left * BLOCK_KIB / rate);
            text += ", " + rate / 1024 + " MiB/s, " + time.toMinutes() + " min " + time.toSecondsPart() + " s";
        }
        return text;
    }

    private static String word(Mirrors.Link link) {
        return switch (link.code()) {
            case 1 -> "mirroring";
            case 2 -> "resync";
            case 3 -> "broken";
            case 4 -> "paused";
            default -> "waiting for the target";
        };
    }

    static void print(Invocation invocation, List<Mirrors.Side> sides) {
        if (sides.isEmpty()) {
            invocation.out().println("There is no mirrored volume; see 'mainstay mirror --help'.");
            return;
        }
        Style style = new Style(invocation.context().terminal());
        Table table = new Table(style, "", List.of("VOLUME", "SERVER", "ROLE", "TARGET", "TYPE", "STATE", ""));
        for (Mirrors.Side side : sides) {
            String role = side.role().toLowerCase(java.util.Locale.ROOT);
            String note = side.held() ? "changes wait until no target can count as current" : "";
            if (side.links().isEmpty()) {
                String state = side.role().equals("TARGET") ? side.current() ? "current" : "not current" : "";
                table.row(List.of(side.tag(), side.server(), role, "", "", state, note));
            }
            for (Mirrors.Link link : side.links()) {
                String why = link.cause().equals("NONE") ? "" : link.cause() + " ";
                table.row(List.of(
                        side.tag(),
                        side.server(),
                        role,
                        link.target(),
                        link.type().toLowerCase(java.util.Locale.ROOT),
                        link.code() == 1 ? bar(link, 0) : style.problem(bar(link, 0)),
                        (why + link.detail() + (note.isEmpty() ? "" : " " + note)).strip()));
            }
        }
        table.print(invocation.out());
    }
}

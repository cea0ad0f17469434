package org.mainstay.shell.internal.command.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code emcmd SYSTEM COMMAND [ARGUMENT...]} (EMC-001 to EMC-149, as far as {@link #QUERIES} and {@link #CHANGES} name them). */
@Command(
        name = "emcmd",
        separator = " ",
        description =
                "Mirrors by the original product's command. SYSTEM is a server's name, one of its addresses, or . for"
                        + " this one; a volume is named by its resource or its mount point. Queries: getcompletevolumelist"
                        + " getconfiguration getjobinfo getjobinfoforvol getmirrortype getmirrorvolinfo getresyncstatus"
                        + " getsnapshotlocation getsourcemirroredvolumes gettargetmirroredvolumes getvolumedrvstate getvolumeinfo"
                        + " isbreakuserrequested updatevolumeinfo. Changes: breakmirror continuemirror pausemirror"
                        + " preparetobecometarget resyncmirror switchovervolume, clearsnapshotlocation dropsnapshot"
                        + " setsnapshotlocation takesnapshot. The original's other commands fail and"
                        + " say what to use instead.",
        footer = {"", "Examples:", "  emcmd . getmirrorvolinfo data", "  emcmd A pausemirror data 10.0.1.2"})
public final class EmCmd implements ShellCommand {
    /** What only asks, with the number of arguments after the command. */
    private static final Map<String, Integer> QUERIES = new TreeMap<>(Map.of(
            "GETCOMPLETEVOLUMELIST", 0,
            "GETSOURCEMIRROREDVOLUMES", 0,
            "GETTARGETMIRROREDVOLUMES", 0,
            "GETCONFIGURATION", 1,
            "GETMIRRORTYPE", 1,
            "GETMIRRORVOLINFO", 1,
            "GETRESYNCSTATUS", 1,
            "GETVOLUMEDRVSTATE", 1,
            "ISBREAKUSERREQUESTED", 1,
            "GETVOLUMEINFO", 2));

    /** What changes a source's mirrors. */
    private static final Map<String, Mirrors.Verb> CHANGES = new TreeMap<>(Map.of(
            "PAUSEMIRROR", Mirrors.Verb.PAUSE,
            "CONTINUEMIRROR", Mirrors.Verb.CONTINUE,
            "BREAKMIRROR", Mirrors.Verb.BREAK,
            "RESYNCMIRROR", Mirrors.Verb.RESYNC));

    /** The rest of the original's commands, and what does their work here. */
    private static final Map<String, String> ELSEWHERE = new TreeMap<>(Map.ofEntries(
            Map.entry("CHANGEMIRRORENDPOINTS", "mainstay resource set TAG mirror=ADDRESS, on each server"),
            Map.entry("CHANGEMIRRORTYPE", "mainstay resource set TAG mirror-type=sync|async"),
            Map.entry("CLEARBLOCKTARGET", ""),
            Map.entry("CLEARSWITCHOVER", ""),
            Map.entry("CREATEJOB", "nothing: every mirrored volume is a job"),
            Map.entry("CREATEMIRROR", "mainstay resource extend TAG --to SERVER"),
            Map.entry("DELETEJOB", "nothing: every mirrored volume is a job"),
            Map.entry("DELETELOCALMIRRORONLY", ""),
            Map.entry("DELETEMIRROR", "mainstay resource unextend TAG --from SERVER"),
            Map.entry("GETBLOCKTARGET", ""),
            Map.entry("GETEXTENDEDVOLUMEINFO", ""),
            Map.entry("GETREMOTEBITMAP", "nothing: the engines exchange it when they meet"),
            Map.entry("GETSERVICEINFO", "mainstay status"),
            Map.entry("ISPOTENTIALMIRRORVOL", "mainstay resource create volume, which checks first"),
            Map.entry("LOCKVOLUME", "nothing: only the mirror engine opens a target"),
            Map.entry("MERGETARGETBITMAP", "nothing: the engines exchange it when they meet"),
            Map.entry("READREGISTRY", "mainstay mirror set TAG NAME=NUMBER"),
            Map.entry("REGISTERCLUSTERVOLUME", "nothing: a mirrored volume is a resource from the start"),
            Map.entry("RESTARTVOLUMEPIPE", "mainstay mirror pause TAG, then continue"),
            Map.entry("SETBLOCKTARGET", ""),
            Map.entry("SETCONFIGURATION", ""),
            Map.entry("STOPSERVICE", "lkstop"),
            Map.entry("UNLOCKVOLUME", "mainstay mirror force TAG --on SERVER, then bring it into service there"),
            Map.entry("UPDATEJOB", "nothing: every mirrored volume is a job")));

    private static final int LEVELS = 3;

    @Option(names = "--help", usageHelp = true, description = "Shows this help.")
    boolean help;

    @Parameters(index = "0", paramLabel = "SYSTEM", description = "The server that is asked.")
    private String system;

    @Parameters(index = "1", paramLabel = "COMMAND", description = "Upper or lower case.")
    private String command;

    @Parameters(index = "2..*", arity = "0..*", paramLabel = "ARGUMENT", description = "The volume first.")
    private List<String> arguments = new ArrayList<>();

    @Option(names = "-proxy", paramLabel = "SYSTEM", description = "The server over which it is asked (EMC-009).")
    private String proxy;

    @Option(names = "-f", description = "switchovervolume: as without it; only what is safe is done.")
    boolean fast;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        // The answer comes over whichever path is alive; a proxy only has to be there.
        if (proxy != null && !proxy.equals("-")) {
            server(invocation.snapshot(), proxy);
        }
        String server = server(invocation.snapshot(), system);
        String name = command.toUpperCase(Locale.ROOT);
        arguments.removeIf("-"::equals);
        if (ELSEWHERE.containsKey(name)) {
            return elsewhere(invocation, name);
        }
        if (name.startsWith("GETJOBINFO")) {
            return jobs(invocation, name, server);
        }
        List<Mirrors.Side> sides = sides(invocation);
        if (EmSnapshots.COMMANDS.contains(name)) {
            return snapshots(invocation, name, server, sides);
        }
        if (QUERIES.containsKey(name)) {
            count(QUERIES.get(name), QUERIES.get(name));
            return query(invocation, name, server, sides);
        }
        if (CHANGES.containsKey(name)) {
            count(1, 2);
            return change(invocation, CHANGES.get(name), side(invocation, server, sides));
        }
        if (!List.of("UPDATEVOLUMEINFO", "PREPARETOBECOMETARGET", "SWITCHOVERVOLUME")
                .contains(name)) {
            throw new CommandException(ExitCode.INVALID_ARGUMENT, unknown());
        }
        count(1, 1);
        return switch (name) {
            // What is shown is asked of the engines each time (EMC-148).
            case "UPDATEVOLUMEINFO" ->
                status(invocation, Reply.success(side(invocation, server, sides).tag()));
            case "PREPARETOBECOMETARGET" ->
                status(invocation, asked(invocation, side(invocation, server, sides), Mirrors.Verb.DISCARD, server));
            default -> switchover(invocation, server, side(invocation, server, sides));
        };
    }

    private int snapshots(Invocation invocation, String name, String server, List<Mirrors.Side> sides)
            throws CommandException, InterruptedException {
        boolean several = name.equals("TAKESNAPSHOT") || name.equals("DROPSNAPSHOT");
        int least = name.equals("SETSNAPSHOTLOCATION") ? 2 : 1;
        count(least, several ? Integer.MAX_VALUE : least);
        List<String> tags = new ArrayList<>();
        for (String volume : several ? arguments : arguments.subList(0, 1)) {
            tags.add(side(invocation, server, sides, volume).tag());
        }
        EmSnapshots snapshots = new EmSnapshots(invocation, server);
        return name.equals("GETSNAPSHOTLOCATION")
                ? snapshots.location(tags.get(0))
                : status(invocation, snapshots.change(name, tags, arguments.get(arguments.size() - 1)));
    }

    private int elsewhere(Invocation invocation, String name) {
        String instead = ELSEWHERE.get(name);
        return status(
                invocation,
                Reply.failed(
                        ExitCode.INVALID_ARGUMENT,
                        "Mainstay has no " + name + (instead.isEmpty() ? "" : "; use " + instead)));
    }

    /** EMC-118, EMC-119. */
    private int jobs(Invocation invocation, String name, String server) throws CommandException {
        EmJobs jobs = new EmJobs(invocation.snapshot());
        boolean found;
        switch (name) {
            case "GETJOBINFO" -> {
                count(0, 1);
                found = jobs.print(invocation.out(), arguments.stream().findFirst());
            }
            case "GETJOBINFOFORVOL" -> {
                count(1, 2);
                String on = arguments.size() > 1 ? server(invocation.snapshot(), arguments.get(1)) : server;
                found = jobs.print(invocation.out(), on, arguments.get(0).replaceAll(":$", ""));
            }
            default -> throw new CommandException(ExitCode.INVALID_ARGUMENT, unknown());
        }
        if (!found) {
            throw new CommandException(ExitCode.NOT_FOUND, "there is no job of '" + arguments.get(0) + "'");
        }
        return ExitCode.SUCCESS;
    }

    private String unknown() {
        return "'" + command + "' is not a command of emcmd; 'emcmd --help' lists them";
    }

    private void count(int least, int most) throws CommandException {
        if (arguments.size() < least || arguments.size() > most) {
            throw new CommandException(
                    ExitCode.SYNTAX,
                    command + " takes " + least + (least == most ? "" : " to " + most) + " arguments, not "
                            + arguments.size());
        }
    }

    private static List<Mirrors.Side> sides(Invocation invocation) throws CommandException, InterruptedException {
        try {
            return invocation.platform().mirrors().sides().toCompletableFuture().get();
        } catch (ExecutionException e) {
            throw new CommandException(ExitCode.INTERNAL_ERROR, "mirrors cannot be asked: " + e.getCause());
        }
    }

    /** Returns the server of a name or address (EMC-003). */
    private static String server(ClusterSnapshot snapshot, String text) throws CommandException {
        if (text.equals(".")) {
            return snapshot.self();
        }
        for (String name : snapshot.servers()) {
            String full = name.toLowerCase(Locale.ROOT);
            String asked = text.toLowerCase(Locale.ROOT);
            if (full.equals(asked) || asked.startsWith(full + ".")) {
                return name;
            }
        }
        for (Member member : snapshot.own().membership().members()) {
            if (member.address().equals(text)) {
                return member.name();
            }
        }
        throw new CommandException(
                ExitCode.NOT_FOUND,
                "there is no server '" + text + "'; servers: " + String.join(", ", snapshot.servers()));
    }

    /** Returns the volume's side on the server; named by resource or mount point, with or without a colon behind (EMC-004). */
    private Mirrors.Side side(Invocation invocation, String server, List<Mirrors.Side> sides) throws CommandException {
        return side(invocation, server, sides, arguments.get(0));
    }

    private static Mirrors.Side side(Invocation invocation, String server, List<Mirrors.Side> sides, String volume)
            throws CommandException {
        String name = volume.replaceAll(":$", "");
        for (Mirrors.Side side : sides) {
            String mount = instance(invocation, server, side.tag())
                    .map(instance -> instance.properties().getOrDefault("mount", ""))
                    .orElse("");
            if (side.server().equals(server) && (side.tag().equals(name) || mount.equals(name))) {
                return side;
            }
        }
        throw new CommandException(
                ExitCode.NOT_FOUND,
                "there is no mirrored volume '" + name + "' on " + server + ", or it cannot be asked");
    }

    private static Optional<Instance> instance(Invocation invocation, String server, String tag)
            throws CommandException {
        return invocation.snapshot().lcd(server).flatMap(lcd -> lcd.instance(tag));
    }

    private int query(Invocation invocation, String name, String server, List<Mirrors.Side> sides)
            throws CommandException {
        EmText text = new EmText(invocation.out(), sides, tag -> {
            try {
                return instance(invocation, server, tag)
                        .map(Instance::properties)
                        .orElse(Map.of());
            } catch (CommandException e) {
                return Map.of();
            }
        });
        switch (name) {
            case "GETCOMPLETEVOLUMELIST" -> text.all(server);
            case "GETSOURCEMIRROREDVOLUMES" -> text.sources(server);
            case "GETTARGETMIRROREDVOLUMES" -> text.targets(server);
            case "GETCONFIGURATION" -> text.configuration(side(invocation, server, sides));
            case "GETMIRRORTYPE" -> text.types(side(invocation, server, sides));
            case "GETMIRRORVOLINFO" -> text.states(side(invocation, server, sides));
            case "GETRESYNCSTATUS" -> text.resync(side(invocation, server, sides));
            case "GETVOLUMEDRVSTATE" -> text.driver(side(invocation, server, sides));
            case "GETVOLUMEINFO" -> text.info(side(invocation, server, sides), level());
            default -> {
                Mirrors.Side side = side(invocation, server, sides);
                if (!server.equals(invocation.snapshot().self()) || !side.role().equals("SOURCE")) {
                    throw new CommandException(
                            ExitCode.INVALID_ARGUMENT, "isbreakuserrequested is asked on the source, of itself");
                }
                text.breaks(side);
            }
        }
        return ExitCode.SUCCESS;
    }

    private int level() throws CommandException {
        if (!arguments.get(1).matches("[1-" + LEVELS + "]")) {
            throw new CommandException(ExitCode.OUT_OF_RANGE, "the level is 1, 2 or 3, not " + arguments.get(1));
        }
        return Integer.parseInt(arguments.get(1));
    }

    private int change(Invocation invocation, Mirrors.Verb verb, Mirrors.Side side)
            throws CommandException, InterruptedException {
        if (!side.role().equals("SOURCE")) {
            // EMC-134: on a target a pause has no effect and is no error; everything else is.
            Reply answer = verb == Mirrors.Verb.PAUSE
                    ? Reply.success("")
                    : Reply.failed(ExitCode.INVALID_ARGUMENT, side.tag() + " is not source on " + side.server());
            return status(invocation, answer);
        }
        List<String> targets = new ArrayList<>();
        for (Mirrors.Link link : side.links()) {
            boolean meant = arguments.size() < 2
                    || link.target().equalsIgnoreCase(arguments.get(1))
                    || EmText.host(link).equals(arguments.get(1));
            if (meant) {
                targets.add(link.target());
            }
        }
        if (targets.isEmpty()) {
            return status(
                    invocation,
                    Reply.failed(ExitCode.NOT_FOUND, side.tag() + " has no such target on " + side.server()));
        }
        Reply last = Reply.success("");
        for (String target : targets) {
            last = asked(invocation, side, verb, target);
            if (!last.succeeded()) {
                break;
            }
        }
        return status(invocation, last);
    }

    private static Reply asked(Invocation invocation, Mirrors.Side side, Mirrors.Verb verb, String target)
            throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        return invocation.await(
                lines -> mirrors.ask(
                        side.tag(), verb, target, Map.of(), invocation.context().caller()),
                invocation.err());
    }

    private int switchover(Invocation invocation, String server, Mirrors.Side side)
            throws CommandException, InterruptedException {
        if (!server.equals(invocation.snapshot().self())) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT,
                    "run it on " + server + ", or: mainstay resource in-service " + side.tag() + " --on " + server);
        }
        if (new EmSnapshots(invocation, server).active(side.tag())) {
            return status(
                    invocation,
                    Reply.failed(
                            ExitCode.IN_USE,
                            "there is a snapshot of " + side.tag() + " on " + server + ": emcmd . dropsnapshot "
                                    + side.tag()));
        }
        return status(
                invocation,
                invocation.submit(new Request.BringInService(side.tag(), false, true, false), invocation.err()));
    }

    /** Prints the status line (EMC-008). */
    private static int status(Invocation invocation, Reply reply) {
        if (!reply.succeeded()) {
            invocation.err().println("emcmd: " + reply.message());
        }
        invocation.out().println("Status = " + reply.exitCode());
        return reply.exitCode();
    }
}

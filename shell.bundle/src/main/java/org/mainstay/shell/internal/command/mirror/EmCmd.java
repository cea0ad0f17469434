package org.mainstay.shell.internal.command.mirror;

import java.util.ArrayList;
import java.util.List;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.ShellCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code emcmd SYSTEM COMMAND [ARGUMENT...]} (EMC-001 to EMC-148, as {@link EmCommands} lists them). */
@Command(
        name = "emcmd",
        separator = " ",
        description =
                "Mirrors by the original product's command. SYSTEM is a server's name, one of its addresses, or . for"
                        + " this one; a volume is named by its resource, its mount point or its device.\n"
                        + "Questions: getblocktarget getcompletevolumelist getconfiguration getextendedvolumeinfo"
                        + " getjobinfo getjobinfoforvol getmirrortype getmirrorvolinfo getresyncstatus getserviceinfo"
                        + " getsourcemirroredvolumes gettargetmirroredvolumes getvolumedrvstate getvolumeinfo"
                        + " getsnapshotlocation isbreakuserrequested ispotentialmirrorvol updatevolumeinfo.\n"
                        + "Mirrors: createmirror deletemirror deletelocalmirroronly clearswitchover pausemirror"
                        + " continuemirror breakmirror resyncmirror switchovervolume preparetobecometarget"
                        + " restartvolumepipe setblocktarget clearblocktarget registerclustervolume.\n"
                        + "Snapshots: setsnapshotlocation clearsnapshotlocation takesnapshot dropsnapshot.\n"
                        + "Jobs: createjob updatejob deletejob changemirrorendpoints changemirrortype.\n"
                        + "The original's other commands fail and say what to use instead.",
        footer = {
            "",
            "Examples:",
            "  emcmd . getmirrorvolinfo data",
            "  emcmd A pausemirror data 10.0.1.2",
            "  emcmd A changemirrortype data 10.0.1.2 A"
        })
public final class EmCmd implements ShellCommand {
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
        EmCommand known = EmCommands.named(command)
                .orElseThrow(() -> new CommandException(
                        ExitCode.INVALID_ARGUMENT,
                        "'" + command + "' is not a command of emcmd; 'emcmd --help' lists them"));
        arguments.removeIf("-"::equals);
        try {
            if (arguments.size() < known.least() || arguments.size() > known.most()) {
                throw new CommandException(
                        ExitCode.SYNTAX, command + " takes " + known.arguments() + ", not " + arguments.size());
            }
            return sent(invocation, known);
        } catch (CommandException e) {
            boolean status =
                    known.output() == EmCommand.Output.STATUS || known.output() == EmCommand.Output.ANSWER_OR_STATUS;
            if (!status) {
                throw e;
            }
            return status(invocation, Reply.failed(e.exitCode(), e.getMessage()));
        }
    }

    /** Carries it out, here or where it belongs. */
    private int sent(Invocation invocation, EmCommand known) throws CommandException, InterruptedException {
        ClusterSnapshot snapshot = invocation.snapshot();
        String server = EmCall.server(snapshot, system);
        if (proxy != null) {
            String over = EmCall.server(snapshot, proxy);
            if (!over.equals(snapshot.self())) {
                EmCall.checkReachable(snapshot, over);
                return remote(invocation, over, server);
            }
        }
        EmCall.checkReachable(snapshot, server);
        if (!server.equals(snapshot.self())) {
            if (known.place() == EmCommand.Place.LOCAL) {
                throw new CommandException(
                        ExitCode.INVALID_ARGUMENT,
                        known.name().toLowerCase(java.util.Locale.ROOT) + " is asked on the server itself: run it on "
                                + server);
            }
            if (known.place() == EmCommand.Place.THERE) {
                return remote(invocation, server, ".");
            }
        }
        Reply reply = known.body().run(new EmCall(invocation, server, arguments));
        reply.remarks().forEach(remark -> invocation.err().println("emcmd: " + remark));
        if (known.output() == EmCommand.Output.STATUS) {
            return status(invocation, reply);
        }
        return reply.succeeded() ? ExitCode.SUCCESS : failed(invocation, reply);
    }

    /** Has another server carry it out; its answer, a status line too, is its own. */
    private int remote(Invocation invocation, String over, String target)
            throws CommandException, InterruptedException {
        List<String> words = new ArrayList<>();
        if (fast) {
            words.add("-f");
        }
        words.add(target);
        words.add(command);
        words.addAll(arguments);
        return invocation.platform().remote().run(over, new CommandCall("emcmd", words), invocation.context());
    }

    private static int failed(Invocation invocation, Reply reply) {
        invocation.err().println("emcmd: " + reply.message());
        return reply.exitCode();
    }

    /** Prints the status line (EMC-008). */
    private static int status(Invocation invocation, Reply reply) {
        if (!reply.succeeded()) {
            failed(invocation, reply);
        }
        invocation.out().println("Status = " + reply.exitCode());
        return reply.exitCode();
    }
}

package org.mainstay.shell.internal.command.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.shell.internal.command.mirror.EmCommand.Output;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;

/** The commands of the original that are not there: they fail with status 5 and say what does the work (decision 0263). */
final class EmRefused {
    private static final Map<String, String> INSTEAD = new TreeMap<>(
            Map.ofEntries(
                    Map.entry("GETREMOTEBITMAP", "nothing: the engines exchange it when they meet"),
                    Map.entry("LOCKVOLUME", "nothing: only the mirror engine opens a target"),
                    Map.entry("MERGETARGETBITMAP", "nothing: the engines exchange it when they meet"),
                    Map.entry("READREGISTRY", "mainstay mirror set TAG NAME=NUMBER, which takes effect at once"),
                    Map.entry(
                            "SETCONFIGURATION",
                            "nothing: attributes are as they are (getconfiguration); alerts are events (mainstay events)"),
                    Map.entry("STOPSERVICE", "lkstop -f, on that server: what is in service goes on running"),
                    Map.entry(
                            "UNLOCKVOLUME",
                            "switchovervolume to run it there, or a snapshot to look at its data: mainstay mirror snapshot --help")));

    private EmRefused() {}

    static List<EmCommand> all() {
        List<EmCommand> all = new ArrayList<>();
        INSTEAD.forEach((name, instead) -> all.add(new EmCommand(
                name,
                0,
                EmCommand.ANY,
                Place.ASKED,
                Output.STATUS,
                call -> Reply.failed(
                        ExitCode.INVALID_ARGUMENT,
                        "Mainstay has no " + name + (instead.isEmpty() ? "" : "; use " + instead)))));
        return all;
    }
}

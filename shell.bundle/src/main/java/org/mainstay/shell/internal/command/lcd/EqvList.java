package org.mainstay.shell.internal.command.lcd;

import java.util.Collection;
import java.util.List;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code eqv_list} (CMD-260 to CMD-263); the two priorities follow the five fields of the manual. */
@Command(
        name = "eqv_list",
        separator = " ",
        description =
                "Lists equivalencies: primary system, its tag, secondary system, its tag, type, priority of the primary, "
                        + "priority of the secondary. -fC separates the fields by the character C instead of ^A.",
        customSynopsis = "eqv_list [-d destsys] [-s sys] [-t tag] [-e SHARED] [-fC]",
        footer = {"", "Examples:", "  eqv_list -f:", "  eqv_list -f: -t pg"})
public final class EqvList extends ListCommand {
    @Option(names = "-s", paramLabel = "sys", description = "Only equivalencies of this server.")
    private String system;

    @Option(names = "-t", paramLabel = "tag", description = "Only equivalencies of this resource.")
    private String tag;

    @Option(names = "-e", paramLabel = "SHARED", description = "Only equivalencies of this type.")
    private String type;

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        Collection<Equivalency> rows =
                snapshot.own().rows(LcdSection.EQUIVALENCIES).values();
        if (type != null && !type.equals(Equivalency.SHARED)) {
            throw CommandException.invalid("'" + type + "' is not a type of equivalency; the only one is SHARED");
        }
        if (system != null && !snapshot.servers().contains(system)) {
            throw CommandException.notFound(
                    "there is no server '" + system + "'; the servers are " + String.join(", ", snapshot.servers()));
        }
        if (tag != null
                && rows.stream()
                        .noneMatch(
                                row -> row.tag().equals(tag) || row.otherTag().equals(tag))) {
            instance(snapshot.own(), tag);
        }
        rows.stream()
                .filter(row -> side(row.server(), row.tag()) || side(row.otherServer(), row.otherTag()))
                .forEach(row -> print(invocation, fields(row)));
        return ExitCode.SUCCESS;
    }

    private boolean side(String rowServer, String rowTag) {
        return (system == null || system.equals(rowServer)) && (tag == null || tag.equals(rowTag));
    }

    private static List<String> fields(Equivalency row) {
        return List.of(
                row.server(),
                row.tag(),
                row.otherServer(),
                row.otherTag(),
                Equivalency.SHARED,
                Integer.toString(row.priority()),
                Integer.toString(row.otherPriority()));
    }
}

package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code dep_list} (CMD-235 to CMD-243). */
@Command(
        name = "dep_list",
        separator = " ",
        description =
                "Lists dependencies: parent tag, child tag. -fC separates the fields by the character C instead of ^A.",
        customSynopsis = "dep_list [-d destsys] [-fC] [-C allchild | -P allparent | -c ofparenttag | -p ofchildtag] "
                + "[-r typ] [-a appname]",
        footer = {"", "Examples:", "  dep_list -f:", "  dep_list -f: -C pg", "  dep_list -d B -f: -p vip"})
public final class DepList extends ListCommand {
    @Option(names = "-C", paramLabel = "tag", description = "All direct and indirect child dependencies of the tag.")
    private String allChildren;

    @Option(names = "-P", paramLabel = "tag", description = "All direct and indirect parent dependencies of the tag.")
    private String allParents;

    @Option(names = "-c", paramLabel = "tag", description = "Only the direct child dependencies of the tag.")
    private String children;

    @Option(names = "-p", paramLabel = "tag", description = "Only the direct parent dependencies of the tag.")
    private String parents;

    @Option(names = "-r", paramLabel = "typ", description = "Only dependencies whose child is of this type.")
    private String type;

    @Option(names = "-a", paramLabel = "appname", description = "Only dependencies whose child is of this application.")
    private String application;

    @Override
    public int run(Invocation invocation) throws CommandException {
        Lcd lcd = database(invocation);
        Predicate<Dependency> relation = relation(lcd);
        if (application != null) {
            Applications.of(invocation).require(application);
        }
        lcd.rows(LcdSection.DEPENDENCIES).values().stream()
                .filter(relation)
                .filter(row -> childMatches(lcd, row))
                .forEach(row -> print(invocation, List.of(row.parent(), row.child())));
        return ExitCode.SUCCESS;
    }

    private Predicate<Dependency> relation(Lcd lcd) throws CommandException {
        List<String> tags = Stream.of(allChildren, allParents, children, parents)
                .filter(Objects::nonNull)
                .toList();
        if (tags.size() > 1) {
            throw new CommandException(ExitCode.SYNTAX, "-C, -P, -c and -p exclude each other; give one of them");
        }
        if (tags.isEmpty()) {
            return row -> true;
        }
        instance(lcd, tags.get(0));
        Relations relations = new Relations(lcd);
        if (allChildren != null) {
            Set<String> below = relations.withAllChildren(allChildren);
            return row -> below.contains(row.parent());
        }
        if (allParents != null) {
            Set<String> above = relations.withAllParents(allParents);
            return row -> above.contains(row.child());
        }
        return children != null
                ? row -> row.parent().equals(children)
                : row -> row.child().equals(parents);
    }

    private boolean childMatches(Lcd lcd, Dependency row) {
        if (type == null && application == null) {
            return true;
        }
        Optional<Instance> child = lcd.instance(row.child());
        return child.filter(instance -> type == null || instance.type().equals(type))
                .filter(instance ->
                        application == null || instance.application().equals(application))
                .isPresent();
    }
}

package org.mainstay.shell.internal.command.watch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.resource.ResourceCreate;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay complete}: names for the completion scripts, one per line. */
@Command(
        name = "complete",
        hidden = true,
        description = "Prints names for completion, one per line.",
        footer = {"", "Examples:", "  mainstay complete tags", "  mainstay complete settings -- resource create ip"})
public final class Complete extends BaseCommand {
    private static final String WHAT = "tags, servers, types, applications, flags, operations, kits and settings";

    @Parameters(paramLabel = "WHAT", description = "One of " + WHAT + ".")
    private String what;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "WORD",
            description = "settings: the words typed so far, which name a type or a resource.")
    private List<String> words = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        ClusterSnapshot snapshot = invocation.snapshot();
        Lcd own = snapshot.own();
        Collection<String> names = new TreeSet<>();
        switch (what) {
            case "tags" -> names.addAll(own.instances().keySet());
            case "servers" -> names.addAll(snapshot.servers());
            case "types" -> invocation.platform().administration().kits().forEach(kit -> names.add(kit.type()));
            case "applications" -> own.rows(LcdSection.TYPES).values().forEach(type -> names.add(type.application()));
            case "flags" -> names.addAll(own.rows(LcdSection.FLAGS).keySet());
            case "operations" -> names.addAll(own.rows(LcdSection.OPERATIONS).keySet());
            case "kits" ->
                invocation.platform().kitManager().list(snapshot.self()).forEach(kit -> names.add(kit.name()));
            case "settings" -> names.addAll(settings(invocation.platform().administration(), own));
            default -> throw CommandException.invalid("there are " + WHAT + ", not '" + what + "'");
        }
        names.forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }

    /** Returns the keys of the first type or resource among the words; nothing while there is none. */
    private Collection<String> settings(Administration administration, Lcd own) {
        List<String> types =
                administration.kits().stream().map(Administration.Kit::type).toList();
        for (String word : words) {
            String type =
                    own.instance(word).map(instance -> instance.typeKey()).orElse(types.contains(word) ? word : "");
            if (!type.isEmpty()) {
                Collection<String> keys = new TreeSet<>();
                ResourceCreate.SETTINGS.forEach(key -> keys.add(key + "="));
                administration
                        .form(type, false, Map.of())
                        .ifPresent(form -> form.forEach(field -> keys.add(field.name() + "=")));
                return keys;
            }
        }
        return List.of();
    }
}

package org.mainstay.shell.internal.command.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Settings;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource set}. */
@Command(
        name = "set",
        description =
                "Changes settings of a resource: those of its kit, and quickCheck, deepCheck (seconds, 0 = off), "
                        + "localRecovery (yes, no), switchback (INTELLIGENT, AUTOMATIC), init (AUTORES_ISP, INIT_ISP, INIT_OSU).",
        footer = {
            "",
            "Examples:",
            "  mainstay resource set pg quickCheck=60 localRecovery=yes",
            "  mainstay resource set vip --set interface=eth1"
        })
public final class ResourceSet extends BaseCommand {
    @Parameters(index = "0", paramLabel = "TAG", description = "The resource.")
    private String tag;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "KEY=VALUE", description = "What to set.")
    private List<String> words = new ArrayList<>();

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "The same; may be repeated.")
    private List<String> options = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        List<String> all = new ArrayList<>(words);
        all.addAll(options);
        Map<String, String> values = Settings.parse(all);
        if (values.isEmpty()) {
            throw new CommandException(ExitCode.SYNTAX, "say what to set, for example quickCheck=60");
        }
        return invocation.submit(new Request.SetResource(tag, values));
    }
}

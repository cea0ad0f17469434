package org.mainstay.shell.internal.command.resource;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Settings;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource priorities} (ADM-220 to ADM-228). */
@Command(
        name = "priorities",
        description = "Sets the priorities of servers for a whole hierarchy, on all its servers or none. 1 is best.",
        footer = {"", "Example:", "  mainstay resource priorities pg B=1 A=10"})
public final class ResourcePriorities extends BaseCommand {
    @Parameters(index = "0", paramLabel = "TAG", description = "Any resource of the hierarchy.")
    private String tag;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "SERVER=N",
            description = "A server and its priority, 1 to 1024.")
    private List<String> words;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Map<String, Integer> priorities = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : Settings.parse(words).entrySet()) {
            boolean number = entry.getValue().matches("[0-9]{1,4}");
            int priority = number ? Integer.parseInt(entry.getValue()) : 0;
            if (priority < 1 || priority > Equivalency.MAX_PRIORITY) {
                throw CommandException.invalid("the priority of " + entry.getKey() + " must be 1 to "
                        + Equivalency.MAX_PRIORITY + ", not '" + entry.getValue() + "'");
            }
            priorities.put(entry.getKey(), priority);
        }
        return invocation.submit(new Request.SetPriorities(tag, priorities));
    }
}

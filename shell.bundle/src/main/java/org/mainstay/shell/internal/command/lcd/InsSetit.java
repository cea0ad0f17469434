package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_setit} (CMD-200 to CMD-203). */
@Command(
        name = "ins_setit",
        separator = " ",
        description = "Sets what happens to a resource when Mainstay starts.",
        customSynopsis = "ins_setit [-d destsys] -t tag -I {AUTORES_ISP|INIT_ISP|INIT_OSU}",
        footer = {"", "Example:", "  ins_setit -t pg -I INIT_OSU"})
public final class InsSetit extends LcdCommand {
    @Option(names = "-t", paramLabel = "tag", required = true, description = "The resource.")
    private String tag;

    @Option(
            names = "-I",
            paramLabel = "option",
            completionCandidates = Candidates.Initialisations.class,
            required = true,
            description = "AUTORES_ISP, INIT_ISP or INIT_OSU.")
    private String option;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        return edit(invocation, new LcdEdit.SetInit(tag, choice("-I", option, InitOption.values())));
    }
}

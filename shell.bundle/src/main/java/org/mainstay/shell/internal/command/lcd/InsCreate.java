package org.mainstay.shell.internal.command.lcd;

import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.shell.internal.command.Candidates;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_create} (CMD-150 to CMD-160). */
@Command(
        name = "ins_create",
        separator = " ",
        description = "Creates a resource in the database, out of service; no action of its kit runs.",
        customSynopsis =
                "ins_create [-d destsys] -a appname -r restyp [-I {AUTORES_ISP|INIT_ISP|INIT_OSU}] [-v info] -t tag -i id [-Q quickChkInt] [-D deepChkInt] [-l {Y|N}] [-s {AUTOMATIC|INTELLIGENT}]",
        footer = {"", "Example:", "  ins_create -a gen -r app -t App.0 -i /opt/app -Q 180 -D 300 -l Y"})
public final class InsCreate extends LcdCommand {
    @Option(names = "-a", paramLabel = "appname", required = true, description = "The application.")
    private String application;

    @Option(names = "-r", paramLabel = "restyp", required = true, description = "The resource type.")
    private String type;

    @Option(
            names = "-I",
            paramLabel = "option",
            completionCandidates = Candidates.Initialisations.class,
            description = "What happens when Mainstay starts: AUTORES_ISP (default), INIT_ISP or INIT_OSU.")
    private String init = "AUTORES_ISP";

    @Option(names = "-v", paramLabel = "info", description = "Type-specific text.")
    private String info = "";

    @Option(
            names = "-t",
            paramLabel = "tag",
            required = true,
            description = "Its name for people, unique on the server.")
    private String tag;

    @Option(names = "-i", paramLabel = "id", required = true, description = "Its internal id, unique on the server.")
    private String id;

    @Option(
            names = "-Q",
            paramLabel = "quickChkInt",
            description = "Seconds between quick checks, 0 to 604800, 0 = off; default 180.")
    private String quick = "180";

    @Option(
            names = "-D",
            paramLabel = "deepChkInt",
            description = "Seconds between deep checks, 0 to 604800, 0 = off; default 300.")
    private String deep = "300";

    @Option(names = "-l", paramLabel = "Y|N", description = "Whether a failure is repaired in place first; default N.")
    private String recover = "N";

    @Option(
            names = "-s",
            paramLabel = "type",
            completionCandidates = Candidates.Switchbacks.class,
            description = "Switchback: INTELLIGENT (default) or AUTOMATIC.")
    private String switchback = "INTELLIGENT";

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        InstanceSettings settings = new InstanceSettings(
                choice("-I", init, InitOption.values()),
                seconds("-Q", quick),
                seconds("-D", deep),
                yes("-l", recover),
                choice("-s", switchback, Switchback.values()));
        return edit(invocation, new LcdEdit.AddInstance(application, type, tag, id, info, settings));
    }
}

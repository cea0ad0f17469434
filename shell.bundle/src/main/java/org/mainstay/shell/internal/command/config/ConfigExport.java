package org.mainstay.shell.internal.command.config;

import com.google.gson.GsonBuilder;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay config export}. */
@Command(
        name = "export",
        description = "Prints the configuration of the cluster as JSON. Secrets are masked.",
        footer = {"", "Example:", "  mainstay config export > cluster.json"})
public final class ConfigExport extends BaseCommand {
    @Option(names = "--with-secrets", description = "With passwords, for a rebuild: keep the output safe.")
    private boolean secrets;

    @Override
    public int run(Invocation invocation) throws CommandException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        ConfigDocument.remarks(invocation.snapshot()).forEach(invocation.err()::println);
        ConfigDocument document = ConfigDocument.of(invocation.snapshot(), invocation.platform(), secrets);
        invocation
                .out()
                .println(new GsonBuilder()
                        .setPrettyPrinting()
                        .disableHtmlEscaping()
                        .create()
                        .toJson(document));
        return ExitCode.SUCCESS;
    }
}

package org.mainstay.shell.internal.command.config;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay config apply}. */
@Command(
        name = "apply",
        description =
                "Makes the cluster what a file of 'mainstay config export' says, step by step; stops at the first step that "
                        + "fails. What is not in the file is left as it is.",
        footer = {
            "",
            "Examples:",
            "  mainstay config apply cluster.json --dry-run",
            "  mainstay config apply cluster.json"
        })
public final class ConfigApply extends BaseCommand {
    @Parameters(paramLabel = "FILE", description = "The file; - is standard input.")
    private String file;

    @Option(
            names = "--dry-run",
            description = "Only prints the command lines that would be run; exit code 5 if something would be refused.")
    private boolean dryRun;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        ConfigDocument now = ConfigDocument.of(invocation.snapshot(), invocation.platform(), true);
        ConfigDocument wanted = read(invocation);
        String self = invocation.snapshot().self();
        Administration administration = invocation.platform().administration();
        ConfigPlan plan = new ConfigPlan(self, now, wanted, administration);
        List<String> refusals = new ConfigCheck(self, now, wanted, administration).refusals();
        ConfigDocument.remarks(invocation.snapshot()).forEach(invocation.err()::println);
        plan.remarks().forEach(invocation.err()::println);
        if (!refusals.isEmpty()) {
            if (dryRun) {
                plan.steps().forEach(step -> invocation.out().println(line(step)));
            }
            throw CommandException.invalid(
                    "this would be refused, so nothing is changed:\n  " + String.join("\n  ", refusals));
        }
        if (plan.steps().isEmpty()) {
            invocation.out().println("nothing to change");
            return ExitCode.SUCCESS;
        }
        CommandRegistry registry = Programs.registry();
        for (List<String> step : plan.steps()) {
            invocation.out().println((dryRun ? "" : "$ ") + line(step));
            if (dryRun) {
                continue;
            }
            int code = registry.run(
                    new CommandCall(step.get(0), step.subList(1, step.size())),
                    invocation.context(),
                    invocation.platform());
            if (code != ExitCode.SUCCESS) {
                throw new CommandException(code, "stopped at this step; what was done before stays");
            }
        }
        return ExitCode.SUCCESS;
    }

    private ConfigDocument read(Invocation invocation) throws CommandException {
        String text;
        try {
            text = file.equals("-")
                    ? new String(invocation.context().in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(invocation.context().workingDirectory().resolve(file));
        } catch (NoSuchFileException e) {
            throw CommandException.notFound("there is no file " + file);
        } catch (IOException e) {
            throw CommandException.notFound(file + " cannot be read: " + e.getMessage());
        }
        if (text.isBlank()) {
            throw CommandException.invalid(file + " is empty");
        }
        try {
            JsonElement json = JsonParser.parseString(text);
            ConfigKeys.check(json);
            ConfigDocument document =
                    new Gson().fromJson(json, ConfigReader.Document.class).checked();
            if (document.schema() != ConfigDocument.SCHEMA) {
                throw CommandException.invalid(
                        file + " has schema " + document.schema() + ", this release reads " + ConfigDocument.SCHEMA);
            }
            return document;
        } catch (JsonParseException | IllegalArgumentException | NullPointerException e) {
            throw CommandException.invalid(file + " is not a file of 'mainstay config export': " + reason(e));
        }
    }

    /** Gson puts the name of a class before the reason, and an address of its manual on a line behind it. */
    private static String reason(RuntimeException failure) {
        Throwable cause =
                failure instanceof JsonParseException && failure.getCause() instanceof IOException io ? io : failure;
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    /** A line that a shell reads back as these words. */
    private static String line(List<String> words) {
        return words.stream()
                .map(word -> word.matches("[A-Za-z0-9_./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}

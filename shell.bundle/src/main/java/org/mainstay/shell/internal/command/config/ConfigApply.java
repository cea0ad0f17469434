package org.mainstay.shell.internal.command.config;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Programs;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Platform;
import org.mainstay.shell.internal.view.Masking;
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
    /** How the plan writes a step on another server: that line works when it is typed. */
    private static final String ELSEWHERE = "lcdremexec";

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
        Set<String> secrets = secrets(invocation.platform(), wanted);
        ConfigDocument.remarks(invocation.snapshot()).forEach(invocation.err()::println);
        plan.remarks().forEach(invocation.err()::println);
        if (!refusals.isEmpty()) {
            if (dryRun) {
                plan.steps().forEach(step -> invocation.out().println(line(step, secrets)));
            }
            throw CommandException.invalid(
                    "this would be refused, so nothing is changed:\n  " + String.join("\n  ", refusals));
        }
        if (plan.steps().isEmpty()) {
            invocation.out().println("nothing to change");
            return ExitCode.SUCCESS;
        }
        for (List<String> step : plan.steps()) {
            invocation.out().println((dryRun ? "" : "$ ") + line(step, secrets));
            if (dryRun) {
                continue;
            }
            int code;
            try {
                code = run(step, invocation);
            } catch (CommandException e) {
                invocation.err().println(invocation.name() + ": " + e.getMessage());
                code = e.exitCode();
            }
            if (code != ExitCode.SUCCESS) {
                throw new CommandException(code, "stopped at this step; what was done before stays");
            }
        }
        return ExitCode.SUCCESS;
    }

    /**
     * Steps on other servers go through the door between servers: as arguments of a program there, everybody on that machine could read
     * a secret among them.
     */
    private static int run(List<String> step, Invocation invocation) throws CommandException, InterruptedException {
        if (!step.get(0).equals(ELSEWHERE)) {
            return registered(step, invocation);
        }
        int words = step.indexOf("--") + 1;
        String server = step.get(step.indexOf("-d") + 1);
        CommandCall call = call(step.subList(words, step.size()));
        return CommandRegistry.requirePath(invocation.platform(), server)
                ? invocation.platform().remote().run(server, call, invocation.context())
                : registered(step.subList(words, step.size()), invocation);
    }

    private static int registered(List<String> words, Invocation invocation) throws InterruptedException {
        return Programs.registry().run(call(words), invocation.context(), invocation.platform());
    }

    private static CommandCall call(List<String> words) {
        return new CommandCall(words.get(0), words.subList(1, words.size()));
    }

    /** Returns the words that give secret properties: without its kit nobody knows which are secret, so all are. */
    private static Set<String> secrets(Platform platform, ConfigDocument wanted) throws CommandException {
        Set<String> words = new HashSet<>();
        for (Map.Entry<String, ResourcePart> resource : wanted.resources().entrySet()) {
            ResourcePart part = resource.getValue();
            for (InstancePart on : part.on().values()) {
                Set<String> secrets = Masking.of(platform, part.application() + "/" + part.type(), on.all())
                        .notRepeated();
                on.all().forEach((key, value) -> {
                    if (secrets.contains(key) && !value.isEmpty()) {
                        words.add(key + "=" + value);
                        words.add(resource.getKey() + "." + key + "=" + value);
                    }
                });
            }
        }
        return words;
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

    /** A line that a shell reads back as these words; secrets are masked. */
    private static String line(List<String> words, Set<String> secrets) {
        return words.stream()
                .map(word -> secrets.contains(word) ? word.substring(0, word.indexOf('=') + 1) + Masking.MASK : word)
                .map(word -> word.matches("[A-Za-z0-9_./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }
}

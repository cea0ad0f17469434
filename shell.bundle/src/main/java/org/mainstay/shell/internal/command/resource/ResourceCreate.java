package org.mainstay.shell.internal.command.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.Administration.Kit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.Forms;
import org.mainstay.shell.internal.command.Settings;
import org.mainstay.shell.internal.command.wizard.CreateWizard;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code mainstay resource create}. */
@Command(
        name = "create",
        description =
                "Creates a resource on this server and brings it into service; leaves nothing behind if that fails. "
                        + "'mainstay kit list' shows the types; without --set the keys of the type are listed.",
        footer = {
            "",
            "Examples:",
            "  mainstay resource create volume --tag data \\",
            "      --set device=/dev/sdb1 --set mount=/srv/pg",
            "  mainstay resource create ip --tag vip --set address=10.77.1.100/24",
            "  mainstay resource create postgres --tag pg \\",
            "      --set datadir=/srv/pg/main --set port=5432",
            "  mainstay resource create app --tag web \\",
            "      --set restore=/opt/web/start --set remove=/opt/web/stop"
        })
public final class ResourceCreate extends BaseCommand {
    /** Settings of every resource, beside the fields of its kit. */
    public static final List<String> SETTINGS =
            List.of("quickCheck", "deepCheck", "localRecovery", "switchback", "init");

    @Parameters(
            paramLabel = "TYPE",
            arity = "0..1",
            description = "Type of the resource, such as ip, volume, postgres or app; at a terminal it is asked for.")
    private String type;

    @Option(
            names = {"-i", "--interactive"},
            description = "Asks for everything, as at a terminal without TYPE.")
    private boolean interactive;

    @Option(names = "--tag", paramLabel = "TAG", description = "Name of the resource; default: proposed by the kit.")
    private String tag = "";

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting of the resource; may be repeated.")
    private List<String> settings = new ArrayList<>();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        Map<String, String> properties = Settings.parse(settings);
        if (interactive || type == null && invocation.context().terminal().interactive()) {
            return new CreateWizard(invocation).run(type == null ? "" : type, tag, properties);
        }
        if (type == null) {
            throw new CommandException(
                    ExitCode.SYNTAX,
                    "missing required parameter: 'TYPE'; the types are " + types(invocation)
                            + "; try 'mainstay resource create --help'");
        }
        Administration administration = invocation.platform().administration();
        Optional<List<FormField>> form = administration.form(type, false, properties);
        if (form.isEmpty()) {
            throw Forms.missing(administration, type, "the types are " + types(invocation));
        }
        requireKnownKeys(form.get(), properties);
        requireAnswers(form.get(), properties);
        return invocation.submit(new Request.CreateResource(type, tag, properties));
    }

    private static String types(Invocation invocation) throws CommandException {
        return String.join(
                ", ",
                invocation.platform().administration().kits().stream()
                        .map(Kit::type)
                        .toList());
    }

    /** Before what is missing is named: a mistyped key is why it is missing. Kits of scripts take any key. */
    private void requireKnownKeys(List<FormField> fields, Map<String, String> properties) throws CommandException {
        List<String> known =
                new ArrayList<>(fields.stream().map(FormField::name).toList());
        SETTINGS.stream().filter(name -> !known.contains(name)).forEach(known::add);
        for (String key : properties.keySet()) {
            if (!fields.isEmpty() && !known.contains(key)) {
                throw CommandException.invalid("'" + key + "' is not known for a resource of type " + type
                        + "; it knows " + String.join(", ", known));
            }
        }
    }

    private void requireAnswers(List<FormField> fields, Map<String, String> properties) throws CommandException {
        List<FormField> missing = fields.stream()
                .filter(field ->
                        field.required() && field.defaultValue().isEmpty() && !properties.containsKey(field.name()))
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        String text = "a resource of type " + type + " also needs\n" + lines(missing);
        List<FormField> others =
                fields.stream().filter(field -> !missing.contains(field)).toList();
        // who gave nothing asks what there is
        if (properties.isEmpty() && !others.isEmpty()) {
            text += "\nand may have\n" + lines(others) + "\nand the settings every resource has: "
                    + String.join(", ", SETTINGS);
        }
        throw CommandException.invalid(text);
    }

    private static String lines(List<FormField> fields) {
        return fields.stream()
                .map(field -> "  --set " + field.name() + "=...   " + describe(field))
                .collect(Collectors.joining("\n"));
    }

    private static String describe(FormField field) {
        StringBuilder text = new StringBuilder(field.label());
        if (!field.choices().isEmpty()) {
            text.append(": one of ").append(String.join(", ", field.choices()));
        }
        if (!field.defaultValue().isEmpty()) {
            text.append("; default ").append(field.defaultValue());
        }
        if (!field.help().isEmpty()) {
            text.append(". ").append(field.help());
        }
        return text.toString();
    }
}

package org.mainstay.shell.internal.command.lcd;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ins_list} (CMD-130 to CMD-140). */
@Command(
        name = "ins_list",
        separator = " ",
        description =
                "Lists resource instances: system, application, type, tag, id, info, state, reason, initialisation, "
                        + "reservation, its process, 0, quickCheck and deepCheck interval, local recovery. "
                        + "-fC separates the fields by the character C instead of ^A.",
        customSynopsis = "ins_list [-d destsys] [-fC] [-R top] [-a appname] [-r typ] [-t tag] [-i id]",
        footer = {"", "Examples:", "  ins_list -f:", "  ins_list -f: -R pg", "  ins_list -d B -f: -t vip"})
public final class InsList extends ListCommand {
    @Option(names = "-R", paramLabel = "top", description = "Only this resource and all below it; \"\": only roots.")
    private String top;

    @Option(names = "-a", paramLabel = "appname", description = "Only instances of this application.")
    private String application;

    @Option(names = "-r", paramLabel = "typ", description = "Only instances of this type.")
    private String type;

    @Option(names = "-t", paramLabel = "tag", description = "Only the instance with this tag.")
    private String tag;

    @Option(names = "-i", paramLabel = "id", description = "Only the instance with this id.")
    private String id;

    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        Lcd lcd = snapshot.own();
        checkNames(invocation, lcd);
        Predicate<Instance> chosen = instance -> matches(application, instance.application())
                && matches(type, instance.type())
                && matches(tag, instance.tag())
                && matches(id, instance.id());
        selection(lcd).values().stream()
                .filter(chosen)
                .forEach(instance -> print(invocation, fields(snapshot, instance)));
        return ExitCode.SUCCESS;
    }

    private void checkNames(Invocation invocation, Lcd lcd) throws CommandException {
        if (application != null) {
            Applications.of(invocation).require(application);
        }
        if (tag != null) {
            instance(lcd, tag);
        }
        if (id != null
                && lcd.instances().values().stream()
                        .noneMatch(instance -> instance.id().equals(id))) {
            throw CommandException.notFound("there is no resource with the id '" + id + "' on " + lcd.server());
        }
    }

    private Map<String, Instance> selection(Lcd lcd) throws CommandException {
        if (top == null) {
            return lcd.instances();
        }
        Relations relations = new Relations(lcd);
        Map<String, Instance> selection = new LinkedHashMap<>();
        if (top.isEmpty()) {
            lcd.instances().forEach((key, instance) -> {
                if (relations.parents(key).isEmpty()) {
                    selection.put(key, instance);
                }
            });
            return selection;
        }
        instance(lcd, top);
        for (String key : relations.withAllChildren(top)) {
            lcd.instance(key).ifPresent(instance -> selection.put(key, instance));
        }
        return selection;
    }

    private static boolean matches(String wanted, String actual) {
        return wanted == null || wanted.equals(actual);
    }

    private static List<String> fields(ClusterSnapshot snapshot, Instance instance) {
        Activity activity = snapshot.activities().get(instance.tag());
        return List.of(
                snapshot.self(),
                instance.application(),
                instance.type(),
                instance.tag(),
                instance.id(),
                instance.info(),
                instance.state().name(),
                instance.reason(),
                instance.settings().init().name(),
                activity == null ? "" : activity.transition(),
                activity == null ? "0" : Long.toString(ProcessHandle.current().pid()),
                "0",
                Integer.toString(instance.settings().quickCheckSeconds()),
                Integer.toString(instance.settings().deepCheckSeconds()),
                instance.settings().localRecovery() ? "1" : "0");
    }
}

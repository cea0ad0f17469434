package org.mainstay.shell.internal.command.wizard;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.Hierarchy;

/**
 * Extends a hierarchy by asking: the server, the priority, and for each resource what is different there (ADM-240 to ADM-244). Nothing is
 * asked of the cluster before the last answer.
 */
public final class ExtendWizard {
    private final Invocation invocation;
    private final Dialogue dialogue;

    public ExtendWizard(Invocation invocation) {
        this(invocation, new Dialogue(invocation.context().in(), invocation.out()));
    }

    ExtendWizard(Invocation invocation, Dialogue dialogue) {
        this.invocation = invocation;
        this.dialogue = dialogue;
    }

    /**
     * Runs the wizard.
     *
     * @param target empty: is asked for
     * @param priority 0: is asked for
     * @param given settings that are known already, by resource
     */
    public int run(String tag, String target, int priority, Map<String, Map<String, String>> given)
            throws CommandException, InterruptedException {
        if (own().instance(tag).isEmpty()) {
            throw CommandException.notFound("there is no resource '" + tag + "' on this server");
        }
        List<String> servers = without(tag);
        if (servers.isEmpty()) {
            dialogue.say("'" + tag + "' is on every server of the cluster already.");
            return 0;
        }
        dialogue.say("Answer each question; Enter takes what is in [brackets], < goes back, Ctrl-C leaves.");
        String to = target.isEmpty() ? dialogue.choose("To which server?", servers) : target;
        return extend(tag, to, priority == 0 ? priority(to) : priority, given);
    }

    private int priority(String target) throws CommandException {
        while (true) {
            String answer = dialogue.ask("\nPriority on " + target + ", 1 to " + Equivalency.MAX_PRIORITY
                    + ", 1 is best [next free of 1, 10, 20, ...]: ");
            if (answer.isEmpty()) {
                return 0;
            }
            if (answer.matches("[0-9]{1,4}")
                    && Integer.parseInt(answer) >= 1
                    && Integer.parseInt(answer) <= Equivalency.MAX_PRIORITY) {
                return Integer.parseInt(answer);
            }
            dialogue.say("  a whole number from 1 to " + Equivalency.MAX_PRIORITY + " is needed, not '" + answer + "'");
        }
    }

    /** Asks what is different on the server, and extends. @param given settings that are known already, by resource */
    int extend(String tag, String target, int priority, Map<String, Map<String, String>> given)
            throws CommandException, InterruptedException {
        Map<String, Map<String, String>> settings = new LinkedHashMap<>(given);
        boolean asked = dialogue.yes("Set anything differently on " + target + "?", false);
        while (true) {
            if (asked) {
                settings(tag, settings, given);
            }
            Reply reply = invocation.submit(new Request.Extend(tag, target, priority, settings), invocation.out());
            reply.remarks().forEach(dialogue::say);
            if (reply.succeeded()) {
                dialogue.say(reply.message());
                return 0;
            }
            invocation.err().println(invocation.name() + ": " + reply.message());
            if (!dialogue.tryAgain()) {
                return reply.exitCode();
            }
            asked = true;
        }
    }

    /** Asks what is different for each resource; what was answered before is proposed. */
    private void settings(String tag, Map<String, Map<String, String>> settings, Map<String, Map<String, String>> given)
            throws CommandException {
        for (String one : hierarchy(tag)) {
            Instance instance = own().instance(one).orElseThrow();
            if (!given.containsKey(one)
                    && dialogue.yes("\nSettings of '" + one + "' (" + instance.typeKey() + ")?", one.equals(tag))) {
                Map<String, String> changed = differences(instance, settings.getOrDefault(one, Map.of()));
                settings.remove(one);
                if (!changed.isEmpty()) {
                    settings.put(one, changed);
                }
            }
        }
    }

    private Map<String, String> differences(Instance instance, Map<String, String> before) throws CommandException {
        Map<String, String> answers = new LinkedHashMap<>();
        Map<String, String> present = new LinkedHashMap<>(instance.properties());
        present.putAll(before);
        new FormQuestions(invocation.platform().administration(), dialogue)
                .ask(instance.typeKey(), true, answers, present);
        Map<String, String> changed = FormQuestions.withoutEmpty(answers);
        changed.entrySet()
                .removeIf(entry -> entry.getValue().equals(instance.properties().get(entry.getKey())));
        return changed;
    }

    /** Returns the resources of a hierarchy: the named one, then those it is connected with by dependencies. */
    private List<String> hierarchy(String tag) throws CommandException {
        Map<Boolean, List<String>> named = new TreeMap<>(Hierarchy.of(own(), tag).stream()
                .collect(java.util.stream.Collectors.partitioningBy(one -> !one.equals(tag))));
        return named.values().stream().flatMap(List::stream).toList();
    }

    /** Returns the other servers of the cluster that the resource is not extended to, in their order. */
    List<String> without(String tag) throws CommandException {
        List<String> extended = own().rows(LcdSection.EQUIVALENCIES).values().stream()
                .filter(row -> row.tag().equals(tag))
                .map(Equivalency::otherServer)
                .toList();
        String self = invocation.snapshot().self();
        return invocation.snapshot().servers().stream()
                .filter(server -> !server.equals(self) && !extended.contains(server))
                .toList();
    }

    private Lcd own() throws CommandException {
        return invocation.snapshot().own();
    }
}

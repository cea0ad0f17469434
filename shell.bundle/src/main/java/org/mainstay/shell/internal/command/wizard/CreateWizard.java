package org.mainstay.shell.internal.command.wizard;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.Kit;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/**
 * Creates a resource by asking: the kit, then the fields of its form - each depends on the answers before it - then the tag; creates, and
 * asks whether to extend (ADM-110 to ADM-118, ADM-244). {@code <} goes back one question; end of input leaves everything as it was. What
 * the kit refuses is asked again, all other answers are kept.
 */
public final class CreateWizard {
    private final Invocation invocation;
    private final Administration administration;
    private final Dialogue dialogue;

    public CreateWizard(Invocation invocation) throws CommandException {
        this.invocation = invocation;
        this.administration = invocation.platform().administration();
        this.dialogue = new Dialogue(invocation.context().in(), invocation.out());
    }

    /**
     * Runs the wizard.
     *
     * @param type empty: is asked for
     * @param given answers that are known already
     */
    public int run(String type, String tag, Map<String, String> given) throws CommandException, InterruptedException {
        dialogue.say("Answer each question; Enter takes what is in [brackets], < goes back, Ctrl-C leaves.");
        String chosen = type.isEmpty() ? kit() : type;
        Map<String, String> answers = new LinkedHashMap<>(given);
        FormQuestions questions = new FormQuestions(administration, dialogue);
        questions.ask(chosen, false, answers, Map.of());
        String name = tag.isEmpty() ? dialogue.ask("\nTag, its name (Enter: proposed by the kit): ") : tag;
        while (true) {
            Request request = new Request.CreateResource(chosen, name, FormQuestions.withoutEmpty(answers));
            Reply reply = invocation.submit(request, invocation.out());
            reply.remarks().forEach(dialogue::say);
            if (reply.succeeded()) {
                dialogue.say(reply.message());
                String created = quoted(reply.message()).orElse(name);
                return created.isEmpty() ? 0 : extend(created);
            }
            invocation.err().println(invocation.name() + ": " + reply.message());
            if (!dialogue.tryAgain()) {
                return reply.exitCode();
            }
            if (tagRefused(reply)) {
                name = dialogue.ask("\nTag, its name (Enter: proposed by the kit): ");
            } else {
                questions.again(chosen, answers, FormQuestions.fieldNamed(reply.message(), answers));
            }
        }
    }

    /** A tag is no field of the kit: the core refuses it. */
    private static boolean tagRefused(Reply reply) {
        return reply.exitCode() == ExitCode.EXISTS && reply.message().contains("--tag")
                || reply.message().contains("is not a tag");
    }

    private String kit() throws CommandException {
        List<Kit> kits = administration.kits();
        if (kits.isEmpty()) {
            throw CommandException.notFound("no recovery kit is installed; 'mainstay kit list' shows the kits");
        }
        List<String> names =
                kits.stream().map(kit -> kit.type() + "  " + kit.title()).toList();
        String chosen = dialogue.choose("What is to be protected?", names);
        return kits.get(names.indexOf(chosen)).type();
    }

    /** The core's sentence names the resource between quotes: the tag may be the kit's proposal. */
    private static Optional<String> quoted(String message) {
        int from = message.indexOf('\'');
        int to = message.indexOf('\'', from + 1);
        return from >= 0 && to > from ? Optional.of(message.substring(from + 1, to)) : Optional.empty();
    }

    private int extend(String tag) throws CommandException, InterruptedException {
        ExtendWizard wizard = new ExtendWizard(invocation, dialogue);
        while (true) {
            List<String> servers = wizard.without(tag);
            if (servers.isEmpty() || !dialogue.yes("\nExtend '" + tag + "' to another server?", true)) {
                return 0;
            }
            String target = servers.size() == 1 ? servers.get(0) : dialogue.choose("To which server?", servers);
            int code = wizard.extend(tag, target, 0, Map.of());
            if (code != 0 || servers.size() == 1) {
                return code;
            }
        }
    }
}

package org.mainstay.shell.internal.command.wizard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.shell.internal.registry.CommandException;

/** Asks the fields of a kit's form one by one; each depends on the answers before it. */
final class FormQuestions {
    private static final String SECRET = "SECRET";

    private final Administration administration;
    private final Dialogue dialogue;

    FormQuestions(Administration administration, Dialogue dialogue) {
        this.administration = administration;
        this.dialogue = dialogue;
    }

    /**
     * Asks what is not answered yet.
     *
     * @param answers what is known already; the answers are added
     * @param present what is proposed, by field: what holds on the server it is extended from
     */
    void ask(String type, boolean extend, Map<String, String> answers, Map<String, String> present)
            throws CommandException {
        List<String> asked = new ArrayList<>();
        Map<String, String> before = new LinkedHashMap<>(present);
        while (true) {
            List<FormField> form = administration
                    .form(type, extend, withoutEmpty(answers))
                    .orElseThrow(() -> CommandException.notFound(
                            "there is no kit for '" + type + "'; 'mainstay kit list' shows the kits"));
            Optional<FormField> next = form.stream()
                    .filter(field -> !answers.containsKey(field.name()))
                    .findFirst();
            if (next.isEmpty()) {
                return;
            }
            FormField field = next.get();
            String proposed = field.kind().equals(SECRET) && present.containsKey(field.name())
                    ? ""
                    : before.getOrDefault(field.name(), "");
            String answer = dialogue.field(field, proposed);
            if (!answer.equals(Dialogue.BACK)) {
                answers.put(field.name(), answer);
                asked.add(field.name());
            } else if (!asked.isEmpty()) {
                String last = asked.remove(asked.size() - 1);
                before.put(last, answers.remove(last));
            }
        }
    }

    /** Returns the answers that were given. */
    static Map<String, String> withoutEmpty(Map<String, String> answers) {
        Map<String, String> filled = new LinkedHashMap<>(answers);
        filled.values().removeIf(String::isEmpty);
        return filled;
    }
}

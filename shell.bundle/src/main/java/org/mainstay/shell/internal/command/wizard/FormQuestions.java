package org.mainstay.shell.internal.command.wizard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.shell.internal.command.Forms;
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
        ask(type, extend, answers, present, new ArrayList<>());
    }

    /**
     * Asks again after a refusal; the answers given are proposed.
     *
     * @param field the one that was refused, the others stay; empty: not known, so all are asked
     */
    void again(String type, Map<String, String> answers, String field) throws CommandException {
        Map<String, String> before = new LinkedHashMap<>(answers);
        if (field.isEmpty()) {
            answers.clear();
        } else {
            answers.remove(field);
        }
        List<String> asked = new ArrayList<>(answers.keySet());
        ask(type, false, answers, before, asked);
    }

    /** Returns the field that a refusal names, as kits do: {@code port=80: ...}, {@code port: ...} or {@code 'port'}; empty if it names none. */
    static String fieldNamed(String refusal, Map<String, String> answers) {
        String found = "";
        int first = Integer.MAX_VALUE;
        for (String field : answers.keySet()) {
            Matcher named = Pattern.compile(
                            "(?<![\\w.-])" + Pattern.quote(field) + "(?:=|: )|'" + Pattern.quote(field) + "'")
                    .matcher(refusal);
            if (named.find() && named.start() < first) {
                first = named.start();
                found = field;
            }
        }
        return found;
    }

    private void ask(
            String type, boolean extend, Map<String, String> answers, Map<String, String> present, List<String> asked)
            throws CommandException {
        Map<String, String> before = new LinkedHashMap<>(present);
        while (true) {
            List<FormField> form = administration
                    .form(type, extend, withoutEmpty(answers))
                    .orElseThrow(() -> Forms.missing(administration, type, "'mainstay kit list' shows the kits"));
            Optional<FormField> next = form.stream()
                    .filter(field -> !answers.containsKey(field.name()))
                    .findFirst();
            if (next.isEmpty()) {
                return;
            }
            FormField field = next.get();
            // a stored secret is not shown to be typed over; one typed here is
            String proposed = extend && field.kind().equals(SECRET) && present.containsKey(field.name())
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

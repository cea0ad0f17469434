package org.mainstay.core.internal.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.internal.node.NodeRuntime;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.RegisteredKit;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.kit.Action;
import org.mainstay.kit.Field;

/** Kits by name and their forms. */
final class KitForms {
    /** Later fields may depend on earlier answers; a form that has not settled after so many rounds never will. */
    private static final int ROUNDS = 8;

    private final NodeRuntime.Access node;

    KitForms(NodeRuntime.Access node) {
        this.node = node;
    }

    /** Returns the kit a person means. @throws Refusal 7 with the kits there are, or 5 if the name is ambiguous */
    RegisteredKit named(String name) throws Refusal {
        List<RegisteredKit> kits = node.kits().named(name);
        if (kits.isEmpty()) {
            String usable = node.kits().all().stream()
                    .map(kit -> kit.descriptor().type())
                    .collect(Collectors.joining(", "));
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "there is no kit '" + name + "' on "
                            + node.cluster().snapshot().self() + "; usable: " + (usable.isEmpty() ? "none" : usable));
        }
        if (kits.size() > 1) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + name + "' is ambiguous; say one of "
                            + kits.stream().map(RegisteredKit::key).collect(Collectors.joining(", ")));
        }
        return kits.get(0);
    }

    /** Returns the kit of an instance. @throws Refusal 7 if it is not installed here */
    RegisteredKit of(String application, String type) throws Refusal {
        return node.kits()
                .find(application, type)
                .orElseThrow(() -> new Refusal(
                        ExitCode.NOT_FOUND,
                        "the kit " + application + "/" + type + " is not installed on "
                                + node.cluster().snapshot().self() + "; install its feature there first"));
    }

    /** Returns the fields to ask, given answers. */
    List<Field> fields(RegisteredKit kit, Action purpose, Map<String, String> answers, Lcd own) throws Refusal {
        Ended<List<Field>> form =
                Job.wait(node.runner().form(kit, purpose, answers, Resources.all(own)), 30, TimeUnit.SECONDS);
        if (!form.answered()) {
            throw new Refusal(ExitCode.SYSTEM_ERROR, "the form of kit " + kit.key() + " failed: " + form.message());
        }
        return form.value();
    }

    /**
     * Completes answers with defaults and checks them.
     *
     * @return all answers
     * @throws Refusal 5 for unknown keys, missing or wrong values
     */
    Map<String, String> complete(
            RegisteredKit kit, Action purpose, Map<String, String> given, Map<String, String> before, Lcd own)
            throws Refusal {
        Map<String, String> answers = new LinkedHashMap<>(before);
        answers.putAll(given);
        List<Field> fields = List.of();
        for (int round = 0; round < ROUNDS; round++) {
            fields = fields(kit, purpose, answers, own);
            Map<String, String> completed = FieldRules.withDefaults(fields, answers);
            if (completed.equals(answers)) {
                break;
            }
            answers = completed;
        }
        if (!kit.script()) {
            FieldRules.checkKeys(fields, given.keySet(), List.of());
        }
        FieldRules.checkValues(fields, answers);
        return answers;
    }
}

package org.mainstay.core.internal.admin;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.internal.run.RegisteredKit;
import org.mainstay.kit.Action;
import org.mainstay.kit.Field;

/**
 * Changes settings and properties of a resource. Settings but the priority and properties of scope CLUSTER change on every server
 * that has it; the priority and properties of scope SERVER are this server's.
 */
final class SetOperation {
    private static final Duration KIT_LIMIT = Duration.ofMinutes(30);

    private final Job job;
    private final Locking locking;
    private final KitForms forms;

    SetOperation(Job job, Locking locking) {
        this.job = job;
        this.locking = locking;
        this.forms = new KitForms(job.node());
    }

    Reply run(Request.SetResource request) throws Refusal {
        Instance instance = job.instance(request.tag());
        String before = Hierarchies.fingerprint(job.own(), request.tag());
        if (request.values().isEmpty()) {
            throw new Refusal(
                    ExitCode.SYNTAX,
                    "nothing to set; give NAME=VALUE, settings: " + String.join(", ", SettingValues.NAMES));
        }
        boolean settingsOnly = SettingValues.NAMES.containsAll(request.values().keySet())
                && job.node()
                        .kits()
                        .find(instance.application(), instance.type())
                        .isEmpty();
        RegisteredKit kit = settingsOnly ? null : forms.of(instance.application(), instance.type());
        List<Field> fields =
                kit == null ? List.of() : forms.fields(kit, Action.CREATE, instance.properties(), job.own());
        SettingValues values = SettingValues.split(fields, request.values());
        if (kit != null && !kit.script()) {
            FieldRules.checkKeys(fields, values.properties().keySet(), SettingValues.NAMES);
        }
        Map<String, String> merged = merged(instance.properties(), values.properties());
        if (!values.properties().isEmpty()) {
            FieldRules.checkValues(fields, merged);
        }
        values.apply(instance.settings());
        Map<String, String> everywhere = Hierarchies.everywhere(job.own(), request.tag());
        Map<String, Map<String, String>> newProperties = new TreeMap<>();
        boolean cluster = values.anySetting()
                || values.properties().keySet().stream().anyMatch(name -> scope(fields, name) == Field.Scope.CLUSTER);
        Map<String, String> concerned = cluster ? everywhere : Map.of(job.self(), request.tag());
        job.checkReachable(concerned.keySet());
        for (Map.Entry<String, String> entry : concerned.entrySet()) {
            locking.lock(job, entry.getKey(), List.of(entry.getValue()), describe(request));
        }
        job.checkSame(before, request.tag());
        for (Map.Entry<String, String> entry : concerned.entrySet()) {
            newProperties.put(entry.getKey(), properties(entry, values, fields));
        }
        for (Map.Entry<String, String> entry : concerned.entrySet()) {
            change(entry.getKey(), entry.getValue(), values, newProperties.get(entry.getKey()), kit);
        }
        priority(request.tag(), values.priority(), everywhere);
        int priority = Hierarchies.priorities(job.own(), request.tag()).getOrDefault(job.self(), 0);
        job.propose("set " + values.told(fields, instance, priority) + " of '" + request.tag() + "'");
        if (!values.properties().isEmpty() && instance.state().inService()) {
            job.remark("properties take effect when the kit next acts on the resource, at the latest when it is next"
                    + " brought into service");
        }
        return job.success("changed '" + request.tag() + "' on " + String.join(", ", concerned.keySet()));
    }

    /** What is set, for log and events. Values may be secrets: only the names are told. */
    static String describe(Request.SetResource request) {
        return "set " + String.join(", ", new TreeSet<>(request.values().keySet())) + " of '" + request.tag() + "'";
    }

    /** An empty value removes a property. */
    private static Map<String, String> merged(Map<String, String> before, Map<String, String> values) {
        Map<String, String> merged = new LinkedHashMap<>(before);
        merged.putAll(values);
        merged.values().removeIf(String::isEmpty);
        return merged;
    }

    private static Field.Scope scope(List<Field> fields, String name) {
        return FieldRules.find(fields, name).map(Field::scope).orElse(Field.Scope.CLUSTER);
    }

    /** Returns the properties on a server after the change, checked by its kit. */
    private Map<String, String> properties(Map.Entry<String, String> place, SettingValues values, List<Field> fields)
            throws Refusal {
        Map<String, String> before = job.lcd(place.getKey())
                .instance(place.getValue())
                .map(Instance::properties)
                .orElse(Map.of());
        Map<String, String> its = new LinkedHashMap<>(values.properties());
        if (!place.getKey().equals(job.self())) {
            its.keySet().removeIf(name -> scope(fields, name) == Field.Scope.SERVER);
        }
        if (its.isEmpty()) {
            return before;
        }
        Map<String, String> after = merged(before, its);
        job.peers().demand(place.getKey(), new Step.Validate(place.getValue(), after), KIT_LIMIT);
        return after;
    }

    private void change(
            String server, String tag, SettingValues values, Map<String, String> properties, RegisteredKit kit)
            throws Refusal {
        Instance before = job.lcd(server).instance(tag).orElse(null);
        if (before == null) {
            return;
        }
        Instance after = before.withSettings(values.apply(before.settings()));
        if (!properties.equals(before.properties())) {
            after = after.withProperties(
                    properties,
                    kit == null ? before.kitVersion() : kit.descriptor().version());
        }
        if (!after.equals(before)) {
            job.change(server, LcdChange.put(LcdSection.INSTANCES, tag, after));
            job.touches(server, tag);
        }
    }

    /** This server's priority stands in every record that pairs it with another; the partners hold the same records. */
    private void priority(String tag, int priority, Map<String, String> everywhere) throws Refusal {
        if (priority == 0) {
            return;
        }
        if (everywhere.size() == 1) {
            throw new Refusal(
                    ExitCode.INVALID_ARGUMENT,
                    "priority: '" + tag + "' is on " + job.self() + " only; priorities exist between servers");
        }
        for (Map.Entry<String, Integer> other :
                Hierarchies.priorities(job.own(), tag).entrySet()) {
            if (!other.getKey().equals(job.self()) && other.getValue() == priority) {
                throw new Refusal(
                        ExitCode.INVALID_ARGUMENT,
                        "priority: " + other.getKey() + " has priority " + priority + " already; choose another");
            }
        }
        for (Equivalency pair : Hierarchies.equivalencies(job.own(), tag)) {
            boolean first = pair.server().equals(job.self());
            Equivalency changed = new Equivalency(
                    pair.server(),
                    pair.tag(),
                    pair.otherServer(),
                    pair.otherTag(),
                    first ? priority : pair.priority(),
                    first ? pair.otherPriority() : priority);
            String partner = first ? pair.otherServer() : pair.server();
            for (String server : List.of(job.self(), partner)) {
                job.change(server, LcdChange.put(LcdSection.EQUIVALENCIES, changed.key(), changed));
                job.touches(server, everywhere.getOrDefault(server, tag));
            }
        }
    }
}

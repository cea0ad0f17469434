package org.mainstay.shell.internal.command.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.shell.internal.command.Forms;
import org.mainstay.shell.internal.command.config.ConfigDocument.DependencyPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.PathPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.RestrictionPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ServerPart;
import org.mainstay.shell.internal.view.Masking;

/** Finds what would be refused while a document is applied, before anything is changed. What only a kit's action finds is not seen. */
final class ConfigCheck {
    private final String self;
    private final ConfigDocument now;
    private final ConfigDocument wanted;
    private final Administration administration;
    private final List<String> refusals = new ArrayList<>();

    ConfigCheck(String self, ConfigDocument now, ConfigDocument wanted, Administration administration) {
        this.self = self;
        this.now = now;
        this.wanted = wanted;
        this.administration = administration;
    }

    /** Returns what would be refused, one sentence each that begins with the path in the document. */
    List<String> refusals() {
        wanted.servers().forEach(this::server);
        wanted.paths().forEach(this::path);
        wanted.resources().forEach(this::resource);
        wanted.dependencies().forEach(this::dependency);
        return List.copyOf(refusals);
    }

    private void refuse(String path, String why) {
        refusals.add(path + ": " + why);
    }

    private void member(String path, String server) {
        if (!now.servers().containsKey(server)) {
            refuse(
                    path,
                    "'" + server + "' is no member of this cluster; the members are "
                            + String.join(", ", now.servers().keySet()));
        }
    }

    private void server(String name, ServerPart part) {
        for (RestrictionPart restriction : part.restrictions()) {
            String path = "servers." + name + ".restrictions";
            if (restriction.server() == null) {
                refuse(path, "a restriction needs a server");
            } else if (now.servers().containsKey(name)) {
                member(path, restriction.server());
            }
        }
    }

    private void path(PathPart path) {
        String at = "paths (" + path.from() + " " + path.local() + " - " + path.to() + " " + path.remote() + ")";
        member(at, path.from());
        member(at, path.to());
        try {
            new CommPath(
                    "new",
                    path.to(),
                    path.local(),
                    path.remote(),
                    path.priority(),
                    path.intervalMillis(),
                    path.misses());
        } catch (IllegalArgumentException e) {
            refuse(at, e.getMessage());
        }
    }

    private void resource(String tag, ResourcePart part) {
        String at = "resources." + tag;
        settings(at, part.settings());
        Map<Integer, String> priorities = new TreeMap<>();
        part.on().forEach((server, instance) -> {
            member(at + ".on", server);
            if (instance.priority() < 1 || instance.priority() > Equivalency.MAX_PRIORITY) {
                refuse(at + ".on." + server + ".priority", "must be 1 to " + Equivalency.MAX_PRIORITY);
            }
            String other = priorities.putIfAbsent(instance.priority(), server);
            if (other != null) {
                refuse(at + ".on." + server + ".priority", "is " + instance.priority() + ", as on " + other);
            }
            settings(at + ".on." + server, instance.ownSettings());
            localRecovery(at + ".on." + server, tag, part, server);
        });
        ResourcePart present = now.resources().get(tag);
        String type = part.application() + "/" + part.type();
        if (present != null && !type.equals(present.application() + "/" + present.type())) {
            refuse(
                    at,
                    "it is a " + present.application() + "/" + present.type() + " now, not a " + type
                            + "; delete it first, or choose another tag");
            return;
        }
        String primary = ConfigPlan.primary(part);
        if (present == null) {
            created(at, type, primary, part);
        }
        part.on().forEach((server, instance) -> {
            InstancePart is = present == null ? null : present.on().get(server);
            if (is != null) {
                changed(at + ".on." + server, type, instance, is);
            } else if (present != null || !server.equals(primary)) {
                extended(at + ".on." + server, type, instance);
            }
        });
    }

    private void settings(String at, Map<String, String> settings) {
        settings.forEach((key, value) ->
                ConfigValues.wrongSetting(key, value).ifPresent(why -> refuse(at + ".settings." + key, why)));
    }

    /** ADM-194. */
    private void localRecovery(String at, String tag, ResourcePart part, String server) {
        String key = "localRecovery";
        ResourcePart present = now.resources().get(tag);
        InstancePart is = present == null ? null : present.on().get(server);
        boolean address = (part.application() + "/" + part.type()).equals("comm/ip");
        if (address
                && is != null
                && is.ownSettings()
                        .getOrDefault(key, present.settings().get(key))
                        .equals("no")
                && part.on()
                        .get(server)
                        .ownSettings()
                        .getOrDefault(key, part.settings().getOrDefault(key, "no"))
                        .equals("yes")) {
            refuse(
                    at + ".settings." + key,
                    "that of an IP address can only be switched on when it is created or extended");
        }
    }

    /** What the kit of the other server is told. What the form of an extend does not have, the kit finds by itself. */
    private void extended(String at, String type, InstancePart instance) {
        Optional<List<FormField>> form = administration.form(type, true, instance.all());
        if (form.isEmpty()) {
            refuse(at, unknown(type));
            return;
        }
        form.get().forEach(field -> {
            String value = instance.all().get(field.name());
            if (value != null) {
                property(at, form.get(), field.name(), value);
            }
        });
    }

    private String unknown(String type) {
        return Forms.isInstalled(administration, type)
                ? Forms.silent(type)
                : "there is no kit for '" + type + "' on " + self + "; 'mainstay kit list' shows what there is";
    }

    private void created(String at, String type, String server, ResourcePart part) {
        Map<String, String> given = ConfigValues.given(administration, part, server);
        Optional<List<FormField>> form = administration.form(type, false, given);
        if (form.isEmpty()) {
            if (server.equals(self)) {
                refuse(at, unknown(type));
            }
            return;
        }
        String there = at + ".on." + server;
        given.forEach((key, value) -> property(there, form.get(), key, value));
        for (FormField field : form.get()) {
            if (field.required()
                    && field.defaultValue().isEmpty()
                    && given.getOrDefault(field.name(), "").isEmpty()) {
                refuse(there + ".properties", "'" + field.name() + "' (" + field.label() + ") is missing");
            }
        }
    }

    private void changed(String at, String type, InstancePart instance, InstancePart present) {
        Optional<List<FormField>> form = administration.form(type, false, instance.properties());
        form.ifPresent(fields -> instance.properties().forEach((key, value) -> {
            if (!value.equals(present.all().get(key))) {
                property(at, fields, key, value);
            }
        }));
    }

    /** Kits of scripts have no form and take any key. */
    private void property(String at, List<FormField> form, String key, String value) {
        if (form.isEmpty() || value.equals(Masking.MASK)) {
            return;
        }
        String path = at + ".properties." + key;
        form.stream()
                .filter(field -> field.name().equals(key))
                .findFirst()
                .ifPresentOrElse(
                        field -> ConfigValues.wrongProperty(field, value).ifPresent(why -> refuse(path, why)),
                        () -> refuse(
                                path,
                                "is not known; what a kit finds by itself stands under 'found'; the kit knows "
                                        + String.join(
                                                ", ",
                                                form.stream()
                                                        .map(FormField::name)
                                                        .toList())));
    }

    private void dependency(DependencyPart pair) {
        for (String tag : List.of(pair.parent(), pair.child())) {
            Map<String, ResourcePart> known =
                    wanted.resources().containsKey(tag) ? wanted.resources() : now.resources();
            if (!known.containsKey(tag)) {
                refuse(
                        "dependencies (" + pair.parent() + ", " + pair.child() + ")",
                        "there is no resource '" + tag + "'");
            }
        }
    }
}

package org.mainstay.shell.internal.view;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;

/** What must not be shown of a resource's properties. */
public final class Masking {
    /** What stands for a secret. */
    public static final String MASK = "***";

    private static final String SECRET = "SECRET";

    private Masking() {}

    /** Returns the names of secret properties. Without its kit nobody knows which are secret, so all are. */
    public static Set<String> secrets(Platform platform, Instance instance) throws CommandException {
        return known(platform, instance).orElse(instance.properties().keySet());
    }

    /** Returns the names of secret properties as the kit says; empty where it is not there to say. */
    public static Optional<Set<String>> known(Platform platform, Instance instance) throws CommandException {
        return known(platform, instance.typeKey(), instance.properties());
    }

    /** As {@link #known(Platform, Instance)}, of properties that are not in the cluster yet. @param type {@code application/type} */
    public static Optional<Set<String>> known(Platform platform, String type, Map<String, String> properties)
            throws CommandException {
        return platform.administration()
                .form(type, false, properties)
                .map(form -> form.stream()
                        .filter(field -> field.kind().equals(SECRET))
                        .map(FormField::name)
                        .collect(Collectors.toSet()));
    }

    /** Returns the properties with secrets masked. */
    public static Map<String, String> masked(Platform platform, Instance instance) throws CommandException {
        Set<String> secrets = secrets(platform, instance);
        Map<String, String> values = new LinkedHashMap<>(instance.properties());
        values.replaceAll((key, value) -> secrets.contains(key) ? MASK : value);
        return values;
    }
}

package org.mainstay.shell.internal.view;

import java.util.LinkedHashMap;
import java.util.Map;
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
        return platform.administration()
                .form(instance.typeKey(), false, instance.properties())
                .map(form -> form.stream()
                        .filter(field -> field.kind().equals(SECRET))
                        .map(FormField::name)
                        .collect(Collectors.toSet()))
                .orElse(instance.properties().keySet());
    }

    /** Returns the properties with secrets masked. */
    public static Map<String, String> masked(Platform platform, Instance instance) throws CommandException {
        Set<String> secrets = secrets(platform, instance);
        Map<String, String> values = new LinkedHashMap<>(instance.properties());
        values.replaceAll((key, value) -> secrets.contains(key) ? MASK : value);
        return values;
    }
}

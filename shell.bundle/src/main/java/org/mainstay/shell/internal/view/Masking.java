package org.mainstay.shell.internal.view;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.mainstay.cluster.Administration.FormField;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Platform;

/**
 * What must not be shown of a resource's properties: what its kit calls a secret, and whatever the kit does not describe. It is
 * the kit's form that says which are secret; a kit that is missing, does not answer, or lacks the program that would tell it
 * (an OCF agent) says it of none.
 */
public final class Masking {
    /** What stands for a secret. */
    public static final String MASK = "***";

    private static final String SECRET = "SECRET";
    private static final Pattern NAMED_LIKE_A_SECRET =
            Pattern.compile("(?i).*(passw|passphrase|pass$|secret|token|credential|private|key|community).*");

    private final Set<String> hidden;
    private final Set<String> secrets;
    private final boolean described;

    private Masking(Set<String> names, Optional<List<FormField>> form) {
        Set<String> open = new HashSet<>();
        Set<String> declared = new HashSet<>();
        form.orElse(List.of()).forEach(field -> (field.kind().equals(SECRET) ? declared : open).add(field.name()));
        described = form.isPresent();
        hidden = new HashSet<>(names);
        hidden.removeAll(open);
        secrets = new HashSet<>(hidden);
        secrets.removeIf(name ->
                !declared.contains(name) && !NAMED_LIKE_A_SECRET.matcher(name).matches());
    }

    /** Asks the kit of a resource; without a platform that runs there is none to ask. */
    public static Masking of(Platform platform, Instance instance) throws CommandException {
        return of(platform, instance.typeKey(), instance.properties());
    }

    /** As {@link #of(Platform, Instance)}, of properties that are not in the cluster yet. @param type {@code application/type} */
    public static Masking of(Platform platform, String type, Map<String, String> properties) throws CommandException {
        return new Masking(
                properties.keySet(),
                platform.running() ? platform.administration().form(type, false, properties) : Optional.empty());
    }

    /** Returns the names of properties that are not shown. */
    public Set<String> hidden() {
        return Set.copyOf(hidden);
    }

    /**
     * Returns the names of those whose values are blotted out of other texts too: the declared secrets and, of what nobody describes, what
     * is named like one. All of the hidden would make logs unreadable.
     */
    public Set<String> secrets() {
        return Set.copyOf(secrets);
    }

    /**
     * Returns the names of those that are not repeated of what somebody wrote himself, and has to check: the secrets, and everything where
     * the kit says nothing.
     */
    public Set<String> notRepeated() {
        return described ? secrets() : hidden();
    }

    /** Returns the properties with the hidden ones masked. */
    public static Map<String, String> masked(Platform platform, Instance instance) throws CommandException {
        Set<String> hidden = of(platform, instance).hidden;
        Map<String, String> values = new LinkedHashMap<>(instance.properties());
        values.replaceAll((key, value) -> hidden.contains(key) ? MASK : value);
        return values;
    }
}

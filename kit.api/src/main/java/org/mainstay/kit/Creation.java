package org.mainstay.kit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The answer of a create or extend: the completed resource, or a refusal. Immutable; built by {@link #of} and withers. */
@ProviderType
public final class Creation {
    private final String id;
    private final Map<String, String> properties;
    private final List<String> children;
    private final List<String> remarks;
    private final String suggestedTag;
    private final String refusal;
    private final boolean exists;

    private Creation(
            String id,
            Map<String, String> properties,
            List<String> children,
            List<String> remarks,
            String suggestedTag,
            String refusal,
            boolean exists) {
        this.id = Objects.requireNonNull(id, "id");
        this.properties = Map.copyOf(properties);
        this.children = List.copyOf(children);
        this.remarks = List.copyOf(remarks);
        this.suggestedTag = suggestedTag;
        this.refusal = refusal;
        this.exists = exists;
    }

    /**
     * @param id what identifies the thing inside the kit, unique on the server, such as a drive or an address
     * @param properties all properties to store
     */
    public static Creation of(String id, Map<String, String> properties) {
        return new Creation(id, properties, List.of(), List.of(), null, null, false);
    }

    /**
     * Refuses.
     *
     * @param message the field, the value, what is allowed and what to do, in one line
     */
    public static Creation refused(String message) {
        return new Creation(
                "", Map.of(), List.of(), List.of(), null, Objects.requireNonNull(message, "message"), false);
    }

    /**
     * Refuses because another resource of this server protects the same thing already (exit code 4).
     *
     * @param message the field, the value, the other resource and what to do, in one line
     */
    public static Creation exists(String message) {
        return new Creation("", Map.of(), List.of(), List.of(), null, Objects.requireNonNull(message, "message"), true);
    }

    /** Adds an existing resource of this server that the new one depends on; the operator is told. */
    public Creation withChild(String tag) {
        return new Creation(id, properties, append(children, tag), remarks, suggestedTag, refusal, exists);
    }

    /** Sets one property. */
    public Creation withProperty(String key, String value) {
        Map<String, String> changed = new LinkedHashMap<>(properties);
        changed.put(key, value);
        return new Creation(id, changed, children, remarks, suggestedTag, refusal, exists);
    }

    /** Adds a line for the operator, such as a warning. */
    public Creation withRemark(String remark) {
        return new Creation(id, properties, children, append(remarks, remark), suggestedTag, refusal, exists);
    }

    /** Proposes the tag to use when the operator gave none, such as {@code pgsql-5432}. */
    public Creation withSuggestedTag(String tag) {
        return new Creation(id, properties, children, remarks, tag, refusal, exists);
    }

    private static List<String> append(List<String> list, String last) {
        List<String> longer = new ArrayList<>(list);
        longer.add(last);
        return longer;
    }

    public String id() {
        return id;
    }

    public Map<String, String> properties() {
        return properties;
    }

    public List<String> children() {
        return children;
    }

    public List<String> remarks() {
        return remarks;
    }

    public Optional<String> suggestedTag() {
        return Optional.ofNullable(suggestedTag);
    }

    /** Returns why the kit refuses; empty if it does not. */
    public Optional<String> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** Returns whether the refusal is that another resource protects the same thing already. */
    public boolean alreadyExists() {
        return exists;
    }
}

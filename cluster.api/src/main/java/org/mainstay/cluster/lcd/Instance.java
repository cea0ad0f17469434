package org.mainstay.cluster.lcd;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * A resource instance on the LCD's server (CMD-012).
 *
 * @param tag name for people, unique on the server, printable ASCII (ADM-118)
 * @param id internal identifier, unique on the server
 * @param application application name
 * @param type type name
 * @param kitVersion version of the kit that wrote the properties; empty for script kits and instances made by LCDI commands
 * @param info type-specific text (CMD-195)
 * @param properties the kit's own properties
 * @param state state as last recorded
 * @param reason why the state last changed, one line
 * @param failed set when it failed and stays in service unmonitored because no server may take it (ADM-074)
 * @param settings what an administrator may set
 * @param ownership who may run it
 * @param changedAt wall-clock time of the last change of state in milliseconds since 1970, for display only; 0 = never
 */
public record Instance(
        String tag,
        String id,
        String application,
        String type,
        String kitVersion,
        String info,
        Map<String, String> properties,
        InstanceState state,
        String reason,
        boolean failed,
        InstanceSettings settings,
        Ownership ownership,
        long changedAt) {

    public Instance {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(ownership, "ownership");
        if (tag.isEmpty() || !tag.chars().allMatch(c -> c >= 0x20 && c <= 0x7e)) {
            throw new IllegalArgumentException("tag '" + tag + "' must be printable ASCII and not empty");
        }
        properties = java.util.Collections.unmodifiableMap(new TreeMap<>(properties));
    }

    /** Returns a new instance, out of service, with default settings. */
    public static Instance create(String tag, String id, String application, String type) {
        return new Instance(
                tag,
                id,
                application,
                type,
                "",
                "",
                Map.of(),
                InstanceState.OSU,
                "created",
                false,
                InstanceSettings.DEFAULT,
                Ownership.NONE,
                0);
    }

    public String typeKey() {
        return application + "/" + type;
    }

    public Instance withState(InstanceState newState, String newReason, long at) {
        return new Instance(
                tag,
                id,
                application,
                type,
                kitVersion,
                info,
                properties,
                newState,
                newReason,
                failed,
                settings,
                ownership,
                at);
    }

    public Instance withOwnership(Ownership value) {
        return new Instance(
                tag,
                id,
                application,
                type,
                kitVersion,
                info,
                properties,
                state,
                reason,
                failed,
                settings,
                value,
                changedAt);
    }

    public Instance withSettings(InstanceSettings value) {
        return new Instance(
                tag,
                id,
                application,
                type,
                kitVersion,
                info,
                properties,
                state,
                reason,
                failed,
                value,
                ownership,
                changedAt);
    }

    public Instance withProperties(Map<String, String> value, String newKitVersion) {
        return new Instance(
                tag,
                id,
                application,
                type,
                newKitVersion,
                info,
                value,
                state,
                reason,
                failed,
                settings,
                ownership,
                changedAt);
    }

    public Instance withInfo(String value) {
        return new Instance(
                tag,
                id,
                application,
                type,
                kitVersion,
                value,
                properties,
                state,
                reason,
                failed,
                settings,
                ownership,
                changedAt);
    }

    public Instance withFailed(boolean value) {
        return new Instance(
                tag,
                id,
                application,
                type,
                kitVersion,
                info,
                properties,
                state,
                reason,
                value,
                settings,
                ownership,
                changedAt);
    }
}

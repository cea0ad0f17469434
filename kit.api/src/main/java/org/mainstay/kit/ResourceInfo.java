package org.mainstay.kit;

import java.util.Map;

/**
 * A resource as a kit sees it. Received, never constructed by kits.
 *
 * @param server name of the server this instance is on
 * @param tag name for people, unique on the server
 * @param id internal identifier, unique on the server (CMD-155)
 * @param application application name of its type, such as {@code comm}
 * @param type resource type, such as {@code ip}
 * @param properties the kit's own properties, unmodifiable
 * @param inService whether the instance is in service on its server
 */
public record ResourceInfo(
        String server,
        String tag,
        String id,
        String application,
        String type,
        Map<String, String> properties,
        boolean inService) {

    public ResourceInfo {
        properties = Map.copyOf(properties);
    }

    /** Returns the property, or {@code fallback} if it is absent or empty. */
    public String property(String key, String fallback) {
        String value = properties.get(key);
        return value == null || value.isEmpty() ? fallback : value;
    }
}

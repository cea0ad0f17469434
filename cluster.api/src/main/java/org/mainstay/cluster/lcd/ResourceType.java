package org.mainstay.cluster.lcd;

/**
 * An application and one resource type of it.
 *
 * @param application application name
 * @param type type name; empty for an application that has no types
 */
public record ResourceType(String application, String type) {
    public String key() {
        return application + "/" + type;
    }
}

package org.mainstay.cluster.lcd;

/**
 * The parent works only if the child works (HIER-010); both on the LCD's server.
 *
 * @param parent tag
 * @param child tag
 */
public record Dependency(String parent, String child) {
    public String key() {
        return parent + "\t" + child;
    }
}

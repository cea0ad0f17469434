package org.mainstay.cluster.lcd;

/**
 * A member of the cluster.
 *
 * @param name server name: letters, digits, dot, dash and underscore, at most 63 characters
 * @param address address used for joining and until a path exists
 * @param port the one TCP and UDP port of the server, for all its paths
 * @param keyPin SHA-256 of the public key (SubjectPublicKeyInfo) its certificate must carry, hexadecimal; while a key rolls over two with a
 *     comma between them, the present and the next
 */
public record Member(String name, String address, int port, String keyPin) {

    public static final String NAME_RULE =
            "a server name has 1 to 63 letters, digits, dots, dashes or underscores and begins with a letter or digit";

    public Member {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
            throw new IllegalArgumentException("'" + name + "' is not a server name: " + NAME_RULE);
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the port must be 1 to 65535, not " + port);
        }
    }
}

package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A password file as libpq reads it: lines {@code host:port:database:user:password}, {@code *} matches, a backslash quotes. */
final class PasswordFile {
    private PasswordFile() {}

    /** Returns the password of the first line that matches. @throws IOException if others may read the file, or we cannot */
    static Optional<String> find(Path file, String host, int port, String database, String user) throws IOException {
        Set<PosixFilePermission> modes = Files.getPosixFilePermissions(file);
        if (modes.contains(PosixFilePermission.GROUP_READ) || modes.contains(PosixFilePermission.OTHERS_READ)) {
            throw new IOException(
                    Settings.PASSWORD_FILE + "=" + file + " can be read by others and is not used: chmod 600 " + file);
        }
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
            List<String> fields = line.startsWith("#") ? List.of() : split(line);
            if (fields.size() == 5
                    && (matches(fields.get(0), host) || fields.get(0).equals("localhost"))
                    && matches(fields.get(1), String.valueOf(port))
                    && matches(fields.get(2), database)
                    && matches(fields.get(3), user)) {
                return Optional.of(fields.get(4));
            }
        }
        return Optional.empty();
    }

    private static boolean matches(String field, String value) {
        return field.equals("*") || field.equals(value);
    }

    private static List<String> split(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                field.append(line.charAt(++i));
            } else if (c == ':' && fields.size() < 4) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}

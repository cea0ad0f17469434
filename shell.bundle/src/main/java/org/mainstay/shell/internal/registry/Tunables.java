package org.mainstay.shell.internal.registry;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.mainstay.cluster.ExitCode;

/** {@code etc/default/LifeKeeper}, read when used (CORE-080). */
public final class Tunables {
    private final Map<String, String> values;

    private Tunables(Map<String, String> values) {
        this.values = values;
    }

    /** Reads the file; without the file every tunable has its default. */
    public static Tunables read(Path home) throws CommandException {
        Path file = home.resolve("etc/default/LifeKeeper");
        Map<String, String> values = new HashMap<>();
        try {
            for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
                int equals = line.indexOf('=');
                if (equals > 0 && !line.strip().startsWith("#")) {
                    values.put(
                            line.substring(0, equals).strip(),
                            unquoted(line.substring(equals + 1).strip()));
                }
            }
        } catch (NoSuchFileException e) {
            return new Tunables(Map.of());
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "etc/default/LifeKeeper cannot be read: " + e.getMessage());
        }
        return new Tunables(values);
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    public String text(String name, String defaultValue) {
        String value = values.getOrDefault(name, "");
        return value.isEmpty() ? defaultValue : value;
    }

    public BigDecimal decimal(String name, BigDecimal defaultValue) throws CommandException {
        String value = values.getOrDefault(name, "");
        try {
            return value.isEmpty() ? defaultValue : new BigDecimal(value);
        } catch (NumberFormatException e) {
            throw CommandException.invalid(
                    name + " in etc/default/LifeKeeper must be a number, not '" + value + "'; correct the file");
        }
    }

    public int integer(String name, int defaultValue) throws CommandException {
        String value = values.getOrDefault(name, "");
        try {
            return value.isEmpty() ? defaultValue : Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw CommandException.invalid(
                    name + " in etc/default/LifeKeeper must be a whole number, not '" + value + "'; correct the file");
        }
    }
}

package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code etc/fencing}: one section per device.
 *
 * <pre>
 * [power-b]                        a name
 * server=B                         the server it fences
 * level=1                          optional, 1 to 9
 * agent=fence_ipmilan              a fence agent of this machine, "watchdog" or "manual"
 * option.ip=10.0.9.2               parameters of the agent, see its manual page
 * option.username=admin
 * secret.password=secrets/power-b  file with the value, below etc/ or absolute, mode 0600
 * action=off                       or cycle: off, confirmed, then on again
 * timeout=60                       seconds, 1 to 3600
 * retries=2                        0 to 20
 * verify=status                    or none, for agents that cannot tell a status
 * </pre>
 */
final class FencingFile {
    private static final Set<String> KEYS =
            Set.of("server", "level", "agent", "action", "timeout", "retries", "verify");
    private static final String OPTION = "option.";
    private static final String SECRET = "secret.";

    private final Path folder;
    private final List<Device> devices = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private String section = "";
    private int sectionLine;
    private Map<String, String> values = new LinkedHashMap<>();

    private FencingFile(Path folder) {
        this.folder = folder;
    }

    /**
     * Reads the file.
     *
     * @return the devices by server, level and name; none if there is no file
     */
    static List<Device> read(Path file) throws IOException, FencingProblem {
        return read(file, file.toAbsolutePath().getParent());
    }

    /** As {@link #read(Path)}. @param folder where relative names of files with secrets begin */
    static List<Device> read(Path file, Path folder) throws IOException, FencingProblem {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return new FencingFile(folder).parse(text);
    }

    private List<Device> parse(String text) throws FencingProblem {
        int number = 0;
        for (String raw : text.split("\\R")) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[") && line.endsWith("]")) {
                finish();
                section = line.substring(1, line.length() - 1).strip();
                sectionLine = number;
                if (!section.matches("[A-Za-z0-9._-]{1,63}") || !names.add(section)) {
                    throw wrong(number, "[" + section + "] must be a new name of letters, digits, dots and dashes");
                }
            } else {
                setting(line, number);
            }
        }
        finish();
        devices.sort(Comparator.comparing(Device::server)
                .thenComparingInt(Device::level)
                .thenComparing(Device::name));
        return List.copyOf(devices);
    }

    private void setting(String line, int number) throws FencingProblem {
        int equals = line.indexOf('=');
        if (equals <= 0) {
            throw wrong(number, "'" + line + "' is neither [NAME] nor KEY=VALUE");
        }
        if (section.isEmpty()) {
            throw wrong(number, "a setting before the first [NAME]");
        }
        String key = line.substring(0, equals).strip();
        String value = line.substring(equals + 1).strip();
        if (!KEYS.contains(key) && !key.startsWith(OPTION) && !key.startsWith(SECRET)) {
            throw wrong(
                    number,
                    "'" + key + "' is not known; parameters of the agent are written option." + key + "=... or secret."
                            + key + "=FILE");
        }
        if (key.startsWith(OPTION) && secret(key)) {
            throw wrong(
                    number,
                    "'" + key + "' looks like a password: write it into a file of mode 0600 and name that with "
                            + SECRET + key.substring(OPTION.length()) + "=FILE");
        }
        if (values.put(key, value) != null) {
            throw wrong(number, "'" + key + "' is there twice in [" + section + "]");
        }
    }

    private static boolean secret(String key) {
        String name = key.toLowerCase(Locale.ROOT);
        boolean password = name.contains("passw") || name.endsWith(".token") || name.contains("secret");
        return password && !name.endsWith("_script");
    }

    private static FencingProblem wrong(int line, String what) {
        return new FencingProblem("etc/fencing line " + line + ": " + what);
    }

    private void finish() throws FencingProblem {
        if (section.isEmpty()) {
            return;
        }
        Map<String, String> options = new HashMap<>();
        Map<String, Path> secrets = new HashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(OPTION)) {
                options.put(key.substring(OPTION.length()), value);
            } else if (key.startsWith(SECRET)) {
                secrets.put(key.substring(SECRET.length()), folder.resolve(value));
            }
        });
        String agent = needed("agent");
        Device.Kind kind = switch (agent) {
            case "watchdog" -> Device.Kind.WATCHDOG;
            case "manual" -> Device.Kind.MANUAL;
            default -> Device.Kind.AGENT;
        };
        if (kind != Device.Kind.AGENT && !(options.isEmpty() && secrets.isEmpty())) {
            throw wrong(sectionLine, "[" + section + "]: " + agent + " has no parameters");
        }
        devices.add(new Device(
                section,
                needed("server"),
                number("level", 1, 1, 9),
                kind,
                kind == Device.Kind.AGENT ? agent : "",
                options,
                secrets,
                choice("action", "off", "cycle").equals("cycle"),
                choice("verify", "status", "none").equals("status"),
                1000L * number("timeout", 60, 1, 3600),
                number("retries", 2, 0, 20)));
        values = new LinkedHashMap<>();
    }

    private String needed(String key) throws FencingProblem {
        String value = values.getOrDefault(key, "");
        if (value.isEmpty()) {
            throw wrong(sectionLine, "[" + section + "] needs " + key + "=...");
        }
        return value;
    }

    private String choice(String key, String usual, String other) throws FencingProblem {
        String value = values.getOrDefault(key, usual);
        if (!value.equals(usual) && !value.equals(other)) {
            throw wrong(
                    sectionLine,
                    "[" + section + "] " + key + "=" + value + ": " + usual + " or " + other + " is allowed");
        }
        return value;
    }

    private int number(String key, int usual, int least, int most) throws FencingProblem {
        String value = values.getOrDefault(key, Integer.toString(usual));
        if (value.matches("[0-9]{1,6}") && Integer.parseInt(value) >= least && Integer.parseInt(value) <= most) {
            return Integer.parseInt(value);
        }
        throw wrong(
                sectionLine, "[" + section + "] " + key + "=" + value + ": " + least + " to " + most + " is allowed");
    }
}

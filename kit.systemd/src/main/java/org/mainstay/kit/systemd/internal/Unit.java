package org.mainstay.kit.systemd.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;

/**
 * A unit as systemd sees it at one moment.
 *
 * @param name its real name, such as {@code nginx.service}, also where it was asked for by an alias: systemd names the
 *     control group and reads drop-ins by it
 * @param properties as {@code systemctl show} prints them
 */
record Unit(String name, Map<String, String> properties) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9:_.\\\\@-]{1,250}");
    private static final List<String> SUFFIXES =
            List.of("service", "socket", "timer", "path", "mount", "automount", "swap", "target", "slice", "scope");
    private static final String ASKED =
            "LoadState,ActiveState,SubState,UnitFileState,Result,Restart,ControlGroup,Slice,TriggeredBy,StatusText,Id,"
                    + "NeedDaemonReload,Job";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    Unit {
        properties = Map.copyOf(properties);
    }

    /** Completes a name as systemctl does. @throws IllegalArgumentException whose message says what is allowed */
    static String fullName(String text) {
        String suffix = text.substring(text.lastIndexOf('.') + 1);
        String full = text.indexOf('.') >= 0 && SUFFIXES.contains(suffix) ? text : text + ".service";
        if (!NAME.matcher(full).matches() || full.startsWith("-") || full.startsWith(".")) {
            throw new IllegalArgumentException("unit '" + text + "' is no name of a unit: write it as nginx.service");
        }
        if (!full.endsWith(".service")) {
            throw new IllegalArgumentException("unit '" + text
                    + "' is no service: a timer, socket, path or target goes on starting what it starts, and stopping it"
                    + " stops nothing; name the service itself");
        }
        if (full.contains("@.")) {
            throw new IllegalArgumentException(
                    "unit '" + text + "' is a template: name one of its instances, such as postgresql@15-main.service");
        }
        return full;
    }

    /** @throws IllegalStateException if systemd does not answer; the message says why */
    static Unit look(Host host, String systemctl, String name) {
        CommandResult result = host.run(Command.of(systemctl, "--no-pager", "show", "--property=" + ASKED, "--", name)
                .timeLimit(LIMIT)
                .build());
        Map<String, String> properties = new LinkedHashMap<>();
        result.output().lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                properties.put(line.substring(0, equals), line.substring(equals + 1));
            }
        });
        if (!result.succeeded() || !properties.containsKey("ActiveState")) {
            throw new IllegalStateException("systemd does not answer about " + name + ": " + result.summary());
        }
        String real = properties.getOrDefault("Id", "");
        return new Unit(real.isEmpty() ? name : real, properties);
    }

    private String get(String key) {
        return properties.getOrDefault(key, "");
    }

    boolean loaded() {
        return get("LoadState").equals("loaded");
    }

    String loadState() {
        return get("LoadState");
    }

    boolean active() {
        return List.of("active", "reloading", "refreshing").contains(get("ActiveState"));
    }

    boolean failed() {
        return get("ActiveState").equals("failed");
    }

    /** Returns whether nothing of it runs; a failed unit counts once its control group is empty. */
    boolean stopped() {
        return get("ActiveState").equals("inactive") || failed();
    }

    /**
     * Returns the number of what systemd is still to do with it; empty if nothing. A start that waits for other units leaves the unit
     * inactive until its turn, and goes on waiting whoever has given up asking for it.
     */
    String job() {
        return get("Job").equals("0") ? "" : get("Job");
    }

    /** Returns whether nothing of it runs and systemd will start nothing of it either. */
    boolean atRest() {
        return stopped() && job().isEmpty();
    }

    /** Returns whether the system starts it by itself at boot. */
    boolean enabled() {
        return get("UnitFileState").startsWith("enabled");
    }

    boolean masked() {
        return get("LoadState").equals("masked");
    }

    /** Returns whether systemd knows that its files have changed since it read them. */
    boolean stale() {
        return get("NeedDaemonReload").equals("yes");
    }

    /** Returns whether systemd starts it again by itself when it ends. */
    boolean restartsItself() {
        return !List.of("", "no").contains(get("Restart"));
    }

    /** Returns the units that may start it by themselves. */
    List<String> triggers() {
        return get("TriggeredBy").isBlank()
                ? List.of()
                : List.of(get("TriggeredBy").split("\\s+"));
    }

    /** Returns the control group, or where systemd will make it, below the root of the groups. */
    String controlGroup() {
        String now = get("ControlGroup");
        if (!now.isEmpty()) {
            return now;
        }
        String slice = get("Slice").isEmpty() ? "system.slice" : get("Slice");
        List<String> folders = new ArrayList<>();
        Matcher dash = Pattern.compile("-").matcher(slice);
        while (dash.find()) {
            folders.add(slice.substring(0, dash.start()) + ".slice");
        }
        folders.add(slice);
        return "/" + String.join("/", folders) + "/" + name;
    }

    /** Returns the state for people, such as {@code active (running)}. */
    String state() {
        String why = get("Result").isEmpty() || get("Result").equals("success") ? "" : ", result " + get("Result");
        String said = get("StatusText").isEmpty() ? "" : ": " + get("StatusText");
        String waits = job().isEmpty() ? "" : ", job " + job() + " of systemd waits";
        return get("ActiveState") + " (" + get("SubState") + ")" + why + said + waits;
    }
}

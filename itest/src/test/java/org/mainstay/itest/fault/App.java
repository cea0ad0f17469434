package org.mainstay.itest.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * A protected application made of scripts that do what a test tells them: wait at their beginning, fail, or run code of the
 * test. Each step is written to a history that all machines share; the application itself is one process per machine.
 */
public final class App {
    /** Beginning of the command line of the application's process; the tag follows. */
    public static final String MARK = "protected-";

    private static final Duration STEP_LIMIT = Duration.ofSeconds(60);

    private final String tag;
    private final Path folder;

    private App(String tag, Path folder) {
        this.tag = tag;
        this.folder = folder;
    }

    /** Writes the scripts; nothing is protected yet. */
    public static App write(Lab lab, String tag) {
        App app = new App(tag, lab.directory().resolve("app-" + tag));
        try {
            Files.createDirectories(app.folder);
            for (String action : List.of("restore", "remove", "quickCheck")) {
                Path script = app.folder.resolve(action);
                Files.writeString(script, script(action));
                Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Files.writeString(app.folder.resolve("history"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return app;
    }

    private static String script(String action) {
        String body = switch (action) {
            case "restore" -> """
                            if ! alive; then
                                (exec -a "%s$tag" perl -e 'sleep while 1' </dev/null >/dev/null 2>&1 3>&-) &
                                echo $! > "$dir/pid-$me"
                                until alive; do sleep 0.02; done
                                after $!
                            fi
                            """.formatted(MARK);
            case "remove" -> """
                            if alive; then
                                kill -9 "$(cat "$dir/pid-$me")"
                                while alive; do sleep 0.02; done
                            fi
                            """;
            default -> "alive || { echo \"the process of $tag is gone\"; exit 1; }\n";
        };
        return """
                #!/bin/bash
                dir=$(dirname "$0"); me=$(hostname); tag=$2; action=%s
                alive() {
                    local pid; pid=$(cat "$dir/pid-$me" 2>/dev/null) || return 1
                    [ "$(tr '\\0' ' ' 2>/dev/null < "/proc/$pid/cmdline" | cut -d' ' -f1)" = "%s$tag" ]
                }
                after() { :; }
                note() { [ "$action" = quickCheck ] && [ "$1" = end ] || echo "$me $action $1" >> "$dir/history"; }
                note begin
                while [ -e "$dir/hold-$action-$me" ]; do sleep 0.05; done
                if [ -e "$dir/fail-$action-$me" ]; then echo "$action of $tag on $me was told to fail"; exit 1; fi
                if [ -e "$dir/code-$action-$me" ]; then . "$dir/code-$action-$me"; fi
                %snote end
                """.formatted(action, MARK, body);
    }

    public String tag() {
        return tag;
    }

    /** Returns what the sampler calls this application. */
    public String sign() {
        return "application " + tag;
    }

    /** Creates the resource on a server, in service, and extends it to others. */
    public void protect(Server first, List<Server> others, String... settings) {
        create(first, settings);
        others.forEach(other -> first.mainstay("resource", "extend", tag, "--to", other.name()));
    }

    /** Creates the resource on a server, in service. */
    public void create(Server server, String... settings) {
        List<String> command = new ArrayList<>(List.of("resource", "create", "app", "--tag", tag));
        for (String action : List.of("restore", "remove", "quickCheck")) {
            command.addAll(List.of("--set", action + "=" + folder.resolve(action)));
        }
        for (String setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        server.mainstay(command.toArray(String[]::new));
    }

    /** Makes an action wait at its beginning on a server until {@link #let}. */
    public void hold(String action, Server server) {
        put("hold-" + action + "-" + server.name(), "");
    }

    public void let(String action, Server server) {
        drop("hold-" + action + "-" + server.name());
    }

    public void fail(String action, Server server, boolean fails) {
        if (fails) {
            put("fail-" + action + "-" + server.name(), "");
        } else {
            drop("fail-" + action + "-" + server.name());
        }
    }

    /** Runs shell code at the beginning of an action on a server; it may define {@code after PID} to follow the start. */
    public void code(String action, Server server, String code) {
        put("code-" + action + "-" + server.name(), code);
    }

    public void noCode(String action, Server server) {
        drop("code-" + action + "-" + server.name());
    }

    private void put(String name, String content) {
        try {
            Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void drop(String name) {
        try {
            Files.deleteIfExists(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the steps so far, such as {@code A restore begin}. */
    public List<String> history() {
        try {
            return Files.readAllLines(folder.resolve("history"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns how often a step was made so far. */
    public long count(Server server, String action, String step) {
        String line = server.name() + " " + action + " " + step;
        return history().stream().filter(line::equals).count();
    }

    /** Waits until a step was made more often than before. */
    public void awaitStep(Server server, String action, String step, long before) {
        Await.until(
                tag + ": " + server.name() + " " + action + " " + step,
                STEP_LIMIT,
                () -> count(server, action, step) > before,
                () -> String.join("\n", history()) + "\n" + server.logs());
    }

    /** Returns the ids, as seen from outside, of the application's processes on a server. */
    public Set<Long> processes(Server server) {
        Set<Long> pids = new TreeSet<>();
        for (long pid : LifeSigns.processes(server.machine())) {
            try {
                if (Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"))
                        .startsWith(MARK + tag + "\0")) {
                    pids.add(pid);
                }
            } catch (IOException e) {
                // it has just ended
                continue;
            }
        }
        return pids;
    }
}

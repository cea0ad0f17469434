package org.mainstay.itest.lab;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A machine with Mainstay installed from the distribution, driven by its command line as an administrator would. */
public final class Server {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);

    private final Machine machine;
    private final Path labDirectory;
    private String home = "";

    Server(Machine machine, Path labDirectory) {
        this.machine = machine;
        this.labDirectory = labDirectory;
    }

    public Machine machine() {
        return machine;
    }

    public String name() {
        return machine.name();
    }

    /** Returns the installation folder as the machine sees it. */
    public String home() {
        return home;
    }

    void install(Path distribution) {
        // From outside: the machine's own disks may hide the folder the distribution lies in.
        Path disk = Path.of("/proc", String.valueOf(machine.firstProcess()), "root", Machine.HOME_PARENT);
        Exec.run("tar", "-xzf", distribution.toString(), "-C", disk.toString()).orThrow();
        String folder = machine.run("sh", "-c", "ls -d " + Machine.HOME_PARENT + "/mainstay-*")
                .orThrow()
                .strip();
        home = folder;
        machine.run("sync", "-f", home).orThrow();
    }

    /** Runs a tool of {@code bin/}. */
    public Exec.Result bin(String tool, String... arguments) {
        List<String> command = new ArrayList<>(List.of(home + "/bin/" + tool));
        command.addAll(List.of(arguments));
        return machine.run(COMMAND_LIMIT, command);
    }

    /** Runs {@code bin/mainstay} and expects success. */
    public String mainstay(String... arguments) {
        return bin("mainstay", arguments).orThrow();
    }

    /** Starts Mainstay and waits until it is ready. */
    public void start() {
        // A busy test machine may need longer than lkstart waits by itself.
        Exec.Result result = bin("lkstart", "-w", String.valueOf(COMMAND_LIMIT.toSeconds() - 10));
        if (result.exitCode() != 0) {
            throw new LabException("lkstart on " + name() + " ended with " + result.exitCode() + ":\n" + result.output()
                    + "\n" + logs());
        }
    }

    /** Returns the cluster as this server sees it, empty while it cannot tell. */
    public Optional<JsonObject> status() {
        Exec.Result result = bin("mainstay", "status", "--json");
        if (result.exitCode() != 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(JsonParser.parseString(result.output()).getAsJsonObject());
        } catch (JsonSyntaxException | IllegalStateException e) {
            throw new LabException(
                    "status --json of " + name() + " is not JSON: " + e.getMessage() + "\n" + result.output());
        }
    }

    /** Returns the state of a resource on a server as this server sees it; empty if it does not know it. */
    public String state(String tag, String onServer) {
        return status().map(status -> {
                    for (JsonElement element : status.getAsJsonArray("resources")) {
                        JsonObject resource = element.getAsJsonObject();
                        if (resource.get("tag").getAsString().equals(tag)
                                && resource.get("server").getAsString().equals(onServer)) {
                            return resource.get("state").getAsString();
                        }
                    }
                    return "";
                })
                .orElse("");
    }

    /** Waits until this server sees the resource in the state on a server. */
    public void await(String tag, String onServer, String state, Duration limit) {
        Await.until(
                tag + " is " + state + " on " + onServer + ", seen from " + name(),
                limit,
                () -> state(tag, onServer).equals(state),
                () -> bin("mainstay", "status").output() + "\n" + logs());
    }

    /** Returns the process ids of this server's Karaf, as the machine sees them. */
    public List<Long> managerProcesses() {
        return machine.processes("org.apache.karaf.main.Main");
    }

    /** Returns the process ids of this server's guard, as the machine sees them. */
    public List<Long> guardProcesses() {
        return machine.processes("org.mainstay.guard.GuardMain");
    }

    /** Returns the process ids of this server's mirror engine, as the machine sees them. */
    public List<Long> engineProcesses() {
        return machine.processes("org.mainstay.mirror.engine.MirrorEngineMain");
    }

    /** Returns whether every mirror of a volume is in step, as this server hears it. */
    public boolean inStep(String tag) {
        Exec.Result result = bin("mainstay", "mirror", "status", tag, "--json");
        if (result.exitCode() != 0) {
            return false;
        }
        int links = 0;
        for (JsonElement side :
                JsonParser.parseString(result.output()).getAsJsonObject().getAsJsonArray("sides")) {
            for (JsonElement link : side.getAsJsonObject().getAsJsonArray("links")) {
                links++;
                if (link.getAsJsonObject().get("code").getAsInt() != 1) {
                    return false;
                }
            }
        }
        return links > 0;
    }

    /** Returns the ends of the server's logs, for failure messages. */
    public String logs() {
        if (!machine.isOn()) {
            return "(" + name() + " is off)";
        }
        return machine.run(
                        "sh",
                        "-c",
                        "cd \"$1\" && for f in data/log/*; do echo \"== " + name() + " $f\"; tail -n 60 \"$f\"; done",
                        "sh",
                        home)
                .output();
    }

    @Override
    public String toString() {
        return "server " + name() + " in " + labDirectory;
    }
}

package org.mainstay.quorum.internal.fence;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs fence agents as the cluster agents' contract says: parameters as {@code key=value} lines on standard input, never as
 * arguments that anybody could read, results as exit codes. Thread-safe; calls block.
 */
final class Agents {
    private static final Logger LOG = LoggerFactory.getLogger(Agents.class);
    private static final List<Path> FOLDERS =
            List.of(Path.of("/usr/local/sbin"), Path.of("/usr/local/bin"), Path.of("/usr/sbin"), Path.of("/usr/bin"));
    private static final String SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private static final long METADATA_LIMIT_MILLIS = 30_000;
    private static final int KEPT_OUTPUT = 16_384;
    private static final int SHOWN_OUTPUT = 300;
    private static final long END_MILLIS = 2_000;

    private final Map<String, Known> known = new ConcurrentHashMap<>();

    private record Known(Object version, AgentMetadata metadata) {}

    /** Checks that an agent is there and takes the device's parameters. */
    void check(Device device) throws FencingProblem, InterruptedException {
        metadata(device).check(device);
        for (String name : device.secrets().keySet()) {
            secret(device, name);
        }
    }

    private AgentMetadata metadata(Device device) throws FencingProblem, InterruptedException {
        Path program = program(device.agent());
        Object version;
        try {
            version = Files.getLastModifiedTime(program);
        } catch (IOException e) {
            throw new FencingProblem("[" + device.name() + "]: " + program + " cannot be read: " + e.getMessage());
        }
        Known before = known.get(device.agent());
        if (before != null && before.version().equals(version)) {
            return before.metadata();
        }
        AgentRun run = run(List.of(program.toString(), "-o", "metadata"), "", METADATA_LIMIT_MILLIS, true);
        if (!run.succeeded()) {
            // some agents know the action on standard input only
            run = run(List.of(program.toString()), "action=metadata\n", METADATA_LIMIT_MILLIS, true);
        }
        if (!run.succeeded()) {
            throw new FencingProblem("[" + device.name() + "]: the metadata of " + device.agent()
                    + " cannot be had: it " + shortened(run.text()));
        }
        AgentMetadata metadata = AgentMetadata.parse(run.output());
        known.put(device.agent(), new Known(version, metadata));
        return metadata;
    }

    private static Path program(String agent) throws FencingProblem {
        if (agent.startsWith("/")) {
            if (Files.isExecutable(Path.of(agent))) {
                return Path.of(agent);
            }
        } else if (agent.matches("fence_[A-Za-z0-9_-]+")) {
            for (Path folder : FOLDERS) {
                if (Files.isExecutable(folder.resolve(agent))) {
                    return folder.resolve(agent);
                }
            }
        } else {
            throw new FencingProblem("'" + agent + "' is not a fence agent: give a name fence_..., an absolute path, "
                    + "watchdog or manual");
        }
        throw new FencingProblem(
                "the fence agent " + agent + " is not on this server; install the package fence-agents");
    }

    /** Runs an action of a device's agent. */
    AgentRun run(Device device, String action, long limitMillis) throws InterruptedException {
        try {
            StringBuilder input = new StringBuilder("action=" + action + "\n");
            new TreeMap<>(device.options())
                    .forEach((name, value) ->
                            input.append(name).append('=').append(value).append('\n'));
            for (String name : new TreeMap<>(device.secrets()).keySet()) {
                input.append(name).append('=').append(secret(device, name)).append('\n');
            }
            AgentRun run = run(List.of(program(device.agent()).toString()), input.toString(), limitMillis, false);
            return new AgentRun(run.exitCode(), hidden(device, run.output()));
        } catch (FencingProblem e) {
            return new AgentRun(AgentRun.NOT_STARTED, e.getMessage());
        }
    }

    /** Agents in debug mode print what they were given. */
    private static String hidden(Device device, String output) throws FencingProblem {
        String text = output;
        for (String name : device.secrets().keySet()) {
            String secret = secret(device, name);
            text = secret.isEmpty() ? text : text.replace(secret, "***");
        }
        return shortened(text);
    }

    private static String secret(Device device, String name) throws FencingProblem {
        Path file = device.secrets().get(name);
        try {
            Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
            permissions.remove(PosixFilePermission.OWNER_READ);
            permissions.remove(PosixFilePermission.OWNER_WRITE);
            if (!permissions.isEmpty()) {
                throw new FencingProblem("[" + device.name() + "]: others may read " + file + ", which holds " + name
                        + ": run 'chmod 600 " + file + "'");
            }
            return Files.readString(file).lines().findFirst().orElse("");
        } catch (IOException e) {
            throw new FencingProblem(
                    "[" + device.name() + "]: the file with " + name + " cannot be read: " + e.getMessage());
        }
    }

    private static AgentRun run(List<String> command, String input, long limitMillis, boolean whole)
            throws InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().put("PATH", SEARCH_PATH);
        builder.environment().put("LANG", "C.UTF-8");
        builder.directory(new java.io.File("/"));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return new AgentRun(AgentRun.NOT_STARTED, e.getMessage());
        }
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Thread reader = daemon(() -> drain(process.getInputStream(), output), "mainstay-fence-output");
        // an agent that never reads must not hold up its own time limit
        daemon(() -> feed(process.getOutputStream(), input), "mainstay-fence-input");
        try {
            boolean ended = process.waitFor(limitMillis, TimeUnit.MILLISECONDS);
            reader.join(ended ? END_MILLIS : 1);
            String text = text(output, whole);
            return new AgentRun(ended ? process.exitValue() : AgentRun.TIMED_OUT, text);
        } finally {
            end(process);
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void feed(OutputStream to, String input) {
        try (to) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.debug("a fence agent did not read its parameters", e);
        }
    }

    private static void drain(InputStream from, ByteArrayOutputStream into) {
        byte[] buffer = new byte[4096];
        try (from) {
            for (int size = from.read(buffer); size >= 0; size = from.read(buffer)) {
                synchronized (into) {
                    if (into.size() < KEPT_OUTPUT * 16) {
                        into.write(buffer, 0, size);
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the output of a fence agent ended", e);
        }
    }

    private static String text(ByteArrayOutputStream output, boolean whole) {
        synchronized (output) {
            String text = output.toString(StandardCharsets.UTF_8).strip();
            if (whole) {
                return text;
            }
            return text.length() <= KEPT_OUTPUT ? text : text.substring(text.length() - KEPT_OUTPUT);
        }
    }

    private static String shortened(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() <= SHOWN_OUTPUT ? line : "..." + line.substring(line.length() - SHOWN_OUTPUT);
    }

    /** Ends the agent with all it started; what is left of it would go on switching plugs. */
    private static void end(Process process) {
        List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
    }
}

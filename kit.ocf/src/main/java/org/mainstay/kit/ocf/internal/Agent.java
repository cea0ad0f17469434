package org.mainstay.kit.ocf.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.ResourceInfo;

/**
 * An installed resource agent (OCF resource agent API 1.1): a program that is called with the name of an action and finds
 * everything else in its environment.
 *
 * @param provider such as {@code heartbeat}
 * @param type such as {@code Filesystem}
 * @param program its file
 */
record Agent(String provider, String type, Path program) {
    static final String PROPERTY = "agent";
    static final String TIME_LIMIT = "timeLimit";
    static final String DEEP_LEVEL = "deepLevel";

    private static final Path ROOT = Path.of("/usr/lib/ocf");
    /** Where agents keep what is true until the next boot; on systems without systemd nobody else makes it. */
    private static final Path STATE = Path.of("/run/resource-agents");

    private static final Duration META_DATA_LIMIT = Duration.ofSeconds(20);

    /** @throws IllegalArgumentException whose message says what is allowed */
    static Agent named(String text) {
        String[] parts = text.strip().replaceFirst("^ocf:+", "").split(":+");
        boolean valid = parts.length <= 2;
        for (String part : parts) {
            valid &= part.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*");
        }
        if (!valid) {
            throw new IllegalArgumentException(
                    "agent '" + text + "': write provider and type, such as heartbeat:Filesystem");
        }
        String provider = parts.length == 2 ? parts[0] : "heartbeat";
        String type = parts[parts.length - 1];
        Path program = ROOT.resolve("resource.d").resolve(provider).resolve(type);
        if (!Files.isExecutable(program) || Files.isDirectory(program)) {
            throw new IllegalArgumentException("agent '" + text + "': there is no program " + program
                    + " on this server; install the package that brings it (resource-agents for heartbeat)"
                    + near(type));
        }
        return new Agent(provider, type, program);
    }

    /** Returns agents whose names hold the word or are held by it. */
    private static String near(String word) {
        String similar = all().stream()
                .filter(name ->
                        name.toLowerCase(java.util.Locale.ROOT).contains(word.toLowerCase(java.util.Locale.ROOT)))
                .collect(Collectors.joining(", "));
        return similar.isEmpty() ? "" : "; installed are " + similar;
    }

    /** Returns all installed agents as {@code provider:type}. */
    static List<String> all() {
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> providers =
                Files.newDirectoryStream(ROOT.resolve("resource.d"), Files::isDirectory)) {
            for (Path provider : providers) {
                try (DirectoryStream<Path> agents = Files.newDirectoryStream(
                        provider,
                        file -> Files.isExecutable(file)
                                && !Files.isDirectory(file)
                                && !file.getFileName().toString().startsWith("."))) {
                    StreamSupport.stream(agents.spliterator(), false)
                            .forEach(agent -> names.add(provider.getFileName() + ":" + agent.getFileName()));
                }
            }
        } catch (IOException e) {
            // no agents are installed: the message of who asked says what to install
            return List.of();
        }
        return List.copyOf(names);
    }

    /** @throws IllegalArgumentException if the agent cannot describe itself */
    MetaData metaData(Host host) {
        CommandResult result = host.run(Command.of(program.toString(), "meta-data")
                .environment("OCF_ROOT", ROOT.toString())
                .environment("OCF_RA_VERSION_MAJOR", "1")
                .environment("OCF_RA_VERSION_MINOR", "1")
                .environment("OCF_RESOURCE_TYPE", type)
                .environment("OCF_RESOURCE_PROVIDER", provider)
                .timeLimit(META_DATA_LIMIT)
                .build());
        if (!result.succeeded()) {
            throw new IllegalArgumentException("agent " + this + " cannot describe itself: " + result.summary());
        }
        try {
            return MetaData.parse(result.output());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("agent " + this + ": " + e.getMessage(), e);
        }
    }

    /**
     * Returns the command of an action.
     *
     * @param parameters the agent's own, by their real names
     * @param level of a monitor action
     * @param probe whether the action only asks, so that missing software means stopped
     */
    Command.Builder command(
            String action,
            ResourceInfo resource,
            Map<String, String> parameters,
            Duration limit,
            int level,
            boolean probe) {
        Command.Builder command = Command.of(program.toString(), action)
                .environment("OCF_ROOT", ROOT.toString())
                .environment("OCF_RA_VERSION_MAJOR", "1")
                .environment("OCF_RA_VERSION_MINOR", "1")
                .environment("OCF_RESOURCE_INSTANCE", instance(resource.tag()))
                .environment("OCF_RESOURCE_TYPE", type)
                .environment("OCF_RESOURCE_PROVIDER", provider)
                .environment("OCF_CHECK_LEVEL", String.valueOf(level))
                .environment("__OCF_ACTION", action)
                .environment("OCF_RESKEY_crm_feature_set", "3.16.2")
                .environment("OCF_RESKEY_CRM_meta_name", action)
                .environment("OCF_RESKEY_CRM_meta_on_node", resource.server())
                .environment("OCF_RESKEY_CRM_meta_timeout", String.valueOf(limit.toMillis()))
                .environment("OCF_RESKEY_CRM_meta_interval", probe || !action.equals("monitor") ? "0" : "10000")
                .timeLimit(limit);
        new TreeMap<>(parameters).forEach((name, value) -> command.environment("OCF_RESKEY_" + name, value));
        return command;
    }

    /** Agents use the instance's name in names of files. */
    private static String instance(String tag) {
        StringBuilder name = new StringBuilder();
        tag.chars().forEach(c -> {
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "_.-".indexOf(c) >= 0)) {
                name.append((char) c);
            } else {
                name.append(String.format("+%02x", c));
            }
        });
        return name.toString();
    }

    static void makeStateFolder() throws IOException {
        Files.createDirectories(STATE);
    }

    @Override
    public String toString() {
        return provider + ":" + type;
    }
}

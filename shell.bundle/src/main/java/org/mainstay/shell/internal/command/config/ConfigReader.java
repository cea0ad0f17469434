package org.mainstay.shell.internal.command.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.shell.internal.command.config.ConfigDocument.DependencyPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.PathPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.RestrictionPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ServerPart;

/** What a file may leave out: everything but the names of things. */
final class ConfigReader {
    private ConfigReader() {}

    /** The document as read: Gson leaves null what is not there. */
    static final class Document {
        private int schema;
        private Map<String, Server> servers;
        private List<PathPart> paths;
        private Map<String, Resource> resources;
        private List<DependencyPart> dependencies;

        ConfigDocument checked() {
            Map<String, ServerPart> allServers = new TreeMap<>();
            or(servers).forEach((name, server) -> allServers.put(name, server.checked()));
            Map<String, ResourcePart> allResources = new TreeMap<>();
            or(resources).forEach((tag, resource) -> allResources.put(tag, resource.checked(tag)));
            List<DependencyPart> pairs = dependencies == null ? List.of() : dependencies;
            for (DependencyPart pair : pairs) {
                if (pair.parent() == null || pair.child() == null) {
                    throw new IllegalArgumentException("a dependency needs parent and child");
                }
            }
            List<PathPart> allPaths = paths == null ? List.of() : paths;
            for (PathPart path : allPaths) {
                if (path.from() == null || path.to() == null || path.local() == null || path.remote() == null) {
                    throw new IllegalArgumentException("a comm path needs from, to, local and remote");
                }
            }
            return new ConfigDocument(schema, allServers, allPaths, allResources, pairs);
        }
    }

    /** A server as read. */
    private static final class Server {
        private String shutdownStrategy;
        private List<RestrictionPart> restrictions;
        private List<String> flags;

        ServerPart checked() {
            String strategy = shutdownStrategy == null ? "stay" : shutdownStrategy;
            if (!strategy.equals("stay") && !strategy.equals("switch-over")) {
                throw new IllegalArgumentException(
                        "the shutdown strategy is stay or switch-over, not '" + strategy + "'");
            }
            return new ServerPart(
                    strategy,
                    restrictions == null ? List.of() : new ArrayList<>(restrictions),
                    flags == null ? List.of() : flags);
        }
    }

    /** A resource as read. */
    private static final class Resource {
        private String application;
        private String type;
        private Map<String, String> settings;
        private Map<String, InstanceOn> on;

        ResourcePart checked(String tag) {
            if (application == null || type == null || on == null || on.isEmpty()) {
                throw new IllegalArgumentException("the resource '" + tag + "' needs application, type and on");
            }
            Map<String, InstancePart> instances = new TreeMap<>();
            on.forEach((server, instance) -> instances.put(
                    server,
                    new InstancePart(
                            instance.priority == 0 ? 1 : instance.priority,
                            instance.id == null ? "" : instance.id,
                            instance.info == null ? "" : instance.info,
                            new TreeMap<>(or(instance.properties)),
                            instance.found,
                            instance.settings)));
            return new ResourcePart(application, type, new TreeMap<>(or(settings)), instances);
        }
    }

    /** A resource on a server as read. */
    private static final class InstanceOn {
        private int priority;
        private String id;
        private String info;
        private Map<String, String> properties;
        private Map<String, String> found;
        private Map<String, String> settings;
    }

    private static <K, V> Map<K, V> or(Map<K, V> map) {
        return map == null ? Map.of() : map;
    }
}

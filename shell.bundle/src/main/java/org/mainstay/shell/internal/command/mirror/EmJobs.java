package org.mainstay.shell.internal.command.mirror;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;

/**
 * Jobs as {@code emcmd} shows them (EMC-020 to EMC-023): each mirrored volume is one, named as its resource, with a record for every
 * two servers that have it. They are read from the configuration databases, so they are the same on every server.
 */
final class EmJobs {
    private static final String ADDRESS = "mirror";
    private static final String NAME = "mirror-volume";

    /** By the volume's name in the engines: its resource by server. */
    private final Map<String, Map<String, Instance>> volumes = new TreeMap<>();

    EmJobs(ClusterSnapshot snapshot) {
        for (String server : snapshot.servers()) {
            snapshot.lcd(server)
                    .ifPresent(lcd -> lcd.instances().values().stream()
                            .filter(EmJobs::isMirrored)
                            .forEach(instance -> volumes.computeIfAbsent(
                                            instance.properties().get(NAME), name -> new TreeMap<>())
                                    .put(server, instance)));
        }
    }

    private static boolean isMirrored(Instance instance) {
        return instance.typeKey().equals("filesys/volume")
                && !instance.properties().getOrDefault(ADDRESS, "").isEmpty()
                && instance.properties().containsKey(NAME);
    }

    private static String id(String volume) {
        return UUID.nameUUIDFromBytes(volume.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static String host(Instance instance) {
        String address = instance.properties().get(ADDRESS);
        int colon = address.lastIndexOf(':');
        boolean bare = colon < 0 || address.indexOf(':') != colon && !address.startsWith("[");
        return (bare ? address : address.substring(0, colon)).replaceAll("^\\[|\\]$", "");
    }

    /** Prints the job with this id, or all. @return whether there is one */
    boolean print(PrintStream out, Optional<String> wanted) {
        List<String> chosen = volumes.keySet().stream()
                .filter(volume ->
                        wanted.map(id -> id.equalsIgnoreCase(id(volume))).orElse(true))
                .toList();
        print(out, chosen);
        return wanted.isEmpty() || !chosen.isEmpty();
    }

    /** Prints the job of the volume that a server has as this resource or mount point. @return whether there is one */
    boolean print(PrintStream out, String server, String volume) {
        List<String> chosen = volumes.entrySet().stream()
                .filter(one -> one.getValue().containsKey(server))
                .filter(one -> {
                    Instance instance = one.getValue().get(server);
                    return instance.tag().equals(volume)
                            || instance.properties().getOrDefault("mount", "").equals(volume);
                })
                .map(Map.Entry::getKey)
                .toList();
        print(out, chosen);
        return !chosen.isEmpty();
    }

    private void print(PrintStream out, List<String> chosen) {
        String between = "";
        for (String volume : chosen) {
            Map<String, Instance> sides = volumes.get(volume);
            List<String> servers = List.copyOf(sides.keySet());
            Instance first = sides.get(servers.get(0));
            out.print(between);
            between = System.lineSeparator();
            out.println("ID = " + id(volume));
            out.println("Name = " + first.tag());
            out.println("Description = " + first.properties().getOrDefault("mount", ""));
            for (int i = 0; i < servers.size(); i++) {
                for (int j = i + 1; j < servers.size(); j++) {
                    out.println("MirrorEndPoints = " + end(servers.get(i), sides) + ";" + end(servers.get(j), sides)
                            + ";" + letter(first));
                }
            }
        }
    }

    private static String end(String server, Map<String, Instance> sides) {
        Instance instance = sides.get(server);
        return server + ";" + instance.tag() + ";" + host(instance);
    }

    /** EMC-014. */
    private static String letter(Instance instance) {
        return instance.properties().getOrDefault("mirror-type", "sync").equals("async") ? "A" : "S";
    }
}

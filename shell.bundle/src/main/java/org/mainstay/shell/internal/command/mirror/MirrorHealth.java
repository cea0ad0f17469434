package org.mainstay.shell.internal.command.mirror;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;

/** What is wrong with mirrored volumes, as the configuration databases and the engines' answers tell it (MIR-260). Asks nobody. */
final class MirrorHealth {
    private static final int SECTOR = 512;

    /** How bad it is; the worst comes last. */
    enum Level {
        /** Nothing has to be done. */
        NOTE,
        /** It works, but not as it should. */
        WARNING,
        /** Data is not kept twice, or is not served. */
        ERROR
    }

    /**
     * Something found.
     *
     * @param server where; empty: everywhere
     * @param volume the resource; empty: all
     * @param text what, and what to do
     */
    record Finding(Level level, String server, String volume, String text) {}

    private final ClusterSnapshot snapshot;
    private final List<Mirrors.Side> sides;
    private final List<Finding> findings = new ArrayList<>();

    private MirrorHealth(ClusterSnapshot snapshot, List<Mirrors.Side> sides) {
        this.snapshot = snapshot;
        this.sides = sides;
    }

    /** @param sides what the engines that answered said */
    static List<Finding> of(ClusterSnapshot snapshot, List<Mirrors.Side> sides) {
        MirrorHealth health = new MirrorHealth(snapshot, sides);
        health.volumes().forEach(health::volume);
        health.jobs();
        return health.findings;
    }

    private void add(Level level, String server, String volume, String text) {
        findings.add(new Finding(level, server, volume, text));
    }

    /** Returns who has a mirrored volume, by its name in the engines: server and instance. */
    private Map<String, Map<String, Instance>> volumes() {
        Map<String, Map<String, Instance>> volumes = new TreeMap<>();
        for (String server : snapshot.servers()) {
            for (Instance instance : snapshot.lcd(server)
                    .map(lcd -> List.copyOf(lcd.instances().values()))
                    .orElse(List.of())) {
                if (!instance.properties().getOrDefault("mirror", "").isEmpty()) {
                    String name = instance.properties().getOrDefault("mirror-volume", instance.tag());
                    volumes.computeIfAbsent(name, key -> new LinkedHashMap<>()).put(server, instance);
                }
            }
        }
        return volumes;
    }

    private void volume(String name, Map<String, Instance> servers) {
        List<Mirrors.Side> its = new ArrayList<>();
        List<Mirrors.Side> sources = new ArrayList<>();
        servers.forEach((server, instance) -> {
            String tag = instance.tag();
            Mirrors.Side side = sides.stream()
                    .filter(one -> one.server().equals(server) && one.tag().equals(tag))
                    .findFirst()
                    .orElse(null);
            if (side == null) {
                add(Level.ERROR, server, tag, "the server does not answer, so nothing is known of its side");
            } else if (side.role().equals("UNKNOWN")) {
                add(
                        Level.ERROR,
                        server,
                        tag,
                        "its mirror engine does not have the volume or does not answer: see"
                                + " data/log/mirror-engine.log there");
            } else {
                its.add(side);
                if (side.role().equals("SOURCE")) {
                    sources.add(side);
                }
                if (instance.state().inService() && !side.role().equals("SOURCE")) {
                    add(
                            Level.ERROR,
                            server,
                            tag,
                            "in service, but its engine is not source: bring it into service again");
                }
            }
        });
        String tag = servers.values().iterator().next().tag();
        if (servers.size() == 1) {
            add(Level.WARNING, servers.keySet().iterator().next(), tag, "no other server has it: extend it");
        }
        if (sources.size() > 1) {
            add(Level.ERROR, "", tag, "two servers are source: see SPLIT_BRAIN in docs/mirroring.md");
        }
        sources.forEach(this::links);
        its.forEach(side -> sizes(side, sources));
    }

    private void links(Mirrors.Side source) {
        if (source.held()) {
            add(Level.WARNING, source.server(), source.tag(), "changes wait until no target can count as current");
        }
        for (Mirrors.Link link : source.links()) {
            String mirror = "the mirror to " + link.target() + " is ";
            String why = (link.cause() + " " + link.detail()).strip();
            switch (link.code()) {
                case 1 -> {}
                case 2, 5 ->
                    add(
                            Level.WARNING,
                            source.server(),
                            source.tag(),
                            mirror + (link.code() == 2 ? "being resynchronised" : "waiting for the target"));
                case 3 ->
                    add(
                            Level.ERROR,
                            source.server(),
                            source.tag(),
                            mirror + "broken: mainstay mirror continue " + source.tag() + " --to " + link.target());
                default -> {
                    boolean asked = link.cause().equals("USER");
                    add(
                            asked ? Level.WARNING : Level.ERROR,
                            source.server(),
                            source.tag(),
                            mirror + "paused: " + why
                                    + (asked
                                            ? "; mainstay mirror continue " + source.tag() + " --to " + link.target()
                                            : decision(source, link)));
                }
            }
        }
    }

    /** What an operator can do about a mirror that paused by itself. */
    private static String decision(Mirrors.Side source, Mirrors.Link link) {
        if (!link.cause().equals("SPLIT_BRAIN")) {
            return "; see the states in docs/mirroring.md";
        }
        String tag = source.tag();
        String target = link.target();
        return "; " + source.server() + " and " + target + " both wrote " + tag
                + " alone, and only one side's data is kept."
                + " To give up what only " + target + " wrote: mainstay mirror discard " + tag + " --on " + target
                + "; to give up what only " + source.server() + " wrote: mainstay mirror discard " + tag + " --on "
                + source.server() + ". Both say first what would be lost";
    }

    private void sizes(Mirrors.Side side, List<Mirrors.Side> sources) {
        if (side.storage() == 0) {
            add(
                    Level.WARNING,
                    side.server(),
                    side.tag(),
                    "its engine does not say how large the storage is: it is of an older"
                            + " version, or the storage cannot be reached");
        } else if (side.storage() < side.size()) {
            add(
                    Level.ERROR,
                    side.server(),
                    side.tag(),
                    "the storage has " + side.storage() + " bytes, the volume " + side.size()
                            + ": it was made smaller; make it as large again, then mainstay mirror resync "
                            + side.tag());
        } else if (side.storage() - side.size() >= SECTOR) {
            add(
                    Level.NOTE,
                    side.server(),
                    side.tag(),
                    "the storage has " + (side.storage() - side.size())
                            + " bytes more than the volume; mainstay mirror resize " + side.tag()
                            + " takes all of the source's storage, if all sides have as much");
        }
        for (Mirrors.Side source : sources) {
            if (source.size() != side.size()) {
                add(
                        Level.WARNING,
                        side.server(),
                        side.tag(),
                        "has " + side.size() + " bytes, its source on " + source.server() + " " + source.size()
                                + ": it follows when it is resynchronised");
            }
        }
    }

    /** Every server has the newest copy of every job (decision 0270). */
    private void jobs() {
        Map<String, MirrorJob> newest = MirrorJob.newest(snapshot.databases());
        TreeSet<String> behind = new TreeSet<>();
        for (String server : snapshot.servers()) {
            boolean current = server.equals(snapshot.self())
                    || snapshot.peers().get(server).current();
            if (current) {
                Map<String, MirrorJob> has = new TreeMap<>();
                snapshot.lcd(server)
                        .ifPresent(lcd -> lcd.rows(LcdSection.JOBS).values().forEach(job -> has.put(job.id(), job)));
                newest.values().stream()
                        .filter(job -> !job.equals(has.get(job.id())))
                        .forEach(job -> behind.add(server + "\n" + job.name()));
            }
        }
        for (String one : behind) {
            String[] parts = one.split("\n");
            add(
                    Level.WARNING,
                    parts[0],
                    "",
                    "does not have the newest copy of the job '" + parts[1]
                            + "': it follows within seconds, or runs an older version");
        }
    }
}

package org.mainstay.shell.internal.command.mirror;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorWay;

/**
 * Jobs as {@code emcmd} shows them (EMC-020 to EMC-023): the stored ones, and one for each mirrored volume that is in none of them. They
 * are read from the configuration databases, so they are the same on every server.
 */
final class EmJobs {
    private static final String NAME = "mirror-volume";

    private final ClusterSnapshot snapshot;
    private final Map<String, MirrorJob> jobs = new TreeMap<>();

    EmJobs(ClusterSnapshot snapshot) {
        this.snapshot = snapshot;
        jobs.putAll(MirrorJob.of(snapshot.databases()));
        // By the volume's name in the engines: its resource by server.
        Map<String, Map<String, Instance>> volumes = new TreeMap<>();
        for (String server : snapshot.servers()) {
            snapshot.lcd(server)
                    .ifPresent(lcd -> lcd.instances().values().stream()
                            .filter(EmJobs::isMirrored)
                            .forEach(instance -> volumes.computeIfAbsent(
                                            instance.properties().get(NAME), name -> new TreeMap<>())
                                    .put(server, instance)));
        }
        List<MirrorJob> stored = List.copyOf(jobs.values());
        volumes.forEach((volume, sides) -> complete(stored, volume, sides));
    }

    /** Every mirrored volume is in a job, and so is each of its mirrors (EMC-022); what is not stored follows from the resources. */
    private void complete(List<MirrorJob> stored, String volume, Map<String, Instance> sides) {
        MirrorJob own = implied(volume, sides);
        Optional<MirrorJob> job = stored.stream().filter(one -> has(one, sides)).findFirst();
        if (job.isEmpty()) {
            String id = jobs.containsKey(own.id()) ? id(volume + " ") : own.id();
            jobs.put(id, new MirrorJob(id, 0, false, own.name(), own.description(), own.pairs()));
            return;
        }
        List<MirrorJob.Pair> missing = own.pairs().stream()
                .filter(pair -> stored.stream()
                        .flatMap(one -> one.pairs().stream())
                        .noneMatch(one ->
                                tie(one, pair.first().server(), pair.second().server(), sides)))
                .toList();
        if (!missing.isEmpty()) {
            // By its id: another volume of the same job may have added to it already.
            MirrorJob known = jobs.get(job.get().id());
            List<MirrorJob.Pair> pairs = new ArrayList<>(known.pairs());
            pairs.addAll(missing);
            jobs.put(known.id(), known.withPairs(pairs));
        }
    }

    private static boolean tie(MirrorJob.Pair pair, String one, String other, Map<String, Instance> sides) {
        MirrorJob.Volume here = MirrorJob.Volume.of(one, sides.get(one));
        MirrorJob.Volume there = MirrorJob.Volume.of(other, sides.get(other));
        return here.is(pair.first()) && there.is(pair.second()) || here.is(pair.second()) && there.is(pair.first());
    }

    private static String id(String volume) {
        return UUID.nameUUIDFromBytes(volume.getBytes(StandardCharsets.UTF_8)).toString();
    }

    /** Says whether a resource is a mirrored volume. */
    static boolean isMirrored(Instance instance) {
        return instance.typeKey().equals("filesys/volume")
                && !instance.properties().getOrDefault(MirrorWay.ADDRESS, "").isEmpty()
                && instance.properties().containsKey(NAME);
    }

    private static boolean has(MirrorJob job, Map<String, Instance> sides) {
        return job.pairs().stream()
                .anyMatch(pair -> sides.entrySet().stream()
                        .anyMatch(side -> MirrorJob.Volume.of(side.getKey(), side.getValue())
                                        .is(pair.first())
                                || MirrorJob.Volume.of(side.getKey(), side.getValue())
                                        .is(pair.second())));
    }

    private static MirrorJob implied(String volume, Map<String, Instance> sides) {
        List<String> servers = List.copyOf(sides.keySet());
        Instance first = sides.get(servers.get(0));
        List<MirrorJob.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < servers.size(); i++) {
            for (int j = i + 1; j < servers.size(); j++) {
                pairs.add(new MirrorJob.Pair(
                        end(servers.get(i), sides), end(servers.get(j), sides), MirrorWay.type(first)));
            }
        }
        return new MirrorJob(
                id(volume), 0, false, first.tag(), first.properties().getOrDefault("mount", ""), pairs);
    }

    private static MirrorJob.End end(String server, Map<String, Instance> sides) {
        Instance instance = sides.get(server);
        // Blanks and semicolons would end the field.
        return new MirrorJob.End(server, instance.tag().replaceAll("[;\\s]", "_"), MirrorWay.host(instance));
    }

    /** Returns how jobs let the data of a volume get from one side to another, see {@link MirrorWay}; empty: there is no other side. */
    Optional<MirrorWay> way(Collection<MirrorJob> by, String server, String tag, String target) {
        Instance here = snapshot.lcd(server).flatMap(lcd -> lcd.instance(tag)).orElseThrow();
        return snapshot.lcd(target)
                .flatMap(lcd -> lcd.instances().values().stream()
                        .filter(EmJobs::isMirrored)
                        .filter(other -> other.properties()
                                .get(NAME)
                                .equals(here.properties().get(NAME)))
                        .findFirst())
                .map(there -> MirrorWay.between(by, server, here, target, there));
    }

    /** Returns all jobs. */
    Collection<MirrorJob> all() {
        return jobs.values();
    }

    /** Returns a job; with revision 0 it is not stored. */
    Optional<MirrorJob> job(String id) {
        return Optional.ofNullable(jobs.get(id.toLowerCase(Locale.ROOT)));
    }

    /** Returns the job of the volume that a server has, or is said to have, under this name. */
    Optional<MirrorJob> of(String server, String volume) {
        return jobs.values().stream()
                .filter(job -> job.pairs().stream()
                                .anyMatch(pair ->
                                        isEnd(pair.first(), server, volume) || isEnd(pair.second(), server, volume))
                        || alone(job, server, volume))
                .findFirst();
    }

    /** A volume that is on one server only has a job without pairs. */
    private boolean alone(MirrorJob job, String server, String volume) {
        return job.revision() == 0
                && job.pairs().isEmpty()
                && resource(server, volume)
                        .filter(instance -> instance.tag().equals(job.name()))
                        .isPresent();
    }

    /** Says whether this is the volume's end on the server, named by resource or mount point. */
    boolean isEnd(MirrorJob.End end, String server, String volume) {
        return end.is(server, volume, volume)
                || resource(server, volume)
                        .filter(instance ->
                                MirrorJob.Volume.of(server, instance).is(end))
                        .isPresent();
    }

    private Optional<Instance> resource(String server, String volume) {
        return snapshot.lcd(server)
                .flatMap(lcd -> lcd.instances().values().stream()
                        .filter(EmJobs::isMirrored)
                        .filter(instance -> instance.tag().equals(volume)
                                || instance.properties()
                                        .getOrDefault("mount", "")
                                        .equals(volume))
                        .findFirst());
    }

    /** Prints jobs (EMC-023). */
    static void print(PrintStream out, Collection<MirrorJob> chosen) {
        String between = "";
        for (MirrorJob job : chosen) {
            out.print(between);
            between = System.lineSeparator();
            out.println("ID = " + job.id());
            out.println("Name = " + job.name());
            out.println("Description = " + job.description());
            job.pairs().forEach(pair -> out.println("MirrorEndPoints = " + pair.text()));
        }
    }
}

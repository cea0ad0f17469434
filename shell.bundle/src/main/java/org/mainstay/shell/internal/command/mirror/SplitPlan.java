package org.mainstay.shell.internal.command.mirror;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.view.Hierarchy;

/**
 * Who gives up what, so that the split brain of a hierarchy's volumes ends (SPLIT-010 to SPLIT-017). Asks nobody.
 *
 * @param tag the resource it was said of, as the loser has it
 * @param loser the server that gives its data up
 * @param keeper the server whose data is kept
 * @param moves whether the hierarchy has to be brought into service on the keeper first
 * @param parts the volumes that are given up
 * @param others how the other mirrored volumes of the hierarchy are
 * @param serving which resources of the hierarchy are in service on the loser
 */
record SplitPlan(
        String tag,
        String loser,
        String keeper,
        boolean moves,
        List<Part> parts,
        List<String> others,
        List<String> serving) {
    private static final String SPLIT = "SPLIT_BRAIN";
    private static final String STALE = "STALE_SOURCE";
    private static final String OTHER_DATA = "UNRELATED";
    private static final String NAME = "mirror-volume";
    private static final int IN_STEP = 1;
    private static final int RESYNC = 2;
    private static final int BROKEN = 3;
    private static final int PENDING = 5;

    /**
     * A volume.
     *
     * @param volume name in the engines
     * @param tag its resource on the loser
     * @param keeperTag its resource on the keeper
     * @param why what is wrong, for people
     */
    record Part(String volume, String tag, String keeperTag, String why) {}

    /** A mirror, and whose. */
    private record Met(String source, Mirrors.Link link) {
        boolean split() {
            return link.cause().equals(SPLIT);
        }

        String other(String server) {
            return source.equals(server) ? link.target() : source;
        }
    }

    SplitPlan {
        parts = List.copyOf(parts);
        others = List.copyOf(others);
        serving = List.copyOf(serving);
    }

    /**
     * Finds out what has to be given up.
     *
     * @param sides what the engines that answered said
     * @param force also the named volume if it is not found split
     * @throws CommandException if there is no split, or nothing may be given up now
     */
    static SplitPlan of(ClusterSnapshot snapshot, List<Mirrors.Side> sides, String tag, String loser, boolean force)
            throws CommandException {
        return new Finder(snapshot, sides, tag, loser).plan(force);
    }

    /** Says whether the keeper, as source, has met the loser for each part, so that it is known whether they are split. */
    boolean met(List<Mirrors.Side> sides) {
        return parts.stream()
                .allMatch(part -> sides.stream()
                        .filter(side ->
                                side.server().equals(keeper) && side.volume().equals(part.volume()))
                        .filter(side -> side.role().equals("SOURCE"))
                        .flatMap(side -> side.links().stream())
                        .anyMatch(link ->
                                link.target().equals(loser) && (link.cause().equals(SPLIT) || replicates(link))));
    }

    private static boolean replicates(Mirrors.Link link) {
        return link.code() == IN_STEP || link.code() == RESYNC;
    }

    /** Returns the volumes it is about. */
    String volumes() {
        return parts.stream().map(Part::tag).collect(Collectors.joining(", "));
    }

    /** Returns what is going to happen and what is lost, for people (SPLIT-017). */
    List<String> warning() {
        List<String> lines = new ArrayList<>();
        lines.add("Volumes of which only one side's data is kept:");
        parts.forEach(part -> lines.add("  " + part.tag() + ": " + part.why()));
        if (!others.isEmpty()) {
            lines.add("Other mirrored volumes of the hierarchy, which stay as they are:");
            others.forEach(other -> lines.add("  " + other));
        }
        lines.add("LOST: what only " + loser + " wrote to " + volumes() + " since both sides were last in step. "
                + loser + "'s data is overwritten with " + keeper + "'s.");
        lines.add("KEPT: the data of " + keeper + ".");
        if (moves) {
            lines.add(
                    "SERVICE: " + (serving.isEmpty() ? "" : String.join(", ", serving) + " stopped on " + loser + "; ")
                            + "the hierarchy is started on " + keeper + " first, with the data that is there.");
        }
        return lines;
    }

    /** Looks at all volumes of the hierarchy. */
    private static final class Finder {
        private final ClusterSnapshot snapshot;
        private final List<Mirrors.Side> sides;
        private final String tag;
        private final String loser;

        Finder(ClusterSnapshot snapshot, List<Mirrors.Side> sides, String tag, String loser) {
            this.snapshot = snapshot;
            this.sides = sides;
            this.tag = tag;
            this.loser = loser;
        }

        SplitPlan plan(boolean force) throws CommandException {
            Lcd lcd = snapshot.lcd(loser)
                    .orElseThrow(() -> CommandException.notFound(
                            "there is no server '" + loser + "'; servers: " + String.join(", ", snapshot.servers())));
            if (lcd.instance(tag).isEmpty()) {
                throw CommandException.notFound("there is no resource '" + tag + "' on " + loser);
            }
            SortedSet<String> tags = Hierarchy.of(lcd, tag);
            Map<String, Instance> volumes = mirrored(lcd, tags);
            if (volumes.isEmpty()) {
                throw CommandException.notFound(
                        "no volume of the hierarchy of '" + tag + "' on " + loser + " is mirrored");
            }
            EmCall.checkReachable(snapshot, loser);
            for (Map.Entry<String, Instance> volume : volumes.entrySet()) {
                checkAnswers(loser, volume.getKey(), volume.getValue().tag());
            }
            Map<String, Met> found = chosen(volumes, force);
            String keeper = keeper(volumes, found);
            EmCall.checkReachable(snapshot, keeper);
            List<Part> parts = new ArrayList<>();
            boolean serves = true;
            for (Map.Entry<String, Met> one : found.entrySet()) {
                String name = one.getKey();
                String own = volumes.get(name).tag();
                checkAnswers(keeper, name, own);
                Instance kept = instance(keeper, name)
                        .orElseThrow(() -> CommandException.notFound(
                                keeper + " has no resource of the volume '" + own + "' any more"));
                serves &= kept.state().inService();
                parts.add(new Part(name, own, kept.tag(), why(one.getValue(), kept, volumes.get(name))));
            }
            List<String> serving = tags.stream()
                    .filter(one -> lcd.instance(one)
                            .filter(instance -> instance.state().inService())
                            .isPresent())
                    .toList();
            List<String> others = new ArrayList<>();
            for (Map.Entry<String, Instance> volume : volumes.entrySet()) {
                if (!found.containsKey(volume.getKey())) {
                    others.add(volume.getValue().tag() + ": " + state(volume.getKey()));
                    checkMay(volume.getKey(), volume.getValue(), keeper, serves);
                }
            }
            if (serves) {
                checkStopped(volumes, found, serving);
            }
            return new SplitPlan(tag, loser, keeper, !serves, parts, others, serving);
        }

        private static Map<String, Instance> mirrored(Lcd lcd, SortedSet<String> tags) {
            Map<String, Instance> volumes = new TreeMap<>();
            tags.stream()
                    .flatMap(one -> lcd.instance(one).stream())
                    .filter(EmJobs::isMirrored)
                    .forEach(one -> volumes.put(one.properties().get(NAME), one));
            return volumes;
        }

        private void checkAnswers(String server, String volume, String own) throws CommandException {
            boolean answers = sides.stream()
                    .anyMatch(side -> side.server().equals(server)
                            && side.volume().equals(volume)
                            && !side.role().equals("UNKNOWN"));
            if (!answers) {
                throw new CommandException(
                        ExitCode.NO_COMMUNICATION,
                        "nothing was changed: the mirror engine of " + server + " does not answer for " + own
                                + ", and nothing is given up before both sides answer; see"
                                + " data/log/mirror-engine.log there");
            }
        }

        /** Returns the mirrors with the loser at one end. */
        private List<Met> mirrors(String volume) {
            return sides.stream()
                    .filter(side -> side.volume().equals(volume) && side.role().equals("SOURCE"))
                    .flatMap(side -> side.links().stream().map(link -> new Met(side.server(), link)))
                    .filter(met ->
                            met.source().equals(loser) || met.link().target().equals(loser))
                    .toList();
        }

        private Map<String, Met> chosen(Map<String, Instance> volumes, boolean force) throws CommandException {
            Map<String, Met> found = new TreeMap<>();
            for (String volume : volumes.keySet()) {
                mirrors(volume).stream().filter(Met::split).findFirst().ifPresent(met -> found.put(volume, met));
            }
            Optional<String> named = volumes.entrySet().stream()
                    .filter(one -> one.getValue().tag().equals(tag))
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (force && named.isPresent() && !found.containsKey(named.get())) {
                mirrors(named.get()).stream()
                        .filter(met -> met.link().target().equals(loser))
                        .findFirst()
                        .ifPresent(met -> found.put(named.get(), met));
            }
            if (found.isEmpty()) {
                throw new CommandException(
                        ExitCode.INVALID_ARGUMENT,
                        "nothing was changed: no volume of the hierarchy of " + tag + " is found split between " + loser
                                + " and another server. "
                                + volumes.entrySet().stream()
                                        .map(one -> one.getValue().tag() + ": " + state(one.getKey()))
                                        .collect(Collectors.joining("; ")));
            }
            return found;
        }

        private String keeper(Map<String, Instance> volumes, Map<String, Met> found) throws CommandException {
            SortedSet<String> keepers = new TreeSet<>();
            found.forEach((volume, met) -> {
                keepers.add(met.other(loser));
                mirrors(volume).stream().filter(Met::split).forEach(one -> keepers.add(one.other(loser)));
            });
            if (keepers.size() > 1) {
                throw new CommandException(
                        ExitCode.IN_USE,
                        "nothing was changed: " + loser + " is split from " + String.join(" and ", keepers) + " over "
                                + found.keySet().stream()
                                        .map(one -> volumes.get(one).tag())
                                        .collect(Collectors.joining(", "))
                                + ", and the data of one server can replace its own. Name another server with --on, until"
                                + " the one whose data shall be kept is left");
            }
            return keepers.first();
        }

        private Optional<Instance> instance(String server, String volume) {
            return snapshot.lcd(server).stream()
                    .flatMap(lcd -> lcd.instances().values().stream())
                    .filter(EmJobs::isMirrored)
                    .filter(one -> one.properties().get(NAME).equals(volume))
                    .findFirst();
        }

        private String why(Met met, Instance kept, Instance lost) {
            Mirrors.Link link = met.link();
            Long seconds = link.counters().get("stateSeconds");
            String since = seconds == null ? "" : ", so for " + seconds + " s";
            return (met.split() ? loser + " and " + met.other(loser) + " both wrote it alone" : "no split is found")
                    + " (" + mirror(met) + since + "); " + service(met.other(loser), kept) + ", "
                    + service(loser, lost);
        }

        private static String service(String server, Instance instance) {
            boolean in = instance.state().inService();
            String at = instance.changedAt() == 0
                    ? ""
                    : " since " + Instant.ofEpochMilli(instance.changedAt()).toString();
            return (in ? "in" : "out of") + " service on " + server + at;
        }

        private static String mirror(Met met) {
            Mirrors.Link link = met.link();
            String state = switch (link.code()) {
                case IN_STEP -> "in step";
                case RESYNC -> "being resynchronised";
                case BROKEN -> "broken";
                case PENDING -> "waiting for the target";
                default -> "paused";
            };
            String cause = link.cause().equals("NONE") ? "" : ", " + link.cause();
            return "the mirror from " + met.source() + " to " + link.target() + " is " + state + cause;
        }

        /** Returns how a volume that is not split is, and what to do. */
        private String state(String volume) {
            List<Met> mirrors = mirrors(volume);
            if (mirrors.isEmpty()) {
                return "in service nowhere as far as the engines say, so that no sides meet: bring it into service on the"
                        + " server whose data shall be kept";
            }
            Met met = mirrors.get(0);
            String named = instance(met.source(), volume).map(Instance::tag).orElse(volume);
            String to = met.link().target();
            String advice = switch (met.link().cause()) {
                case "NONE" -> "";
                case STALE ->
                    ": " + to + " has newer data, which would be lost; to keep it: mainstay mirror force " + named
                            + " --on " + to + ", then mainstay resource in-service " + named + " --on " + to
                            + "; to give it up: mainstay mirror discard " + named + " --on " + to + " --force";
                case OTHER_DATA ->
                    ": " + to + " holds other data; to overwrite it: mainstay mirror discard " + named + " --on " + to
                            + " --force";
                case "USER" ->
                    ": whether it is split shows when it goes on: mainstay mirror continue " + named + " --to " + to;
                default -> ": mend that first; a split is then found by itself";
            };
            return mirror(met) + advice;
        }

        /** With one volume of the keeper's and another of the loser's the data of the hierarchy would be of no one moment. */
        private void checkMay(String volume, Instance lost, String keeper, boolean serves) throws CommandException {
            boolean takes = mirrors(volume).stream()
                    .anyMatch(met ->
                            met.source().equals(loser) && met.link().target().equals(keeper));
            if (!serves && takes) {
                throw new CommandException(
                        ExitCode.IN_USE,
                        "nothing was changed: of " + lost.tag() + " " + keeper + " takes the data of " + loser + " ("
                                + state(volume) + "), so that its own would not fit together. Let " + keeper
                                + " give up the rest, too: mainstay mirror discard " + tag + " --on " + keeper);
            }
        }

        private void checkStopped(Map<String, Instance> volumes, Map<String, Met> found, List<String> serving)
                throws CommandException {
            List<String> running = new ArrayList<>(serving);
            found.keySet().stream()
                    .map(volumes::get)
                    .filter(one -> !one.ownership().released() && !running.contains(one.tag()))
                    .forEach(one -> running.add(one.tag()));
            if (!running.isEmpty()) {
                throw new CommandException(
                        ExitCode.IN_USE,
                        "nothing was changed: " + loser + " has not certainly stopped " + String.join(", ", running)
                                + ". It stops by itself when the servers have met; after a stop that failed: look there,"
                                + " then mainstay resource confirm-stopped TAG --on " + loser);
            }
        }
    }
}

package org.mainstay.shell.internal.command.mirror;

import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.lcd.MirrorWay;

/** What {@code emcmd} prints: volumes are called by their resource's tag, with a colon as a drive letter has. */
final class EmText {
    private static final int BLOCK = 65_536;
    /** LifeKeeper manages it (0x20), automatic resynchronisation (0x40) (EMC-015). */
    private static final int MANAGED = 0x60;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss yyyy", Locale.ENGLISH);
    private static final String UNKNOWN = "N/A";

    private static final List<String> ATTRIBUTES = List.of(
            "All Net Alert bit",
            "Net Alert",
            "Broken State Alert",
            "Resync Done Alert",
            "Failover Alert",
            "Net Failure Alert",
            "LK Config",
            "Auto Resync",
            "MS Failover Cluster Config",
            "Shared Volume");

    private final PrintStream out;
    private final List<Mirrors.Side> sides;
    private final Function<String, Map<String, String>> properties;
    private final Clock clock;

    /**
     * @param properties of a volume's resource on the server that is asked, by tag
     * @param clock for times that are known as an age
     */
    EmText(PrintStream out, List<Mirrors.Side> sides, Function<String, Map<String, String>> properties, Clock clock) {
        this.out = out;
        this.sides = sides;
        this.properties = properties;
        this.clock = clock;
    }

    static String host(Mirrors.Link link) {
        return MirrorWay.host(link.address());
    }

    /** Returns a time as the original prints it, in the zone of this server. */
    static String time(Instant at, Clock clock) {
        return TIME.format(at.atZone(clock.getZone()));
    }

    private String ago(long seconds) {
        return time(clock.instant().minusSeconds(seconds), clock);
    }

    private static String state(int code) {
        return String.format("%04d", code);
    }

    private static int type(Mirrors.Link link) {
        return link.type().equals("SYNC") ? 1 : 2;
    }

    private List<Mirrors.Side> of(String server) {
        return sides.stream().filter(side -> side.server().equals(server)).toList();
    }

    private record Ends(Mirrors.Side source, Mirrors.Link link) {}

    /** Returns the source of a target's side, and the mirror to it as the source sees it. */
    private Optional<Ends> source(Mirrors.Side target) {
        for (Mirrors.Side side : sides) {
            if (side.volume().equals(target.volume()) && side.role().equals("SOURCE")) {
                for (Mirrors.Link link : side.links()) {
                    if (link.target().equals(target.server())) {
                        return Optional.of(new Ends(side, link));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isSource(Mirrors.Side side) {
        return side.role().equals("SOURCE");
    }

    private static boolean isTarget(Mirrors.Side side) {
        return side.role().equals("TARGET");
    }

    private static int role(Mirrors.Side side) {
        return isSource(side) ? 1 : isTarget(side) ? 2 : 0;
    }

    /** EMC-115. @param others volumes of the server that are not mirrored */
    void all(String server, List<String> others) {
        int number = 1;
        for (Mirrors.Side side : of(server)) {
            out.println("Volume " + number++ + " information:");
            out.println("Volume Root        = " + side.tag() + ":");
            out.println("Volume Label       = " + properties.apply(side.tag()).getOrDefault("mount", ""));
            out.println("Volume File System = " + properties.apply(side.tag()).getOrDefault("fstype", ""));
            out.println("Volume Total Space = " + side.size());
            out.println("Mirror Role        = 0" + role(side));
            out.println("Number of targets  = " + side.links().size());
            int target = 0;
            for (Mirrors.Link link : side.links()) {
                out.println("Target " + target++ + " information:");
                out.println("Volume State        = " + state(link.code()));
                out.println("Target System       = " + host(link));
                out.println("Target Drive Letter = " + side.tag());
            }
        }
        for (String tag : others) {
            out.println("Volume " + number++ + " information:");
            out.println("Volume Root        = " + tag + ":");
            out.println("Volume Label       = " + properties.apply(tag).getOrDefault("mount", ""));
            out.println("Volume File System = " + properties.apply(tag).getOrDefault("fstype", ""));
            out.println("Volume Total Space = " + UNKNOWN);
            out.println("Mirror Role        = 00");
            out.println("Number of targets  = 0");
        }
    }

    /** EMC-126. */
    void sources(String server) {
        out.println("Status = 0");
        for (Mirrors.Side side : of(server)) {
            if (isSource(side)) {
                out.println("Source Volume = " + side.tag() + ":");
                out.println("Source Label = " + properties.apply(side.tag()).getOrDefault("mount", ""));
                out.println("Source #Targs = " + side.links().size());
                int target = 0;
                for (Mirrors.Link link : side.links()) {
                    out.println("Target " + target++);
                    out.println("Target System = " + host(link));
                    out.println("Mirror State = " + state(link.code()));
                }
            }
        }
    }

    /** EMC-127. */
    void targets(String server) {
        List<Mirrors.Side> targets =
                of(server).stream().filter(EmText::isTarget).toList();
        out.println("** Calling GetTargetMirroredVolumes **");
        out.println("Returned " + targets.size() + " Target Volumes");
        int number = 1;
        for (Mirrors.Side side : targets) {
            Optional<Ends> ends = source(side);
            out.println("Target Volume " + number++ + " information:");
            out.println("Volume Root = " + side.tag() + ":");
            out.println("Volume State = " + ends.map(one -> one.link().code()).orElse(-1));
            out.println("Source = " + ends.map(one -> one.source().server()).orElse(""));
            out.println("Target = " + side.server());
        }
    }

    /** EMC-116: managed by the cluster, and resynchronised without being asked; there are no alerts of its own. */
    void configuration(Mirrors.Side side) {
        out.println("** Calling GetConfiguration [Volume " + side.tag() + "] **");
        for (String label : ATTRIBUTES) {
            boolean enabled = label.equals("LK Config") || label.equals("Auto Resync");
            out.println(String.format("%-27s ", label) + (enabled ? "IS enabled" : "IS NOT enabled"));
        }
    }

    /** EMC-120 of a volume that is not mirrored. */
    void noTypes() {
        out.println("Target system -, Type 0");
    }

    /** EMC-121 of a volume that is not mirrored. */
    void noStates(String tag, String server) {
        out.println(tag + ": 0 " + server + " - 0");
    }

    /** EMC-128 of a volume that is not mirrored. */
    void noDriver() {
        out.println("0 -");
    }

    private static boolean alone(Mirrors.Side side) {
        return isSource(side) && side.links().isEmpty();
    }

    /** EMC-120, EMC-013. */
    void types(Mirrors.Side side) {
        if (alone(side)) {
            noTypes();
        }
        for (Mirrors.Link link : side.links()) {
            out.println("Target system " + host(link) + ", Type " + type(link));
        }
        if (!isSource(side)) {
            Optional<Ends> ends = source(side);
            out.println("Target system "
                    + ends.map(one -> host(one.link())).orElse(side.server()) + ", Type "
                    + ends.map(one -> type(one.link())).orElse(-1));
        }
    }

    /** EMC-121. */
    void states(Mirrors.Side side) {
        if (alone(side)) {
            noStates(side.tag(), side.server());
        }
        for (Mirrors.Link link : side.links()) {
            out.println(side.tag() + ": 1 " + side.server() + " " + host(link) + " " + link.code());
        }
        if (!isSource(side)) {
            Optional<Ends> ends = source(side);
            out.println(side.tag() + ": " + role(side) + " "
                    + ends.map(one -> one.source().server()).orElse("-") + " "
                    + ends.map(one -> host(one.link())).orElse(side.server()) + " "
                    + ends.map(one -> one.link().code()).orElse(-1));
        }
    }

    /** EMC-128. */
    void driver(Mirrors.Side side) {
        if (alone(side)) {
            noDriver();
        }
        for (Mirrors.Link link : side.links()) {
            out.println(link.code() + " " + host(link));
        }
        if (!isSource(side)) {
            Optional<Ends> ends = source(side);
            out.println(ends.map(one -> one.link().code()).orElse(-1) + " "
                    + ends.map(one -> one.source().server()).orElse("-"));
        }
    }

    /** EMC-123. */
    void resync(Mirrors.Side side) {
        out.println("Resync Status for Volume " + side.tag() + ":");
        int target = 0;
        for (Mirrors.Link link : links(side)) {
            out.println("Target " + target++ + " (Target System " + host(link) + ")");
            statistics(side, link);
        }
    }

    /** Returns the mirrors of a source, or the one of a target as its source sees it. */
    private List<Mirrors.Link> links(Mirrors.Side side) {
        return isSource(side)
                ? side.links()
                : source(side).stream().map(Ends::link).toList();
    }

    private void statistics(Mirrors.Side side, Mirrors.Link link) {
        Map<String, Long> counters = link.counters();
        out.println("ResyncPhase     = " + (link.code() == 1 ? 3 : link.code() == 2 ? 2 : 0));
        out.println("BitmapPass      = " + counters.getOrDefault("resyncPass", 0L));
        out.println("NumberOfBlocks  = " + (side.size() + BLOCK - 1) / BLOCK);
        out.println("DirtyBlocks     = " + counters.getOrDefault("resyncDirtyBlocks", 0L));
        out.println("CurrentBlock    = " + counters.getOrDefault("resyncCurrentBlock", 0L));
        out.println("NewWrites       = " + counters.getOrDefault("resyncNewWrites", 0L));
        // The engine tells ages: of the state, and how long the resynchronisation took.
        long state = counters.getOrDefault("stateSeconds", -1L);
        long took = counters.getOrDefault("resyncSeconds", 0L);
        boolean known = state >= 0 && link.code() <= 2;
        boolean done = link.code() == 1;
        out.println("ResyncStartTime = " + (known ? ago(done ? state + took : took) : UNKNOWN));
        out.println("LastResyncTime  = " + (known ? ago(done ? state : 0) : UNKNOWN));
    }

    private String modified(Mirrors.Side side) {
        return links(side).stream()
                .map(link -> link.counters().getOrDefault("stateSeconds", -1L))
                .filter(age -> age >= 0)
                .min(Long::compare)
                .map(this::ago)
                .orElse(UNKNOWN);
    }

    /** EMC-129, levels as in its sample: each with those below it. */
    void info(Mirrors.Side side, int level) {
        out.println("-----LEVEL 1 INFO-----");
        out.println("Volume Root   = " + side.tag() + ":");
        out.println("Last Modified = " + modified(side));
        out.println("Mirror Role   = " + (role(side) == 0 ? "NONE" : side.role()));
        out.println("Label         = " + properties.apply(side.tag()).getOrDefault("mount", ""));
        out.println("FileSystem    = " + properties.apply(side.tag()).getOrDefault("fstype", ""));
        out.println("Total Space   = " + (isSource(side) ? Long.toString(side.size()) : UNKNOWN));
        out.println("Num Targets   = " + side.links().size());
        out.println("Attributes    : " + Integer.toHexString(MANAGED) + "h");
        for (int i = 2; i <= level; i++) {
            out.println("-----LEVEL " + i + " INFO-----");
            int target = 0;
            for (Mirrors.Link link : side.links()) {
                out.println(">> Remote [" + target++ + "] = " + host(link) + ", " + side.tag() + ":");
                if (i == 2) {
                    out.println("Mirror State = " + (link.code() == 1 ? "MIRROR" : link.state()));
                    out.println("Mirror Type = " + (type(link) == 1 ? "SYNCHRONOUSLY" : "ASYNCHRONOUSLY"));
                } else if (link.code() == 2) {
                    statistics(side, link);
                } else {
                    out.println("No Resync or CompVol Statistics to report");
                }
            }
        }
    }

    /** EMC-130. */
    void breaks(Mirrors.Side side) {
        int target = 0;
        for (Mirrors.Link link : side.links()) {
            boolean requested = link.counters().getOrDefault("breakUserRequested", 0L) != 0;
            out.println("Target " + target++ + ", remote system " + host(link) + ": " + (requested ? "TRUE" : "FALSE"));
        }
    }
}

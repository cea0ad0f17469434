package org.mainstay.quorum.internal.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.cluster.SafetyReport.Fault;
import org.mainstay.cluster.SafetyReport.Outcome;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;

/** What happens if a server loses power, if the link is cut, if both. Pure. */
final class Faults {
    private static final double ROUND = 1.5;

    private final Means means;
    private final QuorumSettings settings;
    private final List<String> servers;
    private final Reserved.Cover reserved;
    private final boolean disk;
    private final double detection;
    private final double lapse;

    Faults(ClusterSnapshot snapshot, Means means, Reserved.Cover reserved) {
        this.means = means;
        this.settings = means.settings();
        this.servers = snapshot.servers();
        this.reserved = reserved;
        this.disk = snapshot.own().rows(LcdSection.PATHS).values().stream().anyMatch(CommPath::disk);
        this.detection = snapshot.own().rows(LcdSection.PATHS).values().stream()
                        .mapToLong(CommPath::detectionMillis)
                        .max()
                        .orElse(3_000)
                / 1000.0;
        this.lapse = settings.lapseMillis() / 1000.0;
    }

    List<Fault> all() {
        if (servers.size() < 2) {
            return List.of(new Fault(
                    servers.get(0) + " loses power", Outcome.DOWN, "there is no other server to take over", 0));
        }
        List<Fault> faults = new ArrayList<>();
        merged(servers.stream().map(this::power).toList()).forEach(faults::add);
        faults.add(link());
        merged(servers.stream().map(this::both).toList()).forEach(faults::add);
        if (settings.quorum() == Quorum.STORAGE || settings.quorum() == Quorum.ETCD) {
            faults.add(witnessLost());
        }
        return faults;
    }

    /** The same for several servers is one line: "A or B loses power". */
    private static List<Fault> merged(List<Fault> single) {
        Map<String, List<Fault>> groups = new LinkedHashMap<>();
        for (Fault fault : single) {
            String key = fault.outcome() + fault.what().replace(server(fault), "*") + fault.seconds();
            groups.computeIfAbsent(key, each -> new ArrayList<>()).add(fault);
        }
        List<Fault> merged = new ArrayList<>();
        for (List<Fault> group : groups.values()) {
            Fault first = group.get(0);
            String names =
                    String.join(" or ", group.stream().map(Faults::server).toList());
            merged.add(
                    group.size() == 1
                            ? first
                            : new Fault(
                                    first.fault().replace(server(first) + " loses", names + " loses"),
                                    first.outcome(),
                                    first.what().replace(server(first), "it"),
                                    first.seconds()));
        }
        return merged;
    }

    private static String server(Fault fault) {
        return fault.fault().replaceAll("^.*?([^ ]+) loses power.*$", "$1");
    }

    private boolean fenced(String server) {
        return means.levels().stream()
                .anyMatch(level -> level.server().equals(server)
                        && level.usable()
                        && Assessment.automatic(level)
                        && (settings.leased() || !level.kind().equals("watchdog")));
    }

    private double sightSeconds() {
        long set = settings.safety().limitMillis();
        double limit = set > 0 ? set / 1000.0 : Math.max(detection, QuorumSettings.Safety.SHORTEST_ALONE / 1000.0);
        return Math.max(detection, limit) + ROUND;
    }

    private double witnessSeconds() {
        double judged = settings.quorum() == Quorum.STORAGE
                ? settings.storage().beatMillis() * (settings.storage().beats() + 1L) / 1000.0
                : lapse;
        return Math.max(Math.max(detection, lapse), judged);
    }

    private Fault power(String server) {
        String fault = server + " loses power";
        if (settings.quorum() == Quorum.NONE) {
            return fenced(server)
                    ? new Fault(
                            fault,
                            Outcome.TAKEN_OVER,
                            "another server takes over when the fencing of " + server
                                    + " is confirmed; a device that loses "
                                    + "its power too cannot confirm: then an operator must",
                            detection)
                    : new Fault(
                            fault,
                            Outcome.TAKEN_OVER,
                            "another server takes over when it has not seen " + server
                                    + " for the safety check's limit",
                            sightSeconds());
        }
        if (settings.quorum() == Quorum.MAJORITY) {
            return new Fault(
                    fault,
                    majorityWithout(1) ? Outcome.TAKEN_OVER : Outcome.DOWN,
                    majorityWithout(1)
                            ? "the other servers are a majority; one takes over when the lease of " + server
                                    + " has lapsed"
                            : "what is left is no majority: everything stops",
                    majorityWithout(1) ? Math.max(detection, lapse) : 0);
        }
        return new Fault(
                fault,
                Outcome.TAKEN_OVER,
                "another server takes over when the witness calls " + server + " failed",
                witnessSeconds());
    }

    private boolean majorityWithout(int lost) {
        return 2 * (servers.size() - lost) > servers.size();
    }

    private Fault link() {
        String fault = "the links between the servers are cut";
        if (disk) {
            return new Fault(
                    fault,
                    Outcome.STAYS,
                    "the shared disk still shows each server to the other: what runs stays, nothing is taken over. If the disk"
                            + " is lost too, it is as without one",
                    0);
        }
        return switch (settings.quorum()) {
            case NONE -> linkWithoutQuorum(fault);
            case MAJORITY ->
                servers.size() > 2 && majorityWithout(1)
                        ? new Fault(
                                "the links of one server are cut",
                                Outcome.TAKEN_OVER,
                                "it stops what it runs; the others take over when its lease has lapsed. If no servers that "
                                        + "reach each other are a majority, everything stops",
                                Math.max(detection, lapse))
                        : new Fault(fault, Outcome.DOWN, "no server has a majority: everything stops", 0);
            case STORAGE, ETCD ->
                new Fault(
                        fault,
                        Outcome.STAYS,
                        "the witness calls all servers alive: everything stays where it is, nothing is taken over",
                        0);
        };
    }

    private Fault linkWithoutQuorum(String fault) {
        if (servers.stream().allMatch(this::fenced)) {
            return new Fault(
                    fault,
                    Outcome.TAKEN_OVER,
                    "each server fences the others: the fastest stays and takes over, as far as it reaches their devices",
                    detection);
        }
        boolean seen = servers.stream().skip(1).allMatch(means.independent()::contains);
        if (seen) {
            return new Fault(
                    fault,
                    Outcome.STAYS,
                    "the other server is still seen at its other addresses, so nothing is taken over; if those are cut "
                            + "too, "
                            + (reserved.all() ? unseen() : "resources may run twice"),
                    0);
        }
        if (reserved.all()) {
            return reserved.device()
                    ? new Fault(fault, Outcome.TAKEN_OVER, unseen(), sightSeconds())
                    : new Fault(fault, Outcome.STAYS, unseen(), 0);
        }
        return new Fault(
                fault,
                Outcome.TWICE,
                "a server that is not cut off itself cannot tell this from a dead server, and takes over while the "
                        + "other still runs",
                0);
    }

    /** What reservations make of servers that do not see each other: a device's yields to who takes over, an area's does not. */
    private String unseen() {
        List<String> texts = new ArrayList<>();
        if (reserved.device()) {
            texts.add("a server that is not cut off itself takes over what uses a reserved device (SCSI-3); the device"
                    + " refuses what the old owner writes from then on, and that ends when it notices");
        }
        if (reserved.area()) {
            texts.add("what has a reservation area stays: a second mount is refused while the holder renews; not proof"
                    + " against an owner that stands still or cannot reach the area");
        }
        return String.join("; ", texts);
    }

    private Fault both(String server) {
        String fault = "the links are cut, then " + server + " loses power";
        return switch (settings.quorum()) {
            case NONE -> {
                if (disk) {
                    yield new Fault(
                            fault,
                            Outcome.TAKEN_OVER,
                            "when " + server + " is silent on the shared disk and not seen, another server takes over",
                            sightSeconds());
                }
                Fault link = linkWithoutQuorum(fault);
                yield link.outcome() == Outcome.STAYS
                        ? new Fault(
                                fault,
                                Outcome.TAKEN_OVER,
                                "when " + server + " is not seen any more, another server takes over",
                                sightSeconds())
                        : link;
            }
            case MAJORITY ->
                majorityWithout(2)
                        ? new Fault(
                                fault,
                                Outcome.TAKEN_OVER,
                                "those who still reach each other are a majority without " + server,
                                Math.max(detection, lapse))
                        : new Fault(
                                fault,
                                Outcome.DOWN,
                                "no majority is left: everything stays stopped until links or servers return",
                                0);
            case STORAGE, ETCD ->
                new Fault(
                        fault,
                        Outcome.TAKEN_OVER,
                        "another server takes over when the witness calls " + server + " failed",
                        witnessSeconds());
        };
    }

    private Fault witnessLost() {
        return new Fault(
                "the witness cannot be reached",
                Outcome.STAYS,
                "everything stays as long as all servers reach each other; a server that reaches neither all others nor the "
                        + "witness stops what it runs",
                0);
    }
}

package org.mainstay.quorum.internal.report;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.QuorumSettings;
import org.mainstay.cluster.QuorumSettings.Quorum;
import org.mainstay.cluster.QuorumSettings.Witness;
import org.mainstay.cluster.SafetyReport;
import org.mainstay.cluster.SafetyReport.Server;
import org.mainstay.cluster.SafetyReport.Verdict;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/** How safe the cluster is: invariant I1's cases, from the configuration. Pure. */
public final class Assessment {
    private final ClusterSnapshot snapshot;
    private final Means means;
    private final QuorumSettings settings;
    private final List<String> servers;

    private Assessment(ClusterSnapshot snapshot, Means means) {
        this.snapshot = snapshot;
        this.means = means;
        this.settings = means.settings();
        this.servers = snapshot.servers();
    }

    /** Computes the report. */
    public static SafetyReport of(ClusterSnapshot snapshot, Means means) {
        return new Assessment(snapshot, means).report();
    }

    private SafetyReport report() {
        Set<String> shared = shared();
        List<SafetyReport.Resource> resources = new ArrayList<>();
        Set<Reserved.By> protectors = EnumSet.noneOf(Reserved.By.class);
        for (String server : servers) {
            snapshot.lcd(server).ifPresent(lcd -> resources(server, lcd, shared, resources, protectors));
        }
        Reserved.Cover reserved = new Reserved.Cover(
                !protectors.isEmpty() && !protectors.contains(Reserved.By.NOTHING),
                protectors.contains(Reserved.By.DEVICE),
                protectors.contains(Reserved.By.AREA));
        List<String> uncovered =
                servers.stream().filter(server -> !covered(server)).toList();
        // A lease that is over is enough for a takeover, also where fencing fails at the same time: then only a
        // watchdog is certain.
        boolean ended = settings.leased() ? servers.stream().allMatch(this::watched) : uncovered.isEmpty();
        Verdict verdict = verdict(shared, ended || reserved.certain());
        return new SafetyReport(
                verdict,
                summary(verdict, ended, reserved, uncovered),
                modes(),
                servers.stream().map(this::server).toList(),
                new Faults(snapshot, means, reserved).all(),
                resources,
                advice(verdict, uncovered));
    }

    /** Returns the tags here that have an equivalent elsewhere. */
    private Set<String> shared() {
        Set<String> shared = new LinkedHashSet<>();
        for (String server : servers) {
            snapshot.lcd(server).ifPresent(lcd -> {
                for (Equivalency row : lcd.rows(LcdSection.EQUIVALENCIES).values()) {
                    shared.add(row.server() + "/" + row.tag());
                    shared.add(row.otherServer() + "/" + row.otherTag());
                }
            });
        }
        return shared;
    }

    private void resources(
            String server,
            Lcd lcd,
            Set<String> shared,
            List<SafetyReport.Resource> resources,
            Set<Reserved.By> protectors) {
        Reserved reserved = new Reserved(lcd);
        for (Instance instance : lcd.instances().values()) {
            String tag = instance.tag();
            if (!instance.state().inService()) {
                continue;
            }
            if (instance.ownership().killHandles().isEmpty()) {
                resources.add(new SafetyReport.Resource(
                        tag, server, "no kill handles: only its kit, a watchdog or fencing can end it"));
            }
            if (shared.contains(server + "/" + tag)) {
                Reserved.By protector = reserved.of(tag);
                protectors.add(protector);
                if (protector != Reserved.By.NOTHING) {
                    resources.add(new SafetyReport.Resource(tag, server, protector.remark()));
                } else if (reserved.addressAbove(tag)) {
                    resources.add(new SafetyReport.Resource(tag, server, Reserved.ADDRESS));
                }
            }
        }
    }

    private boolean covered(String server) {
        return means.levels().stream()
                .anyMatch(level -> level.server().equals(server)
                        && level.usable()
                        && !level.kind().equals("manual")
                        && (!level.kind().equals("watchdog") || settings.leased()));
    }

    private boolean watched(String server) {
        return (!server.equals(snapshot.self()) || !settings.watchdogDevice().isEmpty())
                && means.levels().stream()
                        .anyMatch(level -> level.server().equals(server)
                                && level.usable()
                                && level.kind().equals("watchdog"));
    }

    private Verdict verdict(Set<String> shared, boolean certain) {
        if (shared.isEmpty()) {
            return Verdict.NOTHING_SHARED;
        }
        if (certain) {
            return Verdict.GUARANTEED;
        }
        return settings.leased() ? Verdict.UNLESS_PAUSED : Verdict.BY_SIGHT;
    }

    private String summary(Verdict verdict, boolean ended, Reserved.Cover reserved, List<String> uncovered) {
        String areas = reserved.all() && reserved.area() ? "; " + Reserved.By.AREA.remark() : "";
        return switch (verdict) {
            case NOTHING_SHARED -> "no resource is shared between servers, so nothing can run twice";
            case GUARANTEED ->
                ended
                        ? "never twice, whatever fails: every server "
                                + (settings.leased() ? "has a watchdog" : "can be fenced")
                        : "never two that write, whatever fails: all shared resources in service use reserved devices"
                                + " (SCSI-3)";
            case UNLESS_PAUSED ->
                "never twice unless a whole machine stands still for longer than "
                        + seconds(settings.pauseToleranceMillis()) + " s"
                        + (uncovered.isEmpty()
                                ? " and its fencing fails at the same time"
                                : "; no fencing for " + String.join(", ", uncovered))
                        + areas;
            case BY_SIGHT ->
                "once only, while a running server can be seen; no quorum, and no fencing for "
                        + String.join(", ", uncovered)
                        + areas;
        };
    }

    private List<String> modes() {
        List<String> modes = new ArrayList<>();
        modes.add("quorum " + word(settings.quorum()) + ", witness " + word(settings.witness()));
        if (settings.leased()) {
            modes.add("lease " + seconds(settings.leaseMillis()) + " s, stopping after its end "
                    + seconds(settings.lossStopMillis()) + " s, others wait " + seconds(settings.lapseMillis()) + " s");
        }
        boolean sightDecides = settings.quorum() == Quorum.NONE && settings.witness() == Witness.NONE;
        if (sightDecides) {
            modes.add("safety check decides: " + sight());
        }
        modes.add(
                means.landmarks()
                        ? "a server that is cut off notices it by its gateway and "
                                + settings.safety().references().size() + " reference addresses"
                        : "a server that is cut off notices it by missing carrier only");
        modes.add(settings.watchdogDevice().isEmpty() ? "no watchdog" : "watchdog " + settings.watchdogDevice());
        if (!means.guard()) {
            modes.add("the guard of this server does not answer: only watchdog or fencing would protect");
        }
        return modes;
    }

    private String sight() {
        List<String> parts = new ArrayList<>();
        for (String peer : servers.subList(1, servers.size())) {
            int probes = means.probes().getOrDefault(peer, 0);
            parts.add(probes == 0 ? peer + " cannot be probed" : peer + " by " + probes + " probes");
        }
        return parts.isEmpty() ? "no other server" : String.join(", ", parts);
    }

    private Server server(String name) {
        List<String> fencing = means.levels().stream()
                .filter(level -> level.server().equals(name))
                .map(level -> level.level() + ". " + level.device() + " (" + level.what() + ")"
                        + (level.usable() ? "" : ": " + level.remark()))
                .toList();
        boolean watchdog = means.levels().stream()
                .anyMatch(level -> level.server().equals(name) && level.kind().equals("watchdog"));
        return new Server(
                name,
                fencing,
                watchdog
                        || name.equals(snapshot.self())
                                && !settings.watchdogDevice().isEmpty());
    }

    private List<String> advice(Verdict verdict, List<String> uncovered) {
        List<String> advice = new ArrayList<>();
        if (verdict == Verdict.BY_SIGHT && servers.size() >= 3) {
            advice.add("set QUORUM_MODE=majority and WITNESS_MODE=remote_verify on every server");
        } else if (verdict == Verdict.BY_SIGHT) {
            advice.add("use a witness outside the two servers: QUORUM_MODE=storage or etcd, or configure fencing");
        }
        if (!uncovered.isEmpty() && (verdict == Verdict.UNLESS_PAUSED || verdict == Verdict.BY_SIGHT)) {
            advice.add("configure fencing for " + String.join(", ", uncovered) + " in etc/fencing on every server");
        }
        if (settings.leased() && settings.watchdogDevice().isEmpty()) {
            advice.add("set WATCHDOG_DEVICE, so that a server that cannot stop its resources resets itself");
        }
        if (settings.safety().references().isEmpty()) {
            advice.add("set QUORUM_REFERENCE_ADDRESSES to addresses that always answer, such as switches");
        }
        if (settings.quorum() == Quorum.NONE) {
            servers.stream()
                    .skip(1)
                    .filter(peer -> !means.independent().contains(peer))
                    .forEach(peer -> advice.add("give the safety check an address of " + peer
                            + " that is not on a comm path: SAFETY_CHECK_ADDRESSES_" + QuorumSettings.hostKey(peer)));
        }
        return advice;
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static String seconds(long millis) {
        double value = Math.round(millis / 100.0) / 10.0;
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    /** Returns whether a level can end a server without a person. */
    static boolean automatic(Fencing.LevelDevice level) {
        return !level.kind().equals("manual");
    }
}

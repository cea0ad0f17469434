package org.mainstay.quorum.internal.report;

import java.util.ArrayList;
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
import org.mainstay.cluster.lcd.Dependency;
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
        List<String> unreserved = new ArrayList<>();
        for (String server : servers) {
            snapshot.lcd(server).ifPresent(lcd -> resources(server, lcd, shared, resources, unreserved));
        }
        boolean reserved = unreserved.isEmpty()
                && resources.stream().anyMatch(resource -> resource.remark().contains("reserved"));
        List<String> uncovered =
                servers.stream().filter(server -> !covered(server)).toList();
        Verdict verdict = verdict(shared, reserved, uncovered);
        return new SafetyReport(
                verdict,
                summary(verdict, reserved, uncovered),
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
            List<String> unreserved) {
        Set<String> guarded = guarded(lcd);
        for (Instance instance : lcd.instances().values()) {
            String tag = instance.tag();
            boolean inService = instance.state().inService();
            if (inService && instance.ownership().killHandles().isEmpty()) {
                resources.add(new SafetyReport.Resource(
                        tag, server, "no kill handles: only its kit, a watchdog or fencing can end it"));
            }
            if (inService && shared.contains(server + "/" + tag)) {
                if (guarded.contains(tag)) {
                    resources.add(new SafetyReport.Resource(
                            tag, server, "its hierarchy's storage is reserved for this server"));
                } else {
                    unreserved.add(tag);
                }
            }
        }
    }

    /** Returns the tags of hierarchies with a reserved volume: without it nothing of them can be brought into service elsewhere. */
    private static Set<String> guarded(Lcd lcd) {
        Set<String> guarded = new LinkedHashSet<>();
        lcd.instances().values().stream()
                .filter(instance -> instance.ownership().killHandles().stream().anyMatch(Assessment::reservation))
                .forEach(instance -> guarded.add(instance.tag()));
        boolean grown = !guarded.isEmpty();
        while (grown) {
            grown = false;
            for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                if (guarded.contains(row.child()) != guarded.contains(row.parent())) {
                    grown = guarded.add(row.child()) | guarded.add(row.parent());
                }
            }
        }
        return guarded;
    }

    /** A mount whose handle names a reservation area. */
    private static boolean reservation(String handle) {
        String[] words = handle.split("\t", -1);
        return words.length == 4 && words[0].equals("MOUNT") && !words[3].isBlank();
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

    private Verdict verdict(Set<String> shared, boolean reserved, List<String> uncovered) {
        if (shared.isEmpty()) {
            return Verdict.NOTHING_SHARED;
        }
        // A lease that is over is enough for a takeover, also where fencing fails at the same time: then only a
        // watchdog is certain.
        if (reserved || (settings.leased() ? servers.stream().allMatch(this::watched) : uncovered.isEmpty())) {
            return Verdict.GUARANTEED;
        }
        return settings.leased() ? Verdict.UNLESS_PAUSED : Verdict.BY_SIGHT;
    }

    private String summary(Verdict verdict, boolean reserved, List<String> uncovered) {
        return switch (verdict) {
            case NOTHING_SHARED -> "no resource is shared between servers, so nothing can run twice";
            case GUARANTEED ->
                reserved
                        ? "never twice, whatever fails: all shared resources in service have reserved storage"
                        : "never twice, whatever fails: every server "
                                + (settings.leased() ? "has a watchdog" : "can be fenced");
            case UNLESS_PAUSED ->
                "never twice unless a whole machine stands still for longer than "
                        + seconds(settings.pauseToleranceMillis()) + " s"
                        + (uncovered.isEmpty()
                                ? " and its fencing fails at the same time"
                                : "; no fencing for " + String.join(", ", uncovered));
            case BY_SIGHT ->
                "once only, while a running server can be seen; no quorum, and no fencing for "
                        + String.join(", ", uncovered);
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

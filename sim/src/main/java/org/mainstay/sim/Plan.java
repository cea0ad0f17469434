package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.guard.lease.LeaseSettings;

/**
 * A cluster as it is configured.
 *
 * @param seed decides everything random that happens in it
 * @param servers how many machines, named A, B, ...
 * @param sharers how many of them, from A on, may run resources
 * @param networks comm paths of each pair
 * @param hierarchies how many resource hierarchies
 * @param fenced whether every machine can be fenced
 * @param watchdogs whether every machine has a watchdog
 */
record Plan(
        long seed,
        Safety.Quorum quorum,
        Safety.Witness witness,
        int servers,
        int sharers,
        int networks,
        int hierarchies,
        boolean fenced,
        boolean watchdogs) {
    static final String TYPE = "gen/app";
    /** Begin of the names of resources on shared storage. */
    static final String VOLUME = "vol";

    private static final int LEASE = 5_000;
    private static final int STORAGE_LEASE = 10_000;
    private static final int LOSS_STOP = 10_000;
    private static final long QUARANTINE = 20_000;
    private static final int INTERVAL = 500;
    private static final int MISSES = 6;
    /** How long kits take for a hierarchy, at the most. */
    private static final int RESTORE = 1_500;
    /** A round of probes, and how long a fence device takes at the most. */
    private static final int FENCING = 4_500;

    static String name(int number) {
        return String.valueOf((char) ('A' + number));
    }

    int interval() {
        return INTERVAL;
    }

    int misses() {
        return MISSES;
    }

    long detection() {
        return (long) INTERVAL * MISSES;
    }

    int leaseMillis() {
        return quorum == Safety.Quorum.STORAGE ? STORAGE_LEASE : LEASE;
    }

    int lossStop() {
        return LOSS_STOP;
    }

    long quarantine() {
        return QUARANTINE;
    }

    /** Returns how long a machine or guard may stand still (docs/safety.md). */
    long pauseTolerance() {
        return LOSS_STOP / 2;
    }

    boolean leased() {
        return quorum != Safety.Quorum.NONE;
    }

    /** Returns after how long leases and words of the witness do not change any more by themselves. */
    long settling() {
        long lapse = (leaseMillis() + lossStop()) * 102L / 100 + 100;
        return leased() ? lapse + (quorum == Safety.Quorum.STORAGE ? 2 * Witnesses.BEAT : 0) : 2 * detection();
    }

    /** Returns within which time service must be back after a server was lost (docs/safety.md), restore included. */
    long promised() {
        long lapse = (leaseMillis() + lossStop()) * 101L / 100 + 50;
        long waiting = switch (quorum) {
            case NONE -> detection() + Math.max(detection(), Safety.LEAST_LIMIT) + (fenced ? FENCING + turn() : 0);
            case MAJORITY -> Math.max(detection(), lapse) + INTERVAL;
            case STORAGE -> Math.max(4 * Witnesses.BEAT, lapse) + Witnesses.BEAT;
            case ETCD -> lapse + leaseMillis() / 4;
        };
        return waiting + RESTORE + 1_000;
    }

    /** Of two servers that both serve something one waits for the other before it fences. */
    private long turn() {
        return hierarchies > 1 ? detection() : 0;
    }

    Settings settings() {
        Safety safety = Safety.NONE
                .withQuorum(quorum, witness)
                .withTimes(leaseMillis(), lossStop(), QUARANTINE)
                .withFenced(fenced ? names() : Set.of());
        return Settings.DEFAULT.withSafety(safety).withReservationWait(30_000);
    }

    Set<String> names() {
        return IntStream.range(0, servers).mapToObj(Plan::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Returns what the manager tells the guard. */
    LeaseSettings lease(String self, Set<String> members, Tunables tunables) {
        return new LeaseSettings(
                LeaseSettings.Mode.valueOf(quorum.name()),
                self,
                tunables.lease(leaseMillis()),
                LOSS_STOP,
                members,
                "",
                Map.of());
    }

    // ---- resources

    /** Returns the hierarchies, each from its top to its bottom. */
    List<List<String>> resources() {
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < hierarchies; i++) {
            all.add(i == 0 ? List.of("ip") : List.of("app" + i, VOLUME + i));
        }
        return all;
    }

    List<String> hierarchy(String tag) {
        return resources().stream().filter(one -> one.contains(tag)).findFirst().orElseThrow();
    }

    List<String> tags() {
        return resources().stream().flatMap(List::stream).toList();
    }

    /** Returns the servers of a hierarchy, best priority first. */
    List<String> order(int hierarchy) {
        return IntStream.range(0, sharers)
                .mapToObj(i -> name((i + hierarchy) % sharers))
                .toList();
    }

    boolean shares(Machine machine) {
        return machine.number() < sharers;
    }

    /** Writes the database a machine begins with. */
    void prepare(Machine machine) {
        Membership members = new Membership(
                1,
                names().stream()
                        .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                        .toList());
        Lcd lcd = machine.lcd().with(LcdSection.MEMBERSHIP, Membership.KEY, members);
        for (int i = 0; shares(machine) && i < hierarchies; i++) {
            List<String> tags = resources().get(i);
            for (String tag : tags) {
                lcd = extended(lcd.with(Instance.create(tag, "id-" + tag, "gen", "app")), tag, order(i));
            }
            for (int child = 1; child < tags.size(); child++) {
                Dependency row = new Dependency(tags.get(child - 1), tags.get(child));
                lcd = lcd.with(LcdSection.DEPENDENCIES, row.key(), row);
            }
        }
        machine.lcd(machine.paths(lcd).committed());
    }

    private static Lcd extended(Lcd old, String tag, List<String> order) {
        Lcd lcd = old;
        for (int i = 0; i < order.size(); i++) {
            for (int j = i + 1; j < order.size(); j++) {
                Equivalency row = new Equivalency(order.get(i), tag, order.get(j), tag, 1 + 10 * i, 1 + 10 * j);
                if (row.server().equals(lcd.server()) || row.otherServer().equals(lcd.server())) {
                    lcd = lcd.with(LcdSection.EQUIVALENCIES, row.key(), row);
                }
            }
        }
        return lcd;
    }

    Plan withFencing() {
        return new Plan(seed, quorum, witness, servers, sharers, networks, hierarchies, true, watchdogs);
    }

    /** Returns the same with less in it. */
    Plan smaller(int newServers, int newSharers, int newNetworks, int newHierarchies) {
        return new Plan(seed, quorum, witness, newServers, newSharers, newNetworks, newHierarchies, fenced, watchdogs);
    }

    // ---- as text

    /** Returns the line that {@link #parse} reads. */
    String encode() {
        return "cluster: seed=" + seed + " quorum=" + lower(quorum) + " witness=" + lower(witness) + " servers="
                + servers
                + " sharers=" + sharers + " paths=" + networks + " hierarchies=" + hierarchies
                + (fenced ? " fenced=yes" : "") + (watchdogs ? " watchdogs=yes" : "");
    }

    private static String lower(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT);
    }

    /** Reads a line. @throws IllegalArgumentException if it is none */
    static Plan parse(String line) {
        if (!line.startsWith("cluster:")) {
            throw new IllegalArgumentException("the first line begins with 'cluster:', not: " + line);
        }
        Map<String, String> words = new TreeMap<>();
        for (String word : line.substring("cluster:".length()).trim().split(" +")) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("NAME=VALUE is expected, not '" + word + "'");
            }
            words.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return new Plan(
                Long.parseLong(words.getOrDefault("seed", "1")),
                Safety.Quorum.valueOf(words.get("quorum").toUpperCase(Locale.ROOT)),
                Safety.Witness.valueOf(words.getOrDefault("witness", "none").toUpperCase(Locale.ROOT)),
                Integer.parseInt(words.get("servers")),
                Integer.parseInt(words.get("sharers")),
                Integer.parseInt(words.getOrDefault("paths", "1")),
                Integer.parseInt(words.getOrDefault("hierarchies", "1")),
                words.getOrDefault("fenced", "no").equals("yes"),
                words.getOrDefault("watchdogs", "no").equals("yes"));
    }
}

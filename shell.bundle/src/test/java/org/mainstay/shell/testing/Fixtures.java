package org.mainstay.shell.testing;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.mainstay.cluster.ClusterSnapshot.Peer;
import org.mainstay.cluster.ClusterSnapshot.PeerState;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.ResourceType;
import org.mainstay.cluster.lcd.SystemEntry;
import org.mainstay.cluster.lcd.Wanted;

/** Clusters that command scripts are given. */
public final class Fixtures {
    private static final long CHECKED_AT = Instant.parse("2026-01-02T03:04:05Z").toEpochMilli();

    private static final String BLOCKED = "!mirror-block!data";
    private static final String JOB = "11111111-2222-3333-4444-555555555555";

    private Fixtures() {}

    /** Returns the cluster of a name: see the switch. */
    public static ClusterSnapshot named(String name) {
        return switch (name) {
            case "two servers" -> twoServers(PeerState.ALIVE, true, Map.of());
            case "B away" -> twoServers(PeerState.DEAD, false, Map.of());
            case "pg starting" ->
                twoServers(
                        PeerState.ALIVE,
                        true,
                        Map.of("pg", new Activity("RESTORE", "A-7", "waiting for crash recovery")));
            case "failed stop" -> failedStop();
            case "all out" -> allOut();
            case "in doubt" -> inDoubt();
            case "not extended" -> notExtended();
            case "mirrored volume" -> mirrored();
            case "mirrored volumes" -> mirroredVolumes(InstanceState.ISP, InstanceState.OSU);
            case "mirrored volumes on B" -> mirroredVolumes(InstanceState.OSU, InstanceState.ISP);
            case "mirrored volumes on both" -> mirroredVolumes(InstanceState.ISP, InstanceState.ISP);
            case "mirrored volume, B away" -> away(mirrored());
            case "mirror kept from A" -> {
                ClusterSnapshot cluster = mirrored();
                yield with(cluster, cluster.own().with(LcdSection.FLAGS, BLOCKED, new Flag(BLOCKED)));
            }
            case "mirror job" -> mirrorJob();
            case "solo on A" -> solo(false, "");
            case "solo on A, B blocked" -> solo(false, "!mirror-block!solo");
            case "solo on A, B deleted" -> solo(false, "!mirror-switchover!solo!");
            case "solo on both" -> solo(true, "");
            case "vip on both" -> vipOnBoth();
            case "kit missing" -> kitMissing();
            case "undescribed property" -> undescribedProperty();
            case "found by kits" ->
                both(foundByKits(lcd("A", InstanceState.ISP)), foundByKits(lcd("B", InstanceState.OSU)));
            case "no resources" -> both(base("A"), base("B"));
            case "file shares" -> fileShares();
            case "no paths" -> noPaths();
            case "only the guard of B" -> onlyTheGuard();
            case "fresh node" ->
                new ClusterSnapshot(
                        1, "A", Phase.AVAILABLE, base("A"), Map.of(), Map.of(), Map.of(), Map.of(), List.of());
            default -> throw new IllegalArgumentException("there is no fixture '" + name + "'");
        };
    }

    private static ClusterSnapshot twoServers(PeerState state, boolean current, Map<String, Activity> activities) {
        boolean alive = state == PeerState.ALIVE;
        Peer peer = new Peer(
                "B",
                state,
                alive,
                lcd("B", InstanceState.OSU),
                current,
                Map.of(),
                Map.of(),
                Map.of("p1", true, "p2", false));
        return new ClusterSnapshot(
                7,
                "A",
                Phase.AVAILABLE,
                lcd("A", InstanceState.ISP),
                Map.of("B", peer),
                Map.of("p1", alive, "p2", false),
                activities,
                Map.of("pg", CHECKED_AT),
                List.of());
    }

    private static ClusterSnapshot failedStop() {
        ClusterSnapshot cluster = named("two servers");
        Instance pg = cluster.own().instances().get("pg");
        Instance stuck = pg.withState(InstanceState.OSF, "remove action timed out after 300 s", CHECKED_AT)
                .withOwnership(pg.ownership().withReleased(false));
        Instance vip = cluster.own().instances().get("vip").withFailed(true);
        return with(cluster, cluster.own().with(stuck).with(vip));
    }

    private static ClusterSnapshot allOut() {
        return with(named("two servers"), lcd("A", InstanceState.OSU));
    }

    /** Two servers each with an address in service, as unrelated resources of one kit have it. */
    private static ClusterSnapshot vipOnBoth() {
        ClusterSnapshot cluster = named("two servers");
        Peer b = cluster.peers().get("B");
        Lcd there = b.lcd()
                .with(b.lcd()
                        .instances()
                        .get("vip")
                        .withState(InstanceState.ISP, "restore action has succeeded", CHECKED_AT));
        Peer serving =
                new Peer("B", b.state(), b.managerPresent(), there, true, b.checkedAt(), b.activities(), b.paths());
        return new ClusterSnapshot(
                cluster.revision() + 1,
                cluster.self(),
                cluster.phase(),
                cluster.own(),
                Map.of("B", serving),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems());
    }

    /** Kits that keep what they found beside what their forms have. */
    private static Lcd foundByKits(Lcd lcd) {
        Instance vip = lcd.instances().get("vip");
        Map<String, String> address = new TreeMap<>(vip.properties());
        address.put("interface.found", "eth0");
        Instance pg = lcd.instances().get("pg");
        Map<String, String> database = new TreeMap<>(pg.properties());
        database.putAll(Map.of("version", "15", "owner", "postgres"));
        return lcd.with(vip.withProperties(address, "1.0")).with(pg.withProperties(database, "1.0"));
    }

    private static ClusterSnapshot both(Lcd a, Lcd b) {
        Peer peer = new Peer("B", PeerState.ALIVE, true, b, true, Map.of(), Map.of(), Map.of());
        return new ClusterSnapshot(
                9, "A", Phase.AVAILABLE, a, Map.of("B", peer), Map.of(), Map.of(), Map.of(), List.of());
    }

    private static ClusterSnapshot kitMissing() {
        ClusterSnapshot cluster = named("two servers");
        Instance cache = Instance.create("cache", "6379", "database", "redis");
        return with(cluster, cluster.own().with(cache));
    }

    private static ClusterSnapshot undescribedProperty() {
        ClusterSnapshot cluster = named("two servers");
        Instance pg = cluster.own().instances().get("pg");
        Map<String, String> properties = new TreeMap<>(pg.properties());
        properties.put("test-passwd", "swordfish");
        return with(cluster, cluster.own().with(pg.withProperties(properties, pg.kitVersion())));
    }

    private static ClusterSnapshot mirrored() {
        ClusterSnapshot cluster = named("two servers");
        ClusterSnapshot.Peer b = cluster.peers().get("B");
        ClusterSnapshot.Peer side = new ClusterSnapshot.Peer(
                b.name(),
                b.state(),
                b.managerPresent(),
                mirrored(b.lcd(), "10.77.2.2:1601"),
                b.current(),
                b.checkedAt(),
                b.activities(),
                b.paths());
        return new ClusterSnapshot(
                cluster.revision(),
                cluster.self(),
                cluster.phase(),
                mirrored(cluster.own(), "10.77.2.1"),
                Map.of("B", side),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems());
    }

    private static ClusterSnapshot away(ClusterSnapshot cluster) {
        ClusterSnapshot.Peer b = cluster.peers().get("B");
        return withPeer(cluster, b.lcd(), PeerState.DEAD);
    }

    private static ClusterSnapshot withPeer(ClusterSnapshot cluster, Lcd lcd, PeerState state) {
        ClusterSnapshot.Peer b = cluster.peers().get("B");
        boolean alive = state == PeerState.ALIVE;
        Peer peer = new Peer("B", state, alive, lcd, alive, b.checkedAt(), b.activities(), b.paths());
        return new ClusterSnapshot(
                cluster.revision() + 1,
                cluster.self(),
                cluster.phase(),
                cluster.own(),
                Map.of("B", peer),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems());
    }

    /** A job with a pair of the volume and one of a server's disk; B has an older copy of it. */
    private static ClusterSnapshot mirrorJob() {
        ClusterSnapshot cluster = mirrored();
        MirrorJob.Pair pair = new MirrorJob.Pair(
                new MirrorJob.End("B.example.org", "data", "10.77.2.2"),
                new MirrorJob.End("A", "data", "10.77.2.1"),
                MirrorJob.Type.S);
        MirrorJob.Pair disk = new MirrorJob.Pair(
                new MirrorJob.End("A", "logs", "0.0.0.0"),
                new MirrorJob.End("B.example.org", "logs", "0.0.0.0"),
                MirrorJob.Type.D);
        MirrorJob old = new MirrorJob(JOB, 1, false, "db", "", List.of());
        MirrorJob job = new MirrorJob(JOB, 2, false, "db", "the database", List.of(pair, disk));
        ClusterSnapshot with =
                withPeer(cluster, cluster.peers().get("B").lcd().with(LcdSection.JOBS, JOB, old), PeerState.ALIVE);
        return with(with, with.own().with(LcdSection.JOBS, JOB, job));
    }

    /** A mirrored volume that no other resource belongs to. */
    private static ClusterSnapshot solo(boolean both, String flag) {
        ClusterSnapshot cluster = named("two servers");
        Map<String, String> properties = new TreeMap<>(Map.of(
                "mount", "/srv/solo", "device", "/dev/vg/solo", "mirror", "10.77.2.1:1501", "mirror-volume", "solo-1"));
        Lcd own = cluster.own().with(instance("solo", "/srv/solo", "filesys", "volume", InstanceState.ISP, properties));
        properties.put("mirror", "10.77.2.2:1501");
        Lcd b = cluster.peers().get("B").lcd();
        if (both) {
            b = b.with(instance("solo", "/srv/solo", "filesys", "volume", InstanceState.OSU, properties));
        }
        if (!flag.isEmpty()) {
            b = b.with(LcdSection.FLAGS, flag, new Flag(flag));
        }
        return with(withPeer(cluster, b, PeerState.ALIVE), own);
    }

    /** Two mirrored volumes of one hierarchy. */
    private static ClusterSnapshot mirroredVolumes(InstanceState a, InstanceState b) {
        return both(withWal(mirrored(lcd("A", a), "10.77.2.1"), a), withWal(mirrored(lcd("B", b), "10.77.2.2"), b));
    }

    private static Lcd withWal(Lcd lcd, InstanceState state) {
        Map<String, String> properties = Map.of("mount", "/srv/wal", "mirror", "10.77.2.1", "mirror-volume", "wal-1");
        return lcd.with(instance("wal", "/srv/wal", "filesys", "volume", state, properties))
                .apply(List.of(dependency("pg", "wal")));
    }

    private static Lcd mirrored(Lcd lcd, String address) {
        Instance data = lcd.instances().get("data");
        Map<String, String> properties = new java.util.TreeMap<>(data.properties());
        properties.putAll(Map.of("mirror", address, "mirror-volume", "data-1", "mirror-type", "async"));
        return lcd.with(data.withProperties(properties, data.kitVersion()));
    }

    private static ClusterSnapshot fileShares() {
        ClusterSnapshot cluster = named("two servers");
        return with(
                cluster,
                cluster.own()
                        .with(instance("FSList.0", "FSList.0", "comm", "volshare", InstanceState.ISP, Map.of()))
                        .with(instance("FSList.1", "FSList.1", "comm", "volshare", InstanceState.OSU, Map.of())));
    }

    private static ClusterSnapshot notExtended() {
        ClusterSnapshot cluster = named("two servers");
        List<LcdChange<?>> gone = new ArrayList<>();
        cluster.own()
                .rows(LcdSection.EQUIVALENCIES)
                .keySet()
                .forEach(key -> gone.add(LcdChange.remove(LcdSection.EQUIVALENCIES, key)));
        return with(cluster, cluster.own().apply(gone));
    }

    private static ClusterSnapshot inDoubt() {
        ClusterSnapshot cluster = named("two servers");
        Operation operation = new Operation(
                "B-12",
                "B",
                List.of("A", "B"),
                List.of("pg"),
                "delete dependency pg vip",
                Operation.State.PREPARED,
                List.of());
        return with(cluster, cluster.own().with(LcdSection.OPERATIONS, "B-12", operation));
    }

    /** Returns the cluster with another database of this server. */
    public static ClusterSnapshot with(ClusterSnapshot cluster, Lcd own) {
        return new ClusterSnapshot(
                cluster.revision() + 1,
                cluster.self(),
                cluster.phase(),
                own,
                cluster.peers(),
                cluster.paths(),
                cluster.activities(),
                cluster.checkedAt(),
                cluster.problems());
    }

    private static ClusterSnapshot noPaths() {
        Peer peer = new Peer("B", PeerState.UNKNOWN, false, Lcd.empty("B", 0), false, Map.of(), Map.of(), Map.of());
        return new ClusterSnapshot(
                1, "A", Phase.AVAILABLE, base("A"), Map.of("B", peer), Map.of(), Map.of(), Map.of(), List.of());
    }

    private static ClusterSnapshot onlyTheGuard() {
        ClusterSnapshot cluster = named("two servers");
        Peer b = cluster.peers().get("B");
        Peer guard = new Peer("B", PeerState.ALIVE, false, b.lcd(), false, b.checkedAt(), b.activities(), b.paths());
        return new ClusterSnapshot(
                cluster.revision() + 1,
                cluster.self(),
                cluster.phase(),
                cluster.own(),
                Map.of("B", guard),
                Map.of("p1", true, "p2", true),
                Map.of(),
                Map.of(),
                List.of());
    }

    private static Lcd base(String server) {
        Membership membership = new Membership(
                2, List.of(new Member("A", "10.77.1.1", 1500, "aa"), new Member("B", "10.77.1.2", 1501, "bb")));
        return Lcd.empty(server, 1)
                .with(LcdSection.SYSTEMS, server, new SystemEntry(server, ""))
                .with(LcdSection.MEMBERSHIP, Membership.KEY, membership)
                .with(LcdSection.TYPES, "comm/ip", new ResourceType("comm", "ip"))
                .with(LcdSection.TYPES, "database/postgres", new ResourceType("database", "postgres"))
                .with(LcdSection.TYPES, "filesys/volume", new ResourceType("filesys", "volume"))
                .with(LcdSection.TYPES, "gen/", new ResourceType("gen", ""));
    }

    private static Lcd lcd(String server, InstanceState state) {
        String other = server.equals("A") ? "B" : "A";
        String ownAddress = server.equals("A") ? "10.77.1.1" : "10.77.1.2";
        String otherAddress = server.equals("A") ? "10.77.1.2" : "10.77.1.1";
        Lcd lcd = base(server)
                .with(LcdSection.FLAGS, "shutdown_switchover", new Flag("shutdown_switchover"))
                .with(LcdSection.PATHS, "p1", new CommPath("p1", other, ownAddress, otherAddress, 1, 500, 6))
                .with(
                        LcdSection.PATHS,
                        "p2",
                        new CommPath(
                                "p2",
                                other,
                                ownAddress.replace("77.1", "77.2"),
                                otherAddress.replace("77.1", "77.2"),
                                2,
                                250,
                                4))
                .with(instance("data", "/srv/pg", "filesys", "volume", state, Map.of("mount", "/srv/pg")))
                .with(instance("vip", "10.77.1.100", "comm", "ip", state, Map.of("address", "10.77.1.100/24")))
                .with(instance("pg", "pg-5432", "database", "postgres", state, postgresProperties()))
                .apply(List.of(dependency("pg", "data"), dependency("pg", "vip")));
        for (String tag : List.of("data", "pg", "vip")) {
            Equivalency row = new Equivalency("A", tag, "B", tag, 1, 10);
            lcd = lcd.with(LcdSection.EQUIVALENCIES, row.key(), row);
        }
        return lcd;
    }

    private static Map<String, String> postgresProperties() {
        return new TreeMap<>(Map.of("datadir", "/srv/pg/main", "port", "5432", "password", "hunter2"));
    }

    private static Instance instance(
            String tag,
            String id,
            String application,
            String type,
            InstanceState state,
            Map<String, String> properties) {
        return Instance.create(tag, id, application, type)
                .withProperties(properties, "1.0")
                .withState(
                        state,
                        state == InstanceState.ISP ? "restore action has succeeded" : "remove action has succeeded",
                        CHECKED_AT)
                .withOwnership(new Ownership(3, "A", Wanted.IN, 1, state != InstanceState.ISP, killHandles(tag), 0));
    }

    /** The volume has none. */
    private static List<String> killHandles(String tag) {
        return tag.equals("data") ? List.of() : List.of("CGROUP\t/sys/fs/cgroup/mainstay/" + tag);
    }

    private static LcdChange<?> dependency(String parent, String child) {
        Dependency row = new Dependency(parent, child);
        return LcdChange.put(LcdSection.DEPENDENCIES, row.key(), row);
    }

    /** Returns the events of the cluster. */
    public static List<ClusterEvent> events() {
        return List.of(
                new ClusterEvent(
                        1,
                        Instant.parse("2026-01-02T03:04:05Z"),
                        "A",
                        1000,
                        ClusterEvent.Level.INFORMATION,
                        "",
                        "Mainstay is available on A"),
                new ClusterEvent(
                        2,
                        Instant.parse("2026-01-02T03:05:00.250Z"),
                        "A",
                        1234,
                        ClusterEvent.Level.ERROR,
                        "pg",
                        "quickCheck failed: no answer on port 5432"),
                new ClusterEvent(
                        3,
                        Instant.parse("2026-01-02T03:05:01Z"),
                        "A",
                        20120,
                        ClusterEvent.Level.INFORMATION,
                        "pg",
                        "pg is in service on A"));
    }
}

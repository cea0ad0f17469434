package org.mainstay.itest.lab;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Forms clusters the way an administrator does. */
public final class Cluster {

    /**
     * Heartbeats of the comm paths.
     *
     * @param intervalSeconds as typed, such as {@code 0.5}
     * @param misses allowed misses
     */
    public record Heartbeat(String intervalSeconds, int misses) {
        /** What is shipped. */
        public static final Heartbeat DEFAULT = new Heartbeat("0.5", 6);

        /** Returns after how long a silent path is dead. */
        public long detectionMillis() {
            return Math.round(Double.parseDouble(intervalSeconds) * 1000 * misses);
        }
    }

    private Cluster() {}

    /** Adds the servers, makes the first a new cluster and joins the others; all run, no paths exist yet. */
    public static void form(Lab lab, Path distribution, List<String> names) {
        Server first = null;
        for (String name : names) {
            Server server = lab.addServer(name, distribution);
            String address = server.machine().address(1);
            if (first == null) {
                first = server;
                first.mainstay("node", "init", "--name", name, "--address", address);
            } else {
                server.mainstay(
                        "node",
                        "join",
                        "--name",
                        name,
                        "--address",
                        address,
                        "--peer",
                        first.machine().address(1),
                        "--code",
                        invite(first));
            }
            server.start();
        }
    }

    /** Returns a one-time code: the last line of what the command prints. */
    public static String invite(Server by) {
        String[] lines = by.mainstay("node", "invite").strip().split("\n");
        return lines[lines.length - 1].strip();
    }

    /** Creates comm paths between every two servers on the first networks of the laboratory. */
    public static void connect(Lab lab, int networks, Heartbeat heartbeat) {
        List<Server> servers = lab.servers();
        for (int i = 0; i < servers.size(); i++) {
            for (int j = i + 1; j < servers.size(); j++) {
                for (int network = 1; network <= networks; network++) {
                    servers.get(i)
                            .mainstay(
                                    "commpath",
                                    "create",
                                    "--to",
                                    servers.get(j).name(),
                                    "--local",
                                    servers.get(i).machine().address(network),
                                    "--remote",
                                    servers.get(j).machine().address(network),
                                    "--interval",
                                    heartbeat.intervalSeconds(),
                                    "--misses",
                                    String.valueOf(heartbeat.misses()));
                }
            }
        }
    }

    /** Protects a database with its volume and address on the first server and extends it to all others. */
    public static void protectDatabase(Lab lab, Database database, String address) {
        Server first = lab.servers().get(0);
        createDatabase(first, database, address);
        for (Server other : lab.servers().subList(1, lab.servers().size())) {
            first.mainstay("resource", "extend", "pg", "--to", other.name());
        }
    }

    /** Protects a database on mirrored private disks, with its address, on the first server, and extends it to all others. */
    public static void protectMirrored(Lab lab, Database database, String address, String type) {
        Server first = lab.servers().get(0);
        createDatabase(first, database, address, "mirror=" + first.machine().address(2), "mirror-type=" + type);
        for (Server other : lab.servers().subList(1, lab.servers().size())) {
            first.mainstay(
                    "resource",
                    "extend",
                    "pg",
                    "--to",
                    other.name(),
                    "--set",
                    "data.device=" + Database.privateImage(lab, other),
                    "--set",
                    "data.mirror=" + other.machine().address(2));
        }
    }

    /** Creates the hierarchy of a database (pg on data and vip) on one server. @param volume further settings of the volume */
    public static void createDatabase(Server first, Database database, String address, String... volume) {
        List<String> data = new ArrayList<>(List.of(
                "resource",
                "create",
                "volume",
                "--tag",
                "data",
                "--set",
                "device=" + database.image(),
                "--set",
                "mount=" + Database.MOUNT));
        for (String setting : volume) {
            data.addAll(List.of("--set", setting));
        }
        first.mainstay(data.toArray(String[]::new));
        first.mainstay("resource", "create", "ip", "--tag", "vip", "--set", "address=" + address + "/24");
        List<String> create = new ArrayList<>(List.of(
                "resource",
                "create",
                "postgres",
                "--tag",
                "pg",
                "--set",
                "datadir=" + Database.DATA,
                "--set",
                "port=" + Database.PORT));
        create.addAll(database.answers());
        first.mainstay(create.toArray(String[]::new));
        first.mainstay("dependency", "create", "pg", "vip");
    }
}

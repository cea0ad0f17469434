package org.mainstay.guard.witness;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Await;

/** A real etcd (Debian package etcd-server) on loopback, with a data folder and ports of its own. */
final class EtcdServer implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/etcd");

    private final Path folder;
    private final String name;
    private final int port;
    private final int peerPort;
    private final List<String> more;
    private List<EtcdServer> cluster = List.of(this);
    private int life;
    private Process process;

    EtcdServer(Path folder, String name, String... more) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.name = name;
        this.more = List.of(more);
        try (ServerSocket one = new ServerSocket(0);
                ServerSocket two = new ServerSocket(0)) {
            port = one.getLocalPort();
            peerPort = two.getLocalPort();
        }
    }

    static boolean possible() {
        return Files.isExecutable(PROGRAM);
    }

    static EtcdServer single(Path folder, String... more) throws Exception {
        EtcdServer server = new EtcdServer(folder, "e1", more);
        server.start();
        server.awaitReady();
        return server;
    }

    static List<EtcdServer> three(Path folder) throws Exception {
        List<EtcdServer> all = new ArrayList<>();
        for (String name : List.of("e1", "e2", "e3")) {
            all.add(new EtcdServer(folder.resolve(name), name));
        }
        for (EtcdServer server : all) {
            server.cluster = all;
            server.start();
        }
        for (EtcdServer server : all) {
            server.awaitReady();
        }
        return all;
    }

    boolean tls() {
        return more.contains("--cert-file");
    }

    String url() {
        return (tls() ? "https" : "http") + "://127.0.0.1:" + port;
    }

    private String peerUrl() {
        return "http://127.0.0.1:" + peerPort;
    }

    void start() throws IOException {
        List<String> members = new ArrayList<>();
        cluster.forEach(member -> members.add(member.name + "=" + member.peerUrl()));
        List<String> command = new ArrayList<>(List.of(
                PROGRAM.toString(),
                "--name",
                name,
                "--data-dir",
                folder.resolve("data" + life).toString(),
                "--listen-client-urls",
                url(),
                "--advertise-client-urls",
                url(),
                "--listen-peer-urls",
                peerUrl(),
                "--initial-advertise-peer-urls",
                peerUrl(),
                "--initial-cluster",
                String.join(",", members),
                "--initial-cluster-state",
                "new",
                "--heartbeat-interval",
                "50",
                "--election-timeout",
                "500",
                "--logger",
                "zap"));
        command.addAll(more);
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    /** As if its disk had been replaced by an empty one. */
    void forgetAll() {
        life++;
    }

    void awaitReady() throws Exception {
        Await.until("etcd is ready", 20_000, () -> {
            if (!process.isAlive()) {
                throw new AssertionError(Files.readString(folder.resolve("log")));
            }
            try (java.net.Socket socket = new java.net.Socket("127.0.0.1", port)) {
                return socket.isConnected() && (tls() || leads() != null);
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** Returns whether it is the leader; null if there is none. */
    Boolean leads() throws Exception {
        try {
            Json status = client().call("/v3/maintenance/status", "{}");
            String leader = status.text("leader");
            return leader.isEmpty() || leader.equals("0")
                    ? null
                    : leader.equals(status.get("header").text("member_id"));
        } catch (IOException e) {
            return null;
        }
    }

    EtcdClient client() throws IOException {
        return new EtcdClient(new EtcdSettings(List.of(URI.create(url())), "/", "", "", "", "", ""), 2000);
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    void signal(String signal) throws Exception {
        FileStoreTest.run("kill", "-" + signal, Long.toString(process.pid()));
    }

    @Override
    public void close() throws InterruptedException {
        if (process != null) {
            kill();
        }
    }
}

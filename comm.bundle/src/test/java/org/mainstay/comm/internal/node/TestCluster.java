package org.mainstay.comm.internal.node;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.net.Settings;
import org.mainstay.comm.internal.net.View;

/** Messengers of several servers in this process, on loopback addresses, with paths made by the test. */
public final class TestCluster implements AutoCloseable {
    public final KeyPair authorityKeys = Certificates.newKeyPair();
    public final X509Certificate authority = Certificates.newAuthority(authorityKeys);
    public final int port;
    private final Map<String, Server> servers = new LinkedHashMap<>();
    private Membership membership = new Membership(1, List.of());

    /** A server of the cluster. */
    public static final class Server {
        public final Identity identity;
        public final Member member;
        public CommNode node;
        final List<CommPath> rows = new ArrayList<>();

        Server(Identity identity, Member member) {
            this.identity = identity;
            this.member = member;
        }

        /** The guard's word. */
        public void guard(String path, String peer, boolean alive) {
            node.network().guard(new GuardNews.PathState(path, peer, alive));
        }
    }

    public TestCluster() throws IOException {
        port = freePort();
    }

    /** Returns a port that is free on all loopback addresses now. */
    public static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Adds a member with its member address and starts it. */
    public Server add(String name, String address, Settings settings) {
        return add(name, address, settings, Certificates.NOT_BEFORE, Certificates.NOT_AFTER);
    }

    /** Adds a member whose certificate has dates of its own. */
    public Server add(String name, String address, Settings settings, Instant from, Instant to) {
        KeyPair keys = Certificates.newKeyPair();
        X509Certificate certificate = Certificates.issue(authorityKeys.getPrivate(), name, keys.getPublic(), from, to);
        Identity identity = new Identity(name, keys.getPrivate(), certificate, authority);
        Server server = new Server(identity, identity.member(address, port));
        servers.put(name, server);
        List<Member> members = new ArrayList<>(membership.members());
        members.add(server.member);
        membership = new Membership(membership.epoch() + 1, members);
        start(server, settings);
        return server;
    }

    /** Starts a server (again). */
    public void start(Server server, Settings settings) {
        server.node = new CommNode(server.identity, settings, certificate -> {});
        publish();
    }

    /** Adds a path between two servers. */
    public void path(String id, Server a, String addressA, Server b, String addressB, int priority) {
        pathVia(id, a, addressA, addressB, b, addressB, priority);
    }

    /** Adds a path on which the first sees another address than the second has, as through a proxy. */
    public void pathVia(String id, Server a, String localA, String remoteA, Server b, String localB, int priority) {
        a.rows.add(new CommPath(id, b.member.name(), localA, remoteA, priority, 500, 6));
        b.rows.add(new CommPath(id, a.member.name(), localB, localA, priority, 500, 6));
        publish();
    }

    /** Removes a path at both ends. */
    public void removePath(String id) {
        servers.values().forEach(server -> server.rows.removeIf(row -> row.id().equals(id)));
        publish();
    }

    /** Removes a member; it goes on running with its old view. */
    public void remove(String name) {
        servers.remove(name);
        membership = new Membership(
                membership.epoch() + 1,
                membership.members().stream()
                        .filter(member -> !member.name().equals(name))
                        .toList());
        publish();
    }

    public Membership membership() {
        return membership;
    }

    private void publish() {
        for (Server server : servers.values()) {
            if (server.node != null) {
                server.node.network().view(new View(membership, server.rows));
            }
        }
    }

    @Override
    public void close() {
        servers.values().forEach(server -> server.node.close());
    }

    /** Returns whether somebody listens there. */
    public static boolean listens(String address, int port) {
        try (Socket socket = new Socket(address, port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}

package org.mainstay.comm.internal.enrol;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.mainstay.cluster.NodeSetup;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerCertificates;
import org.mainstay.comm.internal.net.View;

/** Makes and joins clusters while Mainstay is stopped here; needs nothing but a JVM. Used by one thread at a time. */
public final class NodeSetupService implements NodeSetup {
    /** Port of servers where none is given (issue 2, section 5). */
    static final int DEFAULT_PORT = 1500;

    private static final int CONNECT_MILLIS = 10_000;
    private static final int ROUND_MILLIS = 20_000;
    /** The peer has to reach a majority meanwhile. */
    private static final int COMMIT_MILLIS = 90_000;

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    /** For {@link java.util.ServiceLoader}. */
    public NodeSetupService() {
        this(Clock.systemUTC());
    }

    /** @param clock wall clock, compared with the peer's */
    NodeSetupService(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Membership init(Path dataDirectory, String name, String address, int port) throws IOException {
        check(name, address, port);
        try (NodeFiles files = new NodeFiles(dataDirectory)) {
            KeyPair authorityKeys = Certificates.newKeyPair();
            X509Certificate authority = Certificates.newAuthority(authorityKeys);
            KeyPair keys = Certificates.newKeyPair();
            Identity identity = new Identity(
                    name,
                    keys.getPrivate(),
                    Certificates.issue(authorityKeys.getPrivate(), name, keys.getPublic()),
                    authority);
            identity.store(files.directory());
            Identity.storeAuthorityKey(
                    files.directory(), authorityKeys.getPrivate().getEncoded());
            files.keep();
            return new Membership(1, List.of(identity.member(address, port)));
        }
    }

    @Override
    public Membership join(Path dataDirectory, String name, String address, int port, String peer, String code)
            throws IOException {
        check(name, address, port);
        if (!code.matches("\\d{8}")) {
            throw new IOException("a setup code has 8 digits; 'mainstay node invite' on a member prints one");
        }
        InetSocketAddress remote = peerAddress(peer);
        try (NodeFiles files = new NodeFiles(dataDirectory);
                Socket socket = connect(remote)) {
            JoinWire wire = new SocketJoinWire(socket);
            wire.patience(ROUND_MILLIS);
            JoinChannel channel = new JoinChannel(wire, true);
            try {
                return converse(channel, wire, files, new Member(name, address, port, ""), code);
            } catch (Pake.WrongCode e) {
                throw new IOException(
                        peer + " does not know this setup code: it is mistyped, or somebody stands between", e);
            } catch (SocketTimeoutException e) {
                throw new IOException(peer + " stopped answering; nothing was changed here", e);
            } catch (EOFException | SocketException e) {
                throw new IOException(
                        peer
                                + " closed the connection; is an invitation open? 'mainstay node invite' there prints a new"
                                + " code (valid 10 minutes and 3 tries)",
                        e);
            }
        }
    }

    private Membership converse(JoinChannel channel, JoinWire wire, NodeFiles files, Member wanted, String code)
            throws IOException {
        channel.authenticate(code, null, random);
        KeyPair keys = Certificates.newKeyPair();
        channel.send(new JoinMessages.Application(
                wanted.name(),
                wanted.address(),
                wanted.port(),
                clock.millis(),
                Base64.getEncoder().encodeToString(Certificates.request(keys, wanted.name()))));
        JoinMessages.Offer offer = channel.receive(JoinMessages.Offer.class);
        refuse(offer.error());
        Identity identity = identity(wanted.name(), keys, offer);
        identity.store(files.directory());
        PeerCertificates peers = new PeerCertificates(files.directory().resolve("peers"));
        for (String encoded : offer.certificates()) {
            peers.remember(certificate(encoded));
        }
        channel.send(new JoinMessages.Ready(true));
        wire.patience(COMMIT_MILLIS);
        JoinMessages.Admission admission = channel.receive(JoinMessages.Admission.class);
        refuse(admission.error());
        Member self = identity.member(wanted.address(), wanted.port());
        if (admission.membership() == null
                || !admission
                        .membership()
                        .member(wanted.name())
                        .filter(self::equals)
                        .isPresent()) {
            throw new IOException(
                    "the peer's membership does not hold this server as it asked to be; nothing was changed");
        }
        byte[] authorityKey = JoinServer.decode(admission.authorityKey());
        Identity.storeAuthorityKey(files.directory(), authorityKey);
        Arrays.fill(authorityKey, (byte) 0);
        files.keep();
        channel.send(new JoinMessages.Done(true));
        return admission.membership();
    }

    private static Identity identity(String name, KeyPair keys, JoinMessages.Offer offer) throws IOException {
        Identity identity =
                new Identity(name, keys.getPrivate(), certificate(offer.certificate()), certificate(offer.authority()));
        try {
            identity.certificate().verify(identity.authority().getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate the peer made is not signed by its authority", e);
        }
        if (!identity.pin().equals(Certificates.pin(keys.getPublic()))
                || !Certificates.nameOf(identity.certificate()).equals(name)) {
            throw new IOException("the certificate the peer made is not the one asked for");
        }
        return identity;
    }

    private static X509Certificate certificate(String base64) throws IOException {
        try {
            return Certificates.decode(JoinServer.decode(base64));
        } catch (GeneralSecurityException e) {
            throw new IOException("a malformed certificate", e);
        }
    }

    private static void refuse(String error) throws IOException {
        if (error != null && !error.isEmpty()) {
            throw new IOException(error);
        }
    }

    private static void check(String name, String address, int port) throws IOException {
        try {
            new Member(name, address, port, "");
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        if (!View.numeric(address) || View.resolve(address).isEmpty()) {
            throw new IOException(
                    "'" + address + "' is not an IP address; give one of this server's own, such as 10.0.0.1");
        }
        InetAddress parsed = View.resolve(address).orElseThrow();
        if (parsed.isAnyLocalAddress() || parsed.isMulticastAddress()) {
            throw new IOException("'" + address + "' is not the address of a server; give one of this server's own");
        }
    }

    /** Reads {@code address}, {@code address:port}, {@code [v6]}, {@code [v6]:port}; names are looked up. */
    static InetSocketAddress peerAddress(String peer) throws IOException {
        String host = peer;
        String port = "";
        int colon = peer.lastIndexOf(':');
        if (peer.startsWith("[") && peer.contains("]")) {
            host = peer.substring(1, peer.indexOf(']'));
            port = peer.substring(peer.indexOf(']') + 1).replaceFirst("^:", "");
        } else if (colon >= 0 && peer.indexOf(':') == colon) {
            host = peer.substring(0, colon);
            port = peer.substring(colon + 1);
        }
        if (host.isEmpty() || !port.matches("\\d{0,5}")) {
            throw new IOException("'" + peer + "' is not an address; give ADDRESS or ADDRESS:PORT");
        }
        int number = port.isEmpty() ? DEFAULT_PORT : Integer.parseInt(port);
        if (number < 1 || number > 65_535) {
            throw new IOException("the port must be 1 to 65535, not " + port);
        }
        InetSocketAddress resolved = new InetSocketAddress(host, number);
        if (resolved.isUnresolved()) {
            throw new IOException("'" + host + "' is not known; give the address of a member");
        }
        return resolved;
    }

    private static Socket connect(InetSocketAddress remote) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(remote, CONNECT_MILLIS);
            return socket;
        } catch (ConnectException | NoRouteToHostException | SocketTimeoutException e) {
            socket.close();
            throw new IOException(
                    "no answer from " + remote.getHostString() + " port " + remote.getPort()
                            + ": does Mainstay run there, are address and port right, is a firewall between?",
                    e);
        }
    }
}

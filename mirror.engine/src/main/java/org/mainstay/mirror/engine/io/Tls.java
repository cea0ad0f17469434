package org.mainstay.mirror.engine.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Mutual TLS between engines (I7), and of NBD clients with an engine. Thread-safe. */
public final class Tls {
    private static final String[] BETWEEN_ENGINES = {"TLSv1.3"};
    private static final String[] WITH_CLIENTS = {"TLSv1.3", "TLSv1.2"};

    private final SSLContext context;
    /** Whether certificates carry the names of servers. */
    private final boolean named;

    private final String[] protocols;

    /**
     * With the key and the trusted certificates of one PKCS#12 file.
     *
     * @throws IOException if the file cannot be read or holds no key
     */
    public Tls(Path file, char[] password) throws IOException {
        named = false;
        protocols = BETWEEN_ENGINES;
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            context = context(keys.getKeyManagers(), trust.getTrustManagers());
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    /**
     * With a server's identity and the pins of its peers' keys.
     *
     * @param identity folder with {@code node.key.pem}, {@code node.crt.pem} and {@code ca.crt.pem}
     * @param pins file with the pins of the keys that are trusted, one per line; read at each handshake, so that a member that is
     *     removed is out at once
     * @throws IOException if the identity cannot be read
     */
    public Tls(Path identity, Path pins) throws IOException {
        named = true;
        protocols = BETWEEN_ENGINES;
        try {
            PinnedIdentity own = new PinnedIdentity(identity, pins);
            context = context(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()});
        } catch (GeneralSecurityException e) {
            throw new IOException("the identity in " + identity + " cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    private Tls(SSLContext context) {
        this.context = context;
        this.named = false;
        this.protocols = WITH_CLIENTS;
    }

    /** TLS 1.3 or 1.2 with clients that show a certificate of an authority that is trusted. @see CertificateFiles */
    static Tls withClients(KeyManager[] keys, TrustManager[] trust) throws GeneralSecurityException {
        return new Tls(context(keys, trust));
    }

    private static SSLContext context(KeyManager[] keys, TrustManager[] trust) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys, trust, new SecureRandom());
        // A resumed session would not look at the pins again.
        context.getClientSessionContext().setSessionCacheSize(1);
        context.getClientSessionContext().setSessionTimeout(1);
        context.getServerSessionContext().setSessionTimeout(1);
        return context;
    }

    /** Secures a connection; the peer must show a certificate that is trusted here. @param client whether this side connected */
    public Wire secure(Wire plain, boolean client) throws IOException {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        engine.setEnabledProtocols(protocols);
        engine.setNeedClientAuth(!client);
        return new TlsWire(plain, engine, named);
    }
}

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

/** Mutual TLS 1.3 between engines (I7). Thread-safe. */
public final class Tls {
    private final SSLContext context;
    /** Whether certificates carry the names of servers. */
    private final boolean named;

    /**
     * With the key and the trusted certificates of one PKCS#12 file.
     *
     * @throws IOException if the file cannot be read or holds no key
     */
    public Tls(Path file, char[] password) throws IOException {
        named = false;
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
        try {
            PinnedIdentity own = new PinnedIdentity(identity, pins);
            context = context(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()});
        } catch (GeneralSecurityException e) {
            throw new IOException("the identity in " + identity + " cannot be used for TLS: " + e.getMessage(), e);
        }
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
        engine.setEnabledProtocols(new String[] {"TLSv1.3"});
        engine.setNeedClientAuth(!client);
        return new TlsWire(plain, engine, named);
    }
}

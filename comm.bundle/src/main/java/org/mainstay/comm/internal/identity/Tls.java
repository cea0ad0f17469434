package org.mainstay.comm.internal.identity;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.mainstay.cluster.lcd.Member;

/** Mutual TLS 1.3 of Java's own provider between members. Thread-safe. */
public final class Tls {
    private static final String[] PROTOCOLS = {"TLSv1.3"};
    private static final String[] SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"};

    private final SSLContext context;
    private final PeerTrust trust;

    public Tls(Identity identity, PeerTrust trust) {
        this.trust = trust;
        try {
            context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[] {new OwnKey(identity)}, new TrustManager[] {trust}, new SecureRandom());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no TLS 1.3", e);
        }
    }

    /** Makes one side of a connection. */
    public SSLEngine engine(boolean client) {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        engine.setEnabledProtocols(PROTOCOLS);
        engine.setEnabledCipherSuites(SUITES);
        if (!client) {
            engine.setNeedClientAuth(true);
        }
        return engine;
    }

    /**
     * Returns the member at the other end of an established connection. Always asked after the handshake too: a resumed TLS
     * session brings an old certificate along without asking the trust manager again.
     */
    public Member peer(SSLSession session) throws CertificateException {
        return trust.verify(chain(session));
    }

    /** Returns the certificate at the other end. */
    public static X509Certificate certificate(SSLSession session) throws CertificateException {
        return chain(session)[0];
    }

    private static X509Certificate[] chain(SSLSession session) throws CertificateException {
        try {
            return (X509Certificate[]) session.getPeerCertificates();
        } catch (SSLPeerUnverifiedException e) {
            throw new CertificateException("no certificate", e);
        }
    }
}

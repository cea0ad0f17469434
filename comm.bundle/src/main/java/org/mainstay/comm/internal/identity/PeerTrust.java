package org.mainstay.comm.internal.identity;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;

/**
 * Whom this server talks to: whoever holds a key that the newest membership pins, with a certificate for that member's name
 * signed by the cluster's authority. Dates are not looked at, on purpose: an expired certificate or a clock in 1970 must not take
 * comm paths down, and the end of trust is the removal from the membership, which works at once and everywhere. Thread-safe.
 *
 * <p>It is an <i>extended</i> trust manager, because Java wraps any other with checks of its own (dates, host names).
 */
public final class PeerTrust extends X509ExtendedTrustManager {
    private final PublicKey authority;
    private final Supplier<Membership> membership;

    /** @param membership the newest membership this server knows */
    public PeerTrust(X509Certificate authority, Supplier<Membership> membership) {
        this.authority = authority.getPublicKey();
        this.membership = membership;
    }

    /** Returns the member that the chain proves. @throws CertificateException if it is none */
    public Member verify(X509Certificate[] chain) throws CertificateException {
        if (chain == null || chain.length == 0) {
            throw new CertificateException("no certificate");
        }
        try {
            chain[0].verify(authority);
        } catch (GeneralSecurityException e) {
            throw new CertificateException("foreign certificate: not signed by this cluster's authority", e);
        }
        String name = Certificates.nameOf(chain[0]);
        Member member = membership
                .get()
                .member(name)
                .orElseThrow(() -> new CertificateException("'" + name + "' is not (or no longer) in the membership"));
        if (!pinned(member, Certificates.pin(chain[0].getPublicKey()))) {
            throw new CertificateException("the key of '" + name + "' is not the one the membership pins");
        }
        return member;
    }

    /**
     * Returns whether the member may use the key. {@code Member.keyPin} may hold two pins with a comma between them while a key
     * rolls over: the present one and the next one.
     */
    public static boolean pinned(Member member, String pin) {
        return Arrays.asList(member.keyPin().toLowerCase(Locale.ROOT).split(","))
                .contains(pin);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        verify(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        verify(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        verify(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        verify(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verify(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verify(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}

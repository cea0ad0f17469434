package org.mainstay.comm.internal.identity;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Makes and reads keys (EC P-256) and certificates. Stateless. */
public final class Certificates {
    /** Fixed dates: certificates are valid by signature and pin, never by a clock (docs/decisions/0070). */
    public static final Instant NOT_BEFORE = Instant.parse("2000-01-01T00:00:00Z");

    /** RFC 5280: no well-defined end. */
    public static final Instant NOT_AFTER = Instant.parse("9999-12-31T23:59:59Z");

    private static final String SIGNATURE = "SHA256withECDSA";
    private static final String AUTHORITY = "Mainstay cluster authority";
    private static final SecureRandom RANDOM = new SecureRandom();

    private Certificates() {}

    /** Makes a key pair on P-256. */
    public static KeyPair newKeyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime cannot make EC P-256 keys", e);
        }
    }

    /** Makes the self-signed certificate of a new cluster's authority. */
    public static X509Certificate newAuthority(KeyPair keys) {
        return sign(new X500NameBuilder().addRDN(BCStyle.CN, AUTHORITY).build(), keys.getPrivate(), keys.getPublic());
    }

    /** Makes a signing request (PKCS #10, DER), which proves possession of the private key. */
    public static byte[] request(KeyPair keys, String name) {
        try {
            return new JcaPKCS10CertificationRequestBuilder(subject(name), keys.getPublic())
                    .build(new JcaContentSignerBuilder(SIGNATURE).build(keys.getPrivate()))
                    .getEncoded();
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException("cannot make a signing request", e);
        }
    }

    /**
     * Returns the public key of a signing request for a server of that name.
     *
     * @throws IOException if it is malformed, for another name, not on P-256, or not signed with its own key
     */
    public static PublicKey requestedKey(byte[] request, String name) throws IOException {
        try {
            JcaPKCS10CertificationRequest parsed =
                    new JcaPKCS10CertificationRequest(new PKCS10CertificationRequest(request));
            PublicKey key = parsed.getPublicKey();
            if (!parsed.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
                throw new IOException("the signing request is not signed with its own key");
            }
            if (!commonName(parsed.getSubject()).equals(name)) {
                throw new IOException("the signing request is for another name than '" + name + "'");
            }
            requireP256(key);
            return key;
        } catch (GeneralSecurityException | OperatorCreationException | PKCSException | RuntimeException e) {
            throw new IOException("the signing request is malformed", e);
        }
    }

    /** Signs the certificate of a server. */
    public static X509Certificate issue(PrivateKey authorityKey, String name, PublicKey key) {
        return issue(authorityKey, name, key, NOT_BEFORE, NOT_AFTER);
    }

    /** Signs the certificate of a server with dates of its own. */
    public static X509Certificate issue(
            PrivateKey authorityKey, String name, PublicKey key, Instant notBefore, Instant notAfter) {
        X500Name issuer = new X500NameBuilder().addRDN(BCStyle.CN, AUTHORITY).build();
        X509v3CertificateBuilder builder = builder(issuer, subject(name), key, notBefore, notAfter);
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(
                    Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyAgreement));
            return finish(builder, authorityKey);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("cannot sign the certificate of " + name, e);
        }
    }

    private static X509Certificate sign(X500Name name, PrivateKey key, PublicKey publicKey) {
        X509v3CertificateBuilder builder = builder(name, name, publicKey, NOT_BEFORE, NOT_AFTER);
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            return finish(builder, key);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("cannot make the cluster authority", e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant notBefore, Instant notAfter) {
        return new X509v3CertificateBuilder(
                issuer,
                new BigInteger(126, RANDOM).setBit(126),
                Date.from(notBefore),
                Date.from(notAfter),
                subject,
                SubjectPublicKeyInfo.getInstance(key.getEncoded()));
    }

    private static X509Certificate finish(X509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        return decode(
                builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)).getEncoded());
    }

    /** Reads a certificate in DER. */
    public static X509Certificate decode(byte[] der) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** Returns the pin of a key as in {@code Member.keyPin}: SHA-256 of its SubjectPublicKeyInfo, lower-case hexadecimal. */
    public static String pin(PublicKey key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    /** Returns the server name in a certificate; empty if it has none. */
    public static String nameOf(X509Certificate certificate) {
        return commonName(
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()));
    }

    /** Reads a PKCS #8 private key. */
    public static PrivateKey privateKey(byte[] pkcs8) throws GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    /** Writes PEM. */
    public static byte[] pem(String kind, byte[] der) {
        String text = "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads the first PEM block of a kind. */
    public static byte[] unpem(String kind, byte[] pem) throws IOException {
        String text = new String(pem, StandardCharsets.US_ASCII);
        int begin = text.indexOf("-----BEGIN " + kind + "-----");
        int end = text.indexOf("-----END " + kind + "-----");
        if (begin < 0 || end < begin) {
            throw new IOException("no " + kind + " found");
        }
        try {
            return Base64.getMimeDecoder().decode(text.substring(text.indexOf('\n', begin) + 1, end));
        } catch (IllegalArgumentException e) {
            throw new IOException("damaged " + kind, e);
        }
    }

    private static X500Name subject(String name) {
        return new X500NameBuilder().addRDN(BCStyle.CN, name).build();
    }

    private static String commonName(X500Name name) {
        RDN[] names = name.getRDNs(BCStyle.CN);
        return names.length == 1 ? IETFUtils.valueToString(names[0].getFirst().getValue()) : "";
    }

    private static void requireP256(PublicKey key) throws IOException {
        // id-ecPublicKey with prime256v1: the encoding of such a key always has this length and prefix
        byte[] own = newKeyPair().getPublic().getEncoded();
        byte[] given = key.getEncoded();
        int prefix = own.length - 64;
        boolean same = given.length == own.length;
        for (int i = 0; same && i < prefix; i++) {
            same = own[i] == given[i];
        }
        if (!same) {
            throw new IOException("the key of the signing request is not an EC P-256 key");
        }
    }
}

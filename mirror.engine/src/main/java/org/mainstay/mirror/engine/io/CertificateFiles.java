package org.mainstay.mirror.engine.io;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A folder of PEM files with the names QEMU, libnbd and nbdkit use.
 *
 * @param authorities {@code ca-cert.pem}: whose signature makes a client trusted
 * @param certificate {@code server-cert.pem}, with what is between it and its authority
 * @param key {@code server-key.pem}, PKCS#8 without a password
 */
public record CertificateFiles(String authorities, String certificate, String key) {
    private static final String AUTHORITIES = "ca-cert.pem";
    private static final String CERTIFICATE = "server-cert.pem";
    private static final String KEY = "server-key.pem";
    private static final long LARGEST = 1 << 20;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    /** @throws IOException if one of the files is missing or cannot be read */
    public static CertificateFiles read(Path folder) throws IOException {
        return new CertificateFiles(
                text(folder.resolve(AUTHORITIES)), text(folder.resolve(CERTIFICATE)), text(folder.resolve(KEY)));
    }

    private static String text(Path file) throws IOException {
        try {
            if (Files.size(file) > LARGEST) {
                throw new IOException(file + " is larger than a PEM file of keys can be");
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    file + " is missing; needed are " + AUTHORITIES + ", " + CERTIFICATE + " and " + KEY, e);
        }
    }

    /** Returns what secures a server's connections. @throws IOException if the files do not hold what they should */
    public Tls tls() throws IOException {
        try {
            X509Certificate[] chain = certificates(certificate, CERTIFICATE).toArray(new X509Certificate[0]);
            KeyStore own = store();
            own.setKeyEntry("server", key(chain[0].getPublicKey()), new char[0], chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, new char[0]);
            KeyStore trusted = store();
            for (X509Certificate authority : certificates(authorities, AUTHORITIES)) {
                trusted.setCertificateEntry("ca" + trusted.size(), authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            return Tls.withClients(keys.getKeyManagers(), trust.getTrustManagers());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the certificates cannot be used for TLS: " + e.getMessage(), e);
        }
    }

    private static KeyStore store() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static List<X509Certificate> certificates(String text, String file)
            throws GeneralSecurityException, IOException {
        List<X509Certificate> all = new ArrayList<>();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (blocks.group(1).equals("CERTIFICATE")) {
                Certificate one = factory.generateCertificate(new ByteArrayInputStream(bytes(blocks)));
                all.add((X509Certificate) one);
            }
        }
        if (all.isEmpty()) {
            throw new IOException(file + " holds no certificate (BEGIN CERTIFICATE)");
        }
        return all;
    }

    private static byte[] bytes(Matcher block) {
        return Base64.getMimeDecoder().decode(block.group(2));
    }

    private PrivateKey key(PublicKey expected) throws GeneralSecurityException, IOException {
        Matcher blocks = BLOCK.matcher(key);
        while (blocks.find()) {
            if (blocks.group(1).equals("PRIVATE KEY")) {
                String kind = expected.getAlgorithm();
                PrivateKey read = KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(bytes(blocks)));
                verify(read, expected);
                return read;
            }
        }
        throw new IOException(
                KEY + " holds no key in PKCS#8 without a password (BEGIN PRIVATE KEY); others become one by"
                        + " 'openssl pkcs8 -topk8 -nocrypt -in KEY -out " + KEY + "'");
    }

    /** Java would find out with the first client only. */
    private static void verify(PrivateKey key, PublicKey expected) throws GeneralSecurityException, IOException {
        String algorithm = switch (expected.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> expected.getAlgorithm();
        };
        byte[] text = {1, 2, 3};
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(key);
        signing.update(text);
        byte[] signature = signing.sign();
        signing.initVerify(expected);
        signing.update(text);
        if (!signing.verify(signature)) {
            throw new IOException(KEY + " is not the key of " + CERTIFICATE);
        }
    }
}

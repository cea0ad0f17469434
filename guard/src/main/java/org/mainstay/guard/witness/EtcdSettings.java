package org.mainstay.guard.witness;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.mainstay.guard.lease.Witness;

/**
 * Where etcd is and who asks it, checked.
 *
 * @param endpoints without a slash at the end
 * @param prefix of all keys of this cluster, with a slash at the end
 * @param user or empty
 * @param passwordFile or empty
 * @param caFile certificates that are trusted, or empty: those of the system
 * @param certificateFile this server's, or empty
 * @param keyFile its key, PKCS#8, or empty
 */
record EtcdSettings(
        List<URI> endpoints,
        String prefix,
        String user,
        String passwordFile,
        String caFile,
        String certificateFile,
        String keyFile) {

    EtcdSettings {
        endpoints = List.copyOf(endpoints);
    }

    /** @throws IllegalArgumentException with what is wrong and what is allowed */
    static EtcdSettings parse(Witness.Settings all) {
        Map<String, String> parameters = all.parameters();
        String cluster = parameters.getOrDefault("QUORUM_WITNESS_CLUSTER", "");
        if (cluster.isEmpty()) {
            cluster = SignOfLife.idOf("cluster " + String.join(" ", new TreeSet<>(all.members())))
                    .toString();
        }
        String prefix = value(parameters, "QUORUM_ETCD_PREFIX");
        if (prefix.isEmpty()) {
            prefix = "/mainstay";
        }
        if (!prefix.matches("/[!-~]*[!-.0-~]")) {
            throw new IllegalArgumentException(
                    "QUORUM_ETCD_PREFIX must begin with '/', not end with it, and have no spaces,"
                            + " as /mainstay; not '" + prefix + "'");
        }
        String user = value(parameters, "QUORUM_ETCD_USER");
        String passwordFile = value(parameters, "QUORUM_ETCD_PASSWORD_FILE");
        if (user.isEmpty() != passwordFile.isEmpty()) {
            throw new IllegalArgumentException(
                    "QUORUM_ETCD_USER and QUORUM_ETCD_PASSWORD_FILE must be set both or not at all");
        }
        String certificate = value(parameters, "QUORUM_ETCD_CERT_FILE");
        String key = value(parameters, "QUORUM_ETCD_KEY_FILE");
        if (certificate.isEmpty() != key.isEmpty()) {
            throw new IllegalArgumentException(
                    "QUORUM_ETCD_CERT_FILE and QUORUM_ETCD_KEY_FILE must be set both or not at all");
        }
        return new EtcdSettings(
                endpoints(value(parameters, "QUORUM_ETCD_ENDPOINTS")),
                prefix + "/" + cluster + "/",
                user,
                passwordFile,
                value(parameters, "QUORUM_ETCD_CA_FILE"),
                certificate,
                key);
    }

    private static String value(Map<String, String> parameters, String name) {
        return parameters.getOrDefault(name, "").trim();
    }

    private static List<URI> endpoints(String text) {
        List<URI> endpoints = new ArrayList<>();
        for (String one : text.split("[, ]+")) {
            if (!one.matches("https?://[^/@?#]+/?")) {
                throw new IllegalArgumentException(
                        "QUORUM_ETCD_ENDPOINTS must be URLs as https://etcd1:2379, separated by" + " commas, not '"
                                + text + "'");
            }
            endpoints.add(URI.create(one.replaceAll("/$", "")));
        }
        return endpoints;
    }

    /** Returns the password now. @throws IOException if it cannot be read, or others can read it */
    String password() throws IOException {
        Path file = Path.of(passwordFile);
        AwsCredentialsChain.requirePrivate(file);
        return Files.readString(file, StandardCharsets.UTF_8).strip();
    }

    /** Returns what TLS needs, null for the system's defaults. @throws IOException if a file is missing or wrong */
    SSLContext tls() throws IOException {
        if (caFile.isEmpty() && certificateFile.isEmpty()) {
            return null;
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    certificateFile.isEmpty() ? null : own().getKeyManagers(),
                    caFile.isEmpty() ? null : trusted().getTrustManagers(),
                    null);
            return context;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("the certificates or the key for etcd cannot be used: " + e.getMessage(), e);
        }
    }

    private TrustManagerFactory trusted() throws GeneralSecurityException, IOException {
        KeyStore store = empty();
        int number = 0;
        for (Certificate certificate : certificates(caFile)) {
            store.setCertificateEntry("ca" + number++, certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory;
    }

    private KeyManagerFactory own() throws GeneralSecurityException, IOException {
        AwsCredentialsChain.requirePrivate(Path.of(keyFile));
        KeyStore store = empty();
        char[] none = new char[0];
        store.setKeyEntry("own", key(), none, certificates(certificateFile).toArray(new Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, none);
        return factory;
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Collection<? extends Certificate> certificates(String file)
            throws GeneralSecurityException, IOException {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    private PrivateKey key() throws GeneralSecurityException, IOException {
        String pem = Files.readString(Path.of(keyFile), StandardCharsets.US_ASCII);
        if (!pem.contains("-----BEGIN PRIVATE KEY-----")) {
            throw new IOException(keyFile + " must be a PEM file with BEGIN PRIVATE KEY;"
                    + " openssl pkcs8 -topk8 -nocrypt makes one of others");
        }
        String base64 = pem.replaceAll("(?s).*-----BEGIN PRIVATE KEY-----(.*?)-----END.*", "$1");
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (InvalidKeySpecException e) {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        }
    }
}

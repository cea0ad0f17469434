package org.mainstay.comm.internal.identity;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.mainstay.cluster.lcd.Member;

/**
 * A server's identity as it lies in {@code data/identity} (mode 0700, files 0600).
 *
 * <table>
 * <caption>Files</caption>
 * <tr><td>{@code node.json}</td><td>{@code {"schema":1,"name"}}</td></tr>
 * <tr><td>{@code node.key.pem}, {@code node.crt.pem}</td><td>key (PKCS #8) and certificate of the server</td></tr>
 * <tr><td>{@code ca.crt.pem}</td><td>certificate of the cluster's authority</td></tr>
 * <tr><td>{@code ca.key.sealed}, {@code ca.seal}</td><td>key of the authority, see {@link SealedKey}, and the sealing key in hexadecimal</td></tr>
 * <tr><td>{@code peers/PIN.crt.pem}</td><td>certificates of peers seen, see {@link PeerCertificates}</td></tr>
 * </table>
 *
 * @param name server name
 * @param key its private key
 * @param certificate its certificate
 * @param authority certificate of the cluster's authority
 */
public record Identity(String name, PrivateKey key, X509Certificate certificate, X509Certificate authority) {
    /** Name of the directory below {@code data/}. */
    public static final String DIRECTORY = "identity";

    private static final int SCHEMA = 1;
    private static final String KEY = "PRIVATE KEY";
    static final String CERTIFICATE = "CERTIFICATE";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().create();

    private record Description(int schema, String name) {}

    @Override
    public String toString() {
        return "identity of " + name;
    }

    /** Returns the pin of the server's key. */
    public String pin() {
        return Certificates.pin(certificate.getPublicKey());
    }

    /** Reads the identity; empty if this installation has none yet. @throws IOException if it is damaged */
    public static Optional<Identity> load(Path dataDirectory) throws IOException {
        Path directory = dataDirectory.resolve(DIRECTORY);
        Path description = directory.resolve("node.json");
        if (!Files.exists(description)) {
            return Optional.empty();
        }
        try {
            Description read = GSON.fromJson(Files.readString(description), Description.class);
            if (read == null || read.name() == null || read.schema() != SCHEMA) {
                throw new IOException(description + " is not of schema " + SCHEMA);
            }
            return Optional.of(new Identity(
                    read.name(),
                    Certificates.privateKey(
                            Certificates.unpem(KEY, Files.readAllBytes(directory.resolve("node.key.pem")))),
                    certificate(directory.resolve("node.crt.pem")),
                    certificate(directory.resolve("ca.crt.pem"))));
        } catch (GeneralSecurityException | JsonParseException e) {
            throw new IOException(
                    "the identity in " + directory + " is damaged: restore it from a backup, or remove the server from"
                            + " the cluster and join again",
                    e);
        }
    }

    /** Writes the identity into a directory that is not in use yet. */
    public void store(Path directory) throws IOException {
        PrivateFiles.directory(directory);
        PrivateFiles.write(directory.resolve("node.key.pem"), Certificates.pem(KEY, key.getEncoded()));
        try {
            PrivateFiles.write(
                    directory.resolve("node.crt.pem"), Certificates.pem(CERTIFICATE, certificate.getEncoded()));
            PrivateFiles.write(directory.resolve("ca.crt.pem"), Certificates.pem(CERTIFICATE, authority.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IOException("a certificate cannot be encoded", e);
        }
        PrivateFiles.write(
                directory.resolve("node.json"),
                GSON.toJson(new Description(SCHEMA, name)).getBytes(StandardCharsets.UTF_8));
    }

    /** Seals the authority's key into the directory. */
    public static void storeAuthorityKey(Path directory, byte[] pkcs8) throws IOException {
        byte[] seal = SealedKey.newSealingKey();
        PrivateFiles.write(
                directory.resolve("ca.seal"),
                (HexFormat.of().formatHex(seal) + "\n").getBytes(StandardCharsets.US_ASCII));
        PrivateFiles.write(directory.resolve("ca.key.sealed"), SealedKey.seal(seal, pkcs8));
        Arrays.fill(seal, (byte) 0);
    }

    /** Unseals the authority's key (PKCS #8); the caller wipes it after use. */
    public static byte[] authorityKey(Path dataDirectory) throws IOException {
        Path directory = dataDirectory.resolve(DIRECTORY);
        byte[] seal;
        try {
            seal = HexFormat.of()
                    .parseHex(Files.readString(directory.resolve("ca.seal")).strip());
        } catch (IllegalArgumentException e) {
            throw new IOException(directory.resolve("ca.seal") + " is damaged: restore it from a backup", e);
        }
        return SealedKey.open(seal, Files.readAllBytes(directory.resolve("ca.key.sealed")));
    }

    /** Returns the row of this server in the membership. */
    public Member member(String address, int port) {
        return new Member(name, address, port, pin());
    }

    private static X509Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        return Certificates.decode(Certificates.unpem(CERTIFICATE, Files.readAllBytes(file)));
    }
}

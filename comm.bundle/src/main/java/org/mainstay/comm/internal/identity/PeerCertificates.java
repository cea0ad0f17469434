package org.mainstay.comm.internal.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Public keys of peers, kept on disk so that heartbeat keys can be derived before the first connection after a start. A file
 * is believed only if its key matches the pin in the membership, so it needs no protection of its own. Thread-safe.
 */
public final class PeerCertificates {
    private static final Logger LOG = LoggerFactory.getLogger(PeerCertificates.class);
    private static final String SUFFIX = ".crt.pem";

    private final Path directory;
    private final Map<String, PublicKey> keys = new ConcurrentHashMap<>();

    /** @param directory {@code data/identity/peers} */
    public PeerCertificates(Path directory) {
        this.directory = directory;
    }

    /** Returns the present key of a member if it is known. */
    public Optional<PublicKey> key(Member member) {
        String pin = firstPin(member);
        PublicKey known = keys.get(pin);
        if (known == null) {
            known = read(pin);
        }
        return Optional.ofNullable(known);
    }

    private PublicKey read(String pin) {
        Path file = directory.resolve(pin + SUFFIX);
        if (!pin.matches("[0-9a-f]{64}") || !Files.exists(file)) {
            return null;
        }
        try {
            X509Certificate certificate =
                    Certificates.decode(Certificates.unpem(Identity.CERTIFICATE, Files.readAllBytes(file)));
            if (Certificates.pin(certificate.getPublicKey()).equals(pin)) {
                keys.put(pin, certificate.getPublicKey());
                return certificate.getPublicKey();
            }
            LOG.warn(
                    "{} holds another key than its name says; it is ignored and written again when the peer connects",
                    file);
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn("{} cannot be read; it is written again when the peer connects", file, e);
        }
        return null;
    }

    /** Returns the certificates of members that are on disk. */
    public List<X509Certificate> all(Membership membership) {
        List<X509Certificate> found = new ArrayList<>();
        for (Member member : membership.members()) {
            Path file = directory.resolve(firstPin(member) + SUFFIX);
            if (key(member).isPresent() && Files.exists(file)) {
                try {
                    found.add(Certificates.decode(Certificates.unpem(Identity.CERTIFICATE, Files.readAllBytes(file))));
                } catch (IOException | GeneralSecurityException e) {
                    LOG.warn("{} cannot be read", file, e);
                }
            }
        }
        return found;
    }

    private static String firstPin(Member member) {
        return member.keyPin().toLowerCase(Locale.ROOT).split(",")[0];
    }

    /** Remembers a certificate that was verified in a connection. @return whether it was news */
    public boolean remember(X509Certificate certificate) {
        String pin = Certificates.pin(certificate.getPublicKey());
        if (keys.containsKey(pin) || read(pin) != null) {
            return false;
        }
        keys.put(pin, certificate.getPublicKey());
        try {
            PrivateFiles.directory(directory);
            PrivateFiles.write(
                    directory.resolve(pin + SUFFIX), Certificates.pem(Identity.CERTIFICATE, certificate.getEncoded()));
        } catch (IOException | GeneralSecurityException e) {
            LOG.warn(
                    "cannot keep the certificate of a peer in {}: heartbeats to it begin only after a connection",
                    directory,
                    e);
        }
        return true;
    }

    /** Drops the keys of those who are no members any more. */
    public void retain(Membership membership) {
        Set<String> pins = membership.members().stream()
                .flatMap(member ->
                        Stream.of(member.keyPin().toLowerCase(Locale.ROOT).split(",")))
                .collect(Collectors.toSet());
        keys.keySet().retainAll(pins);
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX) && !pins.contains(name.substring(0, name.length() - SUFFIX.length()))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            LOG.warn("cannot clean up {}", directory, e);
        }
    }
}

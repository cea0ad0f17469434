package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mainstay.mirror.engine.io.CertificateFiles;

/** An authority of a test with certificates of a server and a client, by the file names QEMU and libnbd use. */
public final class Certificates {
    public final Path folder;

    /** @param folder to be made */
    public Certificates(Path folder) throws IOException, InterruptedException {
        this.folder = Files.createDirectories(folder);
        openssl(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=authority",
                "-addext",
                "keyUsage=critical,keyCertSign",
                "-keyout",
                "ca-key.pem",
                "-out",
                "ca-cert.pem");
        issue("server", "serverAuth", "");
        issue("client", "clientAuth", "");
    }

    /** Writes {@code NAME-cert.pem} and {@code NAME-key.pem}. @param more words for openssl, with one space between */
    public void issue(String name, String use, String more) throws IOException, InterruptedException {
        Files.writeString(
                folder.resolve("extensions"),
                "subjectAltName=DNS:localhost,IP:127.0.0.1\nkeyUsage=digitalSignature\nextendedKeyUsage=" + use + "\n");
        openssl(
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                name + "-key.pem",
                "-out",
                "request");
        String sign =
                "x509 -req -in request -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -extfile extensions -out "
                        + name + "-cert.pem " + more;
        openssl(sign.strip().split(" "));
    }

    /** The client's part of TLS, with {@code NAME-cert.pem} of this authority. @param trusted whose servers it trusts */
    public TlsUpgrade client(String name, Certificates trusted) throws IOException {
        CertificateFiles files = new CertificateFiles(
                Files.readString(trusted.folder.resolve("ca-cert.pem")),
                Files.readString(folder.resolve(name + "-cert.pem")),
                Files.readString(folder.resolve(name + "-key.pem")));
        return plain -> files.tls().secure(plain, true);
    }

    public TlsUpgrade client() throws IOException {
        return client("client", this);
    }

    private void openssl(String... words) throws IOException, InterruptedException {
        Path output = folder.resolve("openssl.out");
        ProcessBuilder builder = new ProcessBuilder("openssl").directory(folder.toFile());
        builder.command().addAll(List.of(words));
        int exit = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        assertThat(exit).as(Files.readString(output)).isZero();
    }
}

package org.mainstay.mirror.engine.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients we did not write, against our server. cnf/setup/requirements.sh names the packages. */
@Timeout(120)
class InteroperabilityIT {
    @TempDir
    Path folder;

    private FileServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        server = new FileServer(folder, NbdLimits.DEFAULT, false, 64 << 20);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private String run(String... command) throws IOException, InterruptedException {
        return run(true, command);
    }

    private String fails(String... command) throws IOException, InterruptedException {
        return run(false, command);
    }

    private String run(boolean succeeds, String... command) throws IOException, InterruptedException {
        assumeTrue(
                new ProcessBuilder("sh", "-c", "command -v " + command[0])
                                .start()
                                .waitFor()
                        == 0,
                command[0] + " is not installed");
        Path output = Files.createTempFile(folder, "out", "");
        Process process = new ProcessBuilder(List.of(command))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(90, TimeUnit.SECONDS);
        // nbdinfo tells what the content looks like, and random content may look like text of any encoding
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        process.destroyForcibly();
        assertThat(ended && (process.exitValue() == 0) == succeeds)
                .as(String.join(" ", command) + ":\n" + text)
                .isTrue();
        return text;
    }

    @Test
    void nbdinfo() throws Exception {
        assertThat(run("nbdinfo", server.uri()))
                .contains("newstyle-fixed", "structured", "export-size: 67108864", "can_fua: true")
                .contains("can_multi_conn: true", "can_trim: true", "can_zero: true", "block_size_maximum: 33554432");
        assertThat(run("nbdinfo", "--list", server.uri())).contains("export=\"v\"");
        assertThat(run("nbdinfo", "--size", server.uri())).contains("67108864");
        run("nbdinfo", "--can", "flush", server.uri());
    }

    @Test
    void nbdcopyThereAndBack() throws Exception {
        run("dd", "if=/dev/urandom", "of=" + folder + "/in", "bs=1M", "count=64");
        run("nbdcopy", "in", server.uri());
        run("cmp", "in", "volume");
        run("nbdcopy", "--connections=4", server.uri(), "out");
        run("cmp", "in", "out");
    }

    @Test
    void qemuImgAndQemuIo() throws Exception {
        run("qemu-img", "info", server.uri());
        run("qemu-img", "create", "-f", "raw", "raw", "64M");
        run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 3M", "-c", "write -P 7 777 333", "raw");
        run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", "raw", server.uri());
        run("qemu-img", "compare", "-f", "raw", "-F", "raw", "raw", server.uri());
        assertThat(run(
                        "qemu-io",
                        "-f",
                        "raw",
                        "-c",
                        "read -P 0x5a 1M 3M",
                        "-c",
                        "write -f -P 9 512 1024",
                        "-c",
                        "write -z -u 2M 1M",
                        "-c",
                        "discard 0 512",
                        "-c",
                        "read -P 9 512 1024",
                        "-c",
                        "read -P 0 2M 1M",
                        "-c",
                        "aio_write -P 3 8M 4M",
                        "-c",
                        "aio_read 4M 4M",
                        "-c",
                        "aio_flush",
                        "-c",
                        "read -P 3 8M 4M",
                        "-c",
                        "flush",
                        server.uri()))
                .doesNotContain("failed");
    }

    /** The server listens over TCP with TLS. @return the address of its export for libnbd */
    private String secured(Certificates certificates) throws Exception {
        port = server.listen(certificates.folder);
        return "nbds://localhost:" + port + "/v?tls-certificates=" + certificates.folder;
    }

    private String[] qemu(Certificates certificates, String program, String priority, String... words) {
        List<String> command = new ArrayList<>(List.of(program.split(" ")));
        command.add("--object");
        command.add("tls-creds-x509,id=t,endpoint=client,dir=" + certificates.folder + priority);
        command.addAll(List.of(words));
        return command.toArray(new String[0]);
    }

    @Test
    void libnbdOverTls() throws Exception {
        Certificates own = new Certificates(folder.resolve("own"));
        String uri = secured(own);
        assertThat(run("nbdinfo", uri)).contains("newstyle-fixed", "with TLS", "structured", "export-size: 67108864");
        assertThat(run("nbdinfo", "--list", uri)).contains("export=\"v\"");
        run("dd", "if=/dev/urandom", "of=" + folder + "/in", "bs=1M", "count=64");
        run("nbdcopy", "in", uri);
        run("cmp", "in", "volume");
        run("nbdcopy", "--connections=4", uri, "out");
        run("cmp", "in", "out");
        assertThat(fails("nbdinfo", "nbd://localhost:" + port + "/v"))
                .as("without TLS")
                .contains("TLS");
        Certificates other = new Certificates(folder.resolve("other"));
        Files.copy(
                own.folder.resolve("ca-cert.pem"),
                other.folder.resolve("ca-cert.pem"),
                StandardCopyOption.REPLACE_EXISTING);
        fails("nbdinfo", "nbds://localhost:" + port + "/v?tls-certificates=" + other.folder);
    }

    @Test
    void qemuOverTls() throws Exception {
        Certificates own = new Certificates(folder.resolve("own"));
        secured(own);
        String image = "driver=nbd,host=localhost,port=" + port + ",export=v,tls-creds=t";
        for (String priority : List.of("", ",priority=NORMAL:-VERS-TLS1.3")) {
            assertThat(run(qemu(own, "qemu-img info", priority, "--image-opts", image)))
                    .contains("67108864");
            assertThat(run(qemu(
                            own,
                            "qemu-io",
                            priority,
                            "--image-opts",
                            "-c",
                            "write -P 0x5a 1M 3M",
                            "-c",
                            "write -f -P 9 512 1024",
                            "-c",
                            "write -z -u 2M 1M",
                            "-c",
                            "aio_write -P 3 8M 4M",
                            "-c",
                            "aio_flush",
                            "-c",
                            "read -P 0x5a 1M 1M",
                            "-c",
                            "read -P 9 512 1024",
                            "-c",
                            "read -P 0 2M 1M",
                            "-c",
                            "read -P 3 8M 4M",
                            "-c",
                            "flush",
                            image)))
                    .doesNotContain("failed");
            run(qemu(own, "qemu-img convert", priority, "--image-opts", "-O", "raw", image, "out"));
            run("cmp", "volume", "out");
        }
        assertThat(fails("qemu-img", "info", "nbd://localhost:" + port + "/v")).contains("TLS");
    }

    @Test
    void fioVerifiesWhatItWrote() throws Exception {
        for (String mode : List.of("randwrite", "write")) {
            assertThat(run(
                            "fio",
                            "--name=v",
                            "--ioengine=nbd",
                            "--uri=" + server.uri(),
                            "--rw=" + mode,
                            "--bsrange=4k-256k",
                            "--iodepth=32",
                            "--size=64m",
                            "--verify=crc32c",
                            "--verify_state_save=0",
                            "--fsync=64",
                            "--verify_fatal=1"))
                    .contains("err= 0");
        }
    }

    @Test
    void aFileSystemOnAnAttachedVolume() throws Exception {
        assumeTrue(
                Files.isWritable(Path.of("/dev/fuse")) && "root".equals(System.getProperty("user.name")), "needs root");
        Files.createDirectories(folder.resolve("fuse"));
        Files.createDirectories(folder.resolve("mnt"));
        run(
                "sh",
                "-ec",
                String.join(
                        "\n",
                        "nbdfuse -P pid fuse/v '" + server.uri() + "' & ",
                        "i=0; while [ ! -s pid ]; do i=$((i+1)); [ $i -lt 100 ]; sleep 0.1; done",
                        "gone() { i=0; until umount fuse; do i=$((i+1)); [ $i -lt 300 ] || return; sleep 0.1; done; }",
                        // The kernel lets the loop device go a while after it was told to.
                        "trap 'umount mnt || true; [ -z \"$loop\" ] || losetup -d $loop; gone; wait' EXIT",
                        "loop=$(losetup -f --show fuse/v)",
                        "mkfs.ext4 -q $loop",
                        "mount $loop mnt",
                        "dd if=/dev/urandom of=data bs=1M count=20 status=none",
                        "cp data mnt/; sync; umount mnt; mount $loop mnt; cmp data mnt/data; fstrim mnt",
                        "umount mnt; fsck.ext4 -fn $loop"));
    }
}

package org.mainstay.kit.share.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/**
 * The kit with the real {@code exportfs} over a table of exports of its own. The kernel's server behind it is a stand-in: few
 * kernels of test machines have one, so no client has ever mounted what is exported here.
 */
class NfsExportKitIT {
    @TempDir
    Path folder;

    private NfsExportKit kit;
    private KitBench bench;
    private Path table;
    private Path data;

    @BeforeEach
    void open() throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: a mount namespace for the table");
        assumeTrue(Files.isDirectory(Path.of("/var/lib/nfs")), "needs nfs-kernel-server");
        Path state = Files.createDirectories(folder.resolve("state"));
        table = Files.createFile(state.resolve("etab"));
        Path exportfs = folder.resolve("exportfs");
        Files.writeString(exportfs, """
                #!/bin/sh
                exec unshare -m sh -c 'mount --bind "$0" /var/lib/nfs && exec /usr/sbin/exportfs "$@"' %s "$@"
                """.formatted(state));
        Files.setPosixFilePermissions(exportfs, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path control = NfsExportKitTest.control(folder);
        data = Files.createDirectories(folder.resolve("volume/data"));
        kit = new NfsExportKit(exportfs.toString(), control, folder);
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .with("vol", "volume", Map.of("mount", folder.resolve("volume").toString()));
    }

    @AfterEach
    void close() {
        if (bench != null) {
            bench.close();
        }
    }

    private ResourceInfo create(String exports) {
        return KitContract.withState(bench.create("nfs", Map.of("exports", exports)), true);
    }

    private void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome + "\n" + outcome.detail()).isTrue();
    }

    @Test
    void keepsTheContractOfKits() {
        KitContract.on(bench, kit).verify(create(data + " 10.1.0.0/16(rw,sync); " + data + " *(ro)"));
    }

    /** The name of a host is kept as the resolver has it, networks and everybody as they are written. */
    @Test
    void whatIsExportedIsFoundAgainAndTakenBack() throws IOException {
        ResourceInfo nfs = create(data + " localhost(rw); " + data + " 10.1.0.0/255.255.0.0(rw); " + data + " *(ro)");
        succeeds(kit.restore(bench.context(nfs)));
        assertThat(Files.readString(table)).contains(data + "\tlocalhost", data + "\t*(ro", "fsid=");
        Probe probe = kit.probe(bench.context(nfs));
        assertThat(probe.state()).as(probe.message()).isEqualTo(Probe.State.RUNNING);
        succeeds(kit.deepCheck(bench.context(nfs)));
        succeeds(kit.remove(bench.context(nfs)));
        assertThat(table).isEmptyFile();
    }

    /** What somebody else exports of the directory would keep the volume busy; what he exports elsewhere is his. */
    @Test
    void foreignExportsOfTheDirectoryGoAndOthersStay() throws IOException {
        ResourceInfo nfs = create(data + " 10.1.0.0/16(rw)");
        Path other = Files.createDirectories(folder.resolve("volume/other"));
        ResourceInfo elsewhere =
                KitContract.withState(bench.create("elsewhere", Map.of("exports", other + " *(ro)")), true);
        succeeds(kit.restore(bench.context(elsewhere)));
        succeeds(kit.restore(bench.context(
                KitContract.withState(bench.create("foreign", Map.of("exports", data + " 10.9.0.0/16(ro)")), true))));
        succeeds(kit.restore(bench.context(nfs)));
        succeeds(kit.remove(bench.context(nfs)));
        assertThat(Files.readString(table)).contains(other.toString()).doesNotContain(data.toString());
        succeeds(kit.remove(bench.context(elsewhere)));
    }

    @Test
    void optionsThatExportfsDoesNotKnowFailTheRestore() {
        ResourceInfo nfs = create(data + " *(no_such_option)");
        Outcome refused = kit.restore(bench.context(nfs));
        assertThat(refused.succeeded()).isFalse();
        assertThat(refused.message()).contains("no_such_option");
        succeeds(kit.remove(bench.context(nfs)));
    }
}

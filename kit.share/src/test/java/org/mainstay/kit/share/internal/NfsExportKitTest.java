package org.mainstay.kit.share.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/** The kit with a stand-in for exportfs that keeps its table as the real one prints it: few kernels have an NFS server. */
class NfsExportKitTest {
    @TempDir
    Path folder;

    private NfsExportKit kit;
    private KitBench bench;
    private Path data;

    @BeforeEach
    void open() throws IOException {
        Path exportfs = folder.resolve("exportfs");
        Files.writeString(exportfs, """
                #!/bin/sh
                # a host is kept under its canonical name and only found by it, while the resolver knows
                t=%1$s/table; touch $t; echo "$*" >> %1$s/calls
                for last; do :; done
                path=${last#*:}; client=${last%%%%:*}
                [ "$client" != web ] || [ -e %1$s/deaf ] || client=web.example.com
                key="$path  $client("
                case $1 in
                -s) cat $t;;
                -o) grep -vF "$key" $t > $t.new; mv $t.new $t; echo "${key}sync,wdelay,hide,$2,sec=sys)" >> $t;;
                -u) grep -qF "$key" $t && [ ! -e %1$s/stuck ] \\
                        || { echo "exportfs: Could not find '$2' to unexport." >&2; exit 1; }
                    grep -vF "$key" $t > $t.new; mv $t.new $t;;
                esac
                """.formatted(folder));
        Files.setPosixFilePermissions(exportfs, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path control = control(folder);
        data = Files.createDirectories(folder.resolve("volume/data"));
        kit = new NfsExportKit(exportfs.toString(), control, folder);
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .with("vol", "volume", Map.of("mount", folder.resolve("volume").toString()));
    }

    /** What stands for the kernel's NFS server. */
    static Path control(Path folder) throws IOException {
        Path control = Files.createDirectories(folder.resolve("nfsd"));
        Files.writeString(control.resolve("threads"), "8\n");
        Files.writeString(control.resolve("unlock_filesystem"), "");
        return control;
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private ResourceInfo create() {
        Map<String, String> answers = Map.of("exports", data + " 10.1.0.0/16(rw,sync); " + data + " *(ro)");
        assertThat(bench.tryCreate("", answers).children()).containsExactly("vol");
        return KitContract.withState(bench.create("nfs", answers), true);
    }

    @Test
    void keepsTheContractOfKits() {
        KitContract.on(bench, kit).verify(create());
    }

    @Test
    void exportsAreTheSameFileSystemOnEveryServerAndLocksGoWithThem() throws IOException {
        ResourceInfo nfs = create();
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("table")))
                .contains(data + "  10.1.0.0/16(", "rw,sync,fsid=", data + "  *(");
        assertThat(kit.remove(bench.context(nfs)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("nfsd/unlock_filesystem"))).contains(data.toString());
        assertThat(Export.parse(data + " a(fsid=7)").get(0).optionsWithIdentity())
                .isEqualTo("fsid=7");
    }

    @Test
    void aServerThatDoesNotRunAndAnExportThatStays() throws IOException {
        ResourceInfo nfs = create();
        Files.writeString(folder.resolve("nfsd/threads"), "0\n");
        assertThat(kit.restore(bench.context(nfs)).message()).contains("nfs-server");
        Files.writeString(folder.resolve("nfsd/threads"), "8\n");
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        Files.writeString(folder.resolve("nfsd/threads"), "0\n");
        assertThat(kit.probe(bench.context(nfs)).state()).isEqualTo(Probe.State.PARTIAL);
        Files.createFile(folder.resolve("stuck"));
        assertThat(kit.remove(bench.context(nfs)).message()).contains("still exported");
    }

    @Test
    void aHostIsFoundAgainByItsCanonicalName() throws IOException {
        ResourceInfo nfs = KitContract.withState(
                bench.create("nfs", Map.of("exports", data + " web(rw); " + data + " 10.1.0.0/16(ro)")), true);
        KitContract.on(bench, kit).verify(nfs);
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("table"))).contains("web.example.com(");
        Files.createFile(folder.resolve("deaf"));
        assertThat(kit.probe(bench.context(nfs)).state()).isEqualTo(Probe.State.RUNNING);
        Outcome removed = kit.remove(bench.context(nfs));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(folder.resolve("table")).isEmptyFile();
    }

    @Test
    void whateverExportsTheDirectoryHoldsUpTheRemove() throws IOException {
        ResourceInfo nfs = create();
        Files.createFile(folder.resolve("stuck"));
        Files.writeString(folder.resolve("table"), data + "  other.example.com(rw)\n");
        assertThat(kit.probe(bench.context(nfs)).state()).isEqualTo(Probe.State.PARTIAL);
        assertThat(kit.remove(bench.context(nfs)).message()).contains("still exported", "other.example.com");
    }

    @Test
    void changedOptionsAreExportedAndTagsAreNumbered() throws IOException {
        ResourceInfo nfs = create();
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        Files.writeString(
                folder.resolve("table"),
                Files.readString(folder.resolve("table")).replace("rw,sync", "ro"));
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("table"))).contains("rw,sync,fsid=");
        Path more = Files.createDirectories(folder.resolve("volume/more"));
        bench.with("NFS.0", "nfsexport", Map.of("exports", data + " *(ro)"));
        assertThat(bench.tryCreate("", Map.of("exports", more + " *(ro)")).suggestedTag())
                .contains("NFS.1");
        assertThat(bench.tryCreate("", Map.of("exports", data + " web(ro)"))
                        .refusal()
                        .orElse(""))
                .contains("already exported by resource NFS.0");
    }

    /** What a set would leave exported, nobody would take back. */
    @Test
    void exportsInServiceDoNotChange() throws IOException {
        ResourceInfo nfs = create();
        assertThat(kit.validate(bench.context(nfs)).succeeded()).isTrue();
        assertThat(kit.restore(bench.context(nfs)).succeeded()).isTrue();
        Path more = Files.createDirectories(folder.resolve("volume/more"));
        ResourceInfo changed = new ResourceInfo(
                nfs.server(),
                nfs.tag(),
                nfs.id(),
                nfs.application(),
                nfs.type(),
                Map.of("exports", more + " *(ro)"),
                true);
        assertThat(kit.validate(bench.context(changed)).message()).contains("out of service first");
        assertThat(kit.validate(bench.context(nfs)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(changed)).state())
                .as("it happened all the same")
                .isEqualTo(Probe.State.PARTIAL);
        assertThat(kit.remove(bench.context(changed)).succeeded()).isTrue();
        assertThat(folder.resolve("table")).isEmptyFile();
        assertThat(kit.validate(bench.context(KitContract.withState(changed, false)))
                        .succeeded())
                .isTrue();
    }

    @Test
    void wrongAnswersAreRefusedWithTheReason() {
        for (String wrong : new String[] {"", "data *(rw)", "/x -o", "/x *(rw", "/x a b"}) {
            assertThatThrownBy(() -> Export.parse(wrong)).as(wrong).hasMessageContaining("exports");
        }
        assertThat(bench.tryCreate("n", Map.of("exports", folder + "/none *(rw)"))
                        .refusal()
                        .orElse(""))
                .contains("no directory");
        assertThat(bench.tryCreate("n", Map.of("exports", folder + " *(rw)"))
                        .refusal()
                        .orElse(""))
                .contains("no protected volume");
        assertThat(bench.tryCreate("n", Map.of("exports", folder.resolve("volume") + " *(rw)"))
                        .refusal()
                        .orElse(""))
                .contains("mount point");
    }
}

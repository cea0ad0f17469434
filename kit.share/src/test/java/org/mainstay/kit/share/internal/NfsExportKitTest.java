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
                t=%1$s/table; touch $t; echo "$*" >> %1$s/calls
                case $1 in
                -s) cat $t;;
                -o) echo "${3#*:}  ${3%%%%:*}(sync,wdelay,hide,$2,sec=sys)" >> $t;;
                -u) [ ! -e %1$s/stuck ] || { echo "exportfs: Could not find '$2' to unexport." >&2; exit 1; }
                    grep -vF "${2#*:}  ${2%%%%:*}(" $t > $t.new; mv $t.new $t;;
                esac
                """.formatted(folder));
        Files.setPosixFilePermissions(exportfs, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path control = Files.createDirectories(folder.resolve("nfsd"));
        Files.writeString(control.resolve("threads"), "8\n");
        Files.writeString(control.resolve("unlock_filesystem"), "");
        data = Files.createDirectories(folder.resolve("volume/data"));
        kit = new NfsExportKit(exportfs.toString(), control);
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")))
                .with("vol", "volume", Map.of("mount", folder.resolve("volume").toString()));
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

package org.mainstay.kit.share.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with stand-ins for Samba's programs that fail where the real ones seldom do; a file per share is the registry. */
class SambaShareKitTest {
    private static final String READ_ONLY = "S-1-1-0:ALLOWED/0x0/READ";

    @TempDir
    Path folder;

    private Path volume;
    private SambaShareKit kit;
    private KitBench bench;

    private void program(String name, String text) throws IOException {
        Path program = folder.resolve("bin").resolve(name);
        // the options -s FILE go before what is asked
        Files.writeString(
                program,
                "#!/bin/sh\nd=" + folder + "; shift 2; echo \"" + name + " $*\" >> $d/calls\n" + "[ ! -e $d/" + name
                        + ".fails ] || { echo \"" + name + " is broken\" >&2; exit 1; }\n" + text);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @BeforeEach
    void open() throws IOException {
        volume = Files.createDirectories(folder.resolve("volume/docs")).getParent();
        Files.createDirectories(folder.resolve("bin"));
        Files.createDirectories(folder.resolve("registry"));
        Files.createDirectories(folder.resolve("home"));
        program("net", """
                case "$2" in
                list) cat $d/registry/* 2>/dev/null || :;;
                import) cp "$3" $d/registry/$4; cp "$3" $d/imported;;
                setparm) f=$d/registry/$3
                    grep -v "$4 =" $f > $f.new; printf '\\t%s = %s\\n' "$4" "$5" >> $f.new; mv $f.new $f;;
                esac
                """);
        program("sharesec", """
                case "$2" in
                --view) echo "ACL:$(cat $d/acl-$1 2>/dev/null || echo S-1-1-0:ALLOWED/0x0/FULL)";;
                --replace=*) echo "${2#--replace=}" > $d/acl-$1;;
                esac
                """);
        program("smbcontrol", "exit 0\n");
        program("smbstatus", "cat $d/connected 2>/dev/null || :\n");
        kit = new SambaShareKit(folder.resolve("home"), folder + "/bin/");
        bench = new KitBench(kit, folder.resolve("home"), Path.of(System.getProperty("mainstay.native")))
                .with("data", "volume", Map.of("mount", volume.toString()));
        Files.writeString(registry(), "[docs]\n\tpath = " + volume + "/docs\n");
        Files.writeString(folder.resolve("acl-docs"), READ_ONLY);
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private Path registry() {
        return folder.resolve("registry/docs");
    }

    private ResourceInfo create() {
        return KitContract.withState(bench.create("FSList.0", Map.of("shares", "docs", "config", "/none")), true);
    }

    private void breaks(String program) throws IOException {
        Files.createFile(folder.resolve(program + ".fails"));
    }

    private void mended(String program) throws IOException {
        Files.delete(folder.resolve(program + ".fails"));
    }

    private static void succeeds(Outcome outcome) {
        assertThat(outcome.succeeded()).as(outcome + "\n" + outcome.detail()).isTrue();
    }

    private ResourceInfo served() {
        ResourceInfo docs = create();
        succeeds(kit.restore(bench.context(docs)));
        assertThat(kit.probe(bench.context(docs)).state()).isEqualTo(Probe.State.RUNNING);
        return docs;
    }

    /** Nobody knows that no client holds a file open while smbstatus does not answer. */
    @Test
    void withoutAnAnswerAboutClientsNothingIsStopped() throws IOException {
        ResourceInfo docs = served();
        breaks("smbstatus");
        Outcome removed = kit.remove(bench.context(docs));
        assertThat(removed.succeeded()).isFalse();
        assertThat(removed.message()).contains("smbstatus");
        assertThat(kit.probe(bench.context(docs)).state()).isEqualTo(Probe.State.UNKNOWN);
        mended("smbstatus");
        Files.writeString(
                folder.resolve("connected"), "docs  999999999  10.0.0.1  Sun Nov 22 01:02:03 PM 2026 UTC  -  -\n");
        Probe left = kit.probe(bench.context(docs));
        assertThat(left.state()).as(left.message()).isEqualTo(Probe.State.PARTIAL);
        assertThat(left.message()).contains("10.0.0.1");
        Files.delete(folder.resolve("connected"));
        succeeds(kit.remove(bench.context(docs)));
        assertThat(kit.probe(bench.context(docs)).state()).isEqualTo(Probe.State.STOPPED);
    }

    /** A share whose permissions are not there yet is open to everybody: it is opened last. */
    @Test
    void aShareWhosePermissionsCannotBeSetStaysClosed() throws IOException {
        ResourceInfo docs = served();
        succeeds(kit.remove(bench.context(docs)));
        Files.delete(registry());
        Files.delete(folder.resolve("acl-docs"));
        breaks("sharesec");
        assertThat(kit.restore(bench.context(docs)).message()).contains("permissions");
        assertThat(Files.readString(folder.resolve("imported"))).contains("available = no");
        assertThat(Share.parse(Files.readString(registry())).get(0).available()).isFalse();
        succeeds(kit.remove(bench.context(docs)));
        mended("sharesec");
        succeeds(kit.restore(bench.context(docs)));
        assertThat(Files.readString(folder.resolve("acl-docs"))).contains(READ_ONLY);
        assertThat(Share.parse(Files.readString(registry())).get(0).available()).isTrue();
    }

    @Test
    void permissionsThatCannotBeReadAreNotForgotten() throws IOException {
        ResourceInfo docs = served();
        breaks("sharesec");
        succeeds(kit.remove(bench.context(docs)));
        assertThat(bench.progress()).anyMatch(line -> line.contains("sharesec"));
        assertThat(Files.readString(definitions())).contains(READ_ONLY);
        mended("sharesec");
        Files.writeString(folder.resolve("acl-docs"), "S-1-1-0:ALLOWED/0x0/FULL");
        succeeds(kit.restore(bench.context(docs)));
        assertThat(Files.readString(folder.resolve("acl-docs"))).contains(READ_ONLY);
    }

    @Test
    void aFirstRestoreWithoutPermissionsFails() throws IOException {
        ResourceInfo docs = create();
        breaks("sharesec");
        assertThat(kit.restore(bench.context(docs)).message()).contains("sharesec");
        assertThat(definitions()).doesNotExist();
        succeeds(kit.remove(bench.context(docs)));
        assertThat(definitions()).doesNotExist();
    }

    private Path definitions() {
        return volume.resolve(".mainstay/shares-FSList.0.conf");
    }

    /** A volume that is full or has gone read-only is the very reason to leave: it must not keep the shares here. */
    @Test
    void aFullVolumeKeepsNothingInService() throws Exception {
        onAVolumeOfItsOwn(() -> {
            ResourceInfo docs = served();
            fill(volume);
            leavesAndComesBack(docs);
            Files.writeString(registry(), "[docs]\n\tpath = " + volume + "/docs\n\tcomment = changed\n");
            leavesAndComesBack(docs);
            assertThat(bench.progress()).anyMatch(line -> line.contains("are not written to"));
            Files.delete(volume.resolve("fill"));
            succeeds(kit.remove(bench.context(docs)));
            assertThat(definitions().resolveSibling(definitions().getFileName() + ".new"))
                    .doesNotExist();
        });
    }

    @Test
    void aReadOnlyVolumeKeepsNothingInService() throws Exception {
        onAVolumeOfItsOwn(() -> {
            ResourceInfo docs = served();
            run("mount", "-o", "remount,ro", volume.toString());
            leavesAndComesBack(docs);
            assertThat(bench.progress()).as("nothing has changed").noneMatch(line -> line.contains("warning"));
            Files.writeString(registry(), "[docs]\n\tpath = " + volume + "/docs\n\tcomment = changed\n");
            leavesAndComesBack(docs);
            assertThat(bench.progress()).anyMatch(line -> line.contains("are not written to"));
        });
    }

    /** What cannot be read of the volume is no reason to leave the shares open; only who opens them needs to know more. */
    @Test
    void aVolumeThatCannotBeReadIsLeftToo() throws IOException {
        ResourceInfo docs = served();
        Files.write(definitions(), new byte[] {(byte) 0xff, (byte) 0xfe});
        succeeds(kit.remove(bench.context(docs)));
        assertThat(Share.parse(Files.readString(registry())).get(0).available()).isFalse();
        assertThat(bench.progress()).anyMatch(line -> line.contains("cannot be read"));
        assertThat(kit.restore(bench.context(docs)).succeeded()).isFalse();
    }

    private void leavesAndComesBack(ResourceInfo docs) {
        succeeds(kit.remove(bench.context(docs)));
        assertThat(kit.probe(bench.context(docs)).state()).isEqualTo(Probe.State.STOPPED);
        succeeds(kit.restore(bench.context(docs)));
        assertThat(kit.probe(bench.context(docs)).state()).isEqualTo(Probe.State.RUNNING);
    }

    /** Work on a volume that is mounted. */
    private interface Work {
        void run() throws Exception;
    }

    private void onAVolumeOfItsOwn(Work work) throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "needs root: a small volume is mounted");
        run("mount", "-t", "tmpfs", "-o", "size=256k,mode=755", "tmpfs", volume.toString());
        try {
            Files.createDirectory(volume.resolve("docs"));
            work.run();
        } finally {
            run("umount", volume.toString());
        }
    }

    private static void fill(Path where) throws IOException {
        try (OutputStream file = Files.newOutputStream(where.resolve("fill"))) {
            byte[] zeros = new byte[4096];
            for (int i = 0; i < 1024; i++) {
                file.write(zeros);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space");
            return;
        }
        throw new AssertionError("the volume is not full");
    }

    private static void run(String... line) throws Exception {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", line) + ": " + output).isZero();
    }

    /** A server that serves only the cluster's address is asked there. */
    @Test
    void theDeepCheckAsksWhereSmbdListens() throws IOException {
        program("smbclient", "echo \"$1\" > $d/asked\n");
        program("testparm", """
                case "$*" in
                *bind\\ interfaces*) cat $d/only 2>/dev/null || echo No;;
                *=interfaces*) cat $d/interfaces 2>/dev/null || :;;
                esac
                """);
        Files.writeString(
                folder.resolve("bin/testparm"),
                Files.readString(folder.resolve("bin/testparm")).replace("shift 2; ", ""));
        ResourceInfo docs = served();
        assertThat(asked(docs)).isEqualTo("//127.0.0.1/docs");
        Files.writeString(folder.resolve("only"), "Yes\n");
        Files.writeString(folder.resolve("interfaces"), "lo 192.0.2.7/32\n");
        assertThat(asked(docs)).isEqualTo("//127.0.0.1/docs");
        Files.writeString(folder.resolve("interfaces"), "192.0.2.7/32 192.0.2.8\n");
        assertThat(asked(docs)).isEqualTo("//192.0.2.7/docs");
        Files.writeString(folder.resolve("interfaces"), "\"no-such-card;speed=1000\", 2001:db8::7/128\n");
        assertThat(asked(docs)).isEqualTo("//2001:db8:0:0:0:0:0:7/docs");
        Files.writeString(folder.resolve("interfaces"), "127.0.0.1/8 192.0.2.7\n");
        assertThat(asked(docs)).isEqualTo("//127.0.0.1/docs");
    }

    private String asked(ResourceInfo docs) throws IOException {
        succeeds(kit.deepCheck(bench.context(docs)));
        return Files.readString(folder.resolve("asked")).strip();
    }

    /** Who can write to the volume must not become root through what Samba is told. */
    @Test
    void definitionsOthersCanHaveWrittenAreNotUsed() throws IOException {
        ResourceInfo docs = served();
        succeeds(kit.remove(bench.context(docs)));
        String evil = "[docs]\n\tpath = " + volume + "/docs\n\troot preexec = /bin/evil\n";
        Path travelling = definitions();
        Path forged = Files.writeString(volume.resolve("docs/forged"), evil);
        Files.delete(travelling);
        Files.createSymbolicLink(travelling, forged);
        restoresWithout("evil", docs);
        Files.deleteIfExists(travelling);
        Files.writeString(travelling, evil);
        Files.setPosixFilePermissions(travelling, PosixFilePermissions.fromString("rw-rw-rw-"));
        restoresWithout("evil", docs);
        Files.writeString(travelling, evil);
        Files.setPosixFilePermissions(travelling.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
        restoresWithout("evil", docs);
        assertThat(Files.readString(travelling))
                .as("a folder of others is not written to")
                .contains("evil");
        Files.delete(travelling);
        Files.delete(travelling.getParent());
        succeeds(kit.restore(bench.context(docs)));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(travelling)))
                .isEqualTo("rw-------");
    }

    private void restoresWithout(String what, ResourceInfo docs) throws IOException {
        Files.delete(registry());
        succeeds(kit.restore(bench.context(docs)));
        assertThat(Files.readString(registry())).contains("path").doesNotContain(what);
        assertThat(bench.progress()).anyMatch(line -> line.contains("is not used"));
    }

    @Test
    void aShareOfTheMountPointIsRefused() throws IOException {
        for (String path : new String[] {volume.toString(), volume + "/docs/..", volume + "/.mainstay"}) {
            Files.writeString(registry(), "[docs]\n\tpath = " + path + "\n");
            assertThat(bench.tryCreate("x", Map.of("shares", "docs", "config", "/none"))
                            .refusal()
                            .orElse("accepted"))
                    .as(path)
                    .contains("mount point");
        }
        Path link = volume.resolve("link");
        Files.createSymbolicLink(link, volume);
        Files.writeString(registry(), "[docs]\n\tpath = " + link + "\n");
        assertThat(bench.tryCreate("x", Map.of("shares", "docs", "config", "/none"))
                        .refusal()
                        .orElse("accepted"))
                .contains("mount point");
    }
}

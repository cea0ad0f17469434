package org.mainstay.kit.systemd.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitBench;
import org.mainstay.kit.testkit.KitContract;

/** The kit with a stand-in for systemctl that answers in the words a real one was recorded with. */
class SystemdKitTest {
    @TempDir
    Path folder;

    private SystemdKit kit;
    private KitBench bench;

    @BeforeEach
    void open() throws IOException {
        Path systemctl = folder.resolve("systemctl");
        Files.writeString(systemctl, """
                #!/bin/sh
                # state: a file per running unit; every call is written down
                d=%1$s; echo "$*" >> $d/calls
                for last; do :; done
                case "$*" in
                *" show "*)
                    load=loaded; file=disabled; active=inactive; sub=dead; result=success
                    [ ! -e $d/load ] || load=$(cat $d/load)
                    [ ! -e $d/file ] || file=$(cat $d/file)
                    [ ! -e $d/running ] || { active=active; sub=running; }
                    [ ! -e $d/state ] || { active=$(cat $d/state); sub=$active; }
                    [ ! -e $d/id ] || last=$(cat $d/id)
                    restart=always; [ ! -e $d/read ] || restart=no; stale=no
                    [ -e $d/read ] && was=yes || was=no; [ -e $d/units/nginx.service.d/50-mainstay.conf ] && is=yes || is=no
                    [ $was = $is ] || stale=yes
                    printf 'Restart=%%s\\nNeedDaemonReload=%%s\\n' $restart $stale
                    printf 'Result=%%s\\nSlice=system-my.slice\\nControlGroup=\\nStatusText=\\n' $result
                    printf 'Id=%%s\\nLoadState=%%s\\nActiveState=%%s\\nSubState=%%s\\n' $last $load $active $sub
                    printf 'Job=%%s\\n' "$(cat $d/job 2>/dev/null)"
                    printf 'UnitFileState=%%s\\nTriggeredBy=%%s\\n' $file "$(cat $d/triggers 2>/dev/null)";;
                *" start "*)
                    if [ -e $d/broken ]; then
                        echo "Job for $last failed because the control process exited with error code." >&2; exit 1
                    fi
                    touch $d/running;;
                *" daemon-reload"*)
                    [ ! -e $d/deaf ] || { echo "Failed to reload daemon: Connection timed out" >&2; exit 1; }
                    [ -e $d/units/nginx.service.d/50-mainstay.conf ] && touch $d/read || rm -f $d/read;;
                *" stop "*) [ -e $d/stubborn ] || rm -f $d/running $d/job;;
                esac
                """.formatted(folder));
        Files.setPosixFilePermissions(systemctl, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createDirectories(folder.resolve("groups"));
        Files.createFile(folder.resolve("groups/cgroup.procs"));
        kit = new SystemdKit(
                systemctl.toString(), folder.resolve("units"), List.of(folder.resolve("groups")), Path.of("/proc"));
        bench = new KitBench(kit, folder, Path.of(System.getProperty("mainstay.native")));
    }

    @AfterEach
    void close() {
        bench.close();
    }

    private void says(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    private ResourceInfo create() {
        return KitContract.withState(bench.create("web", Map.of("unit", "nginx")), true);
    }

    private Path dropIn() {
        return folder.resolve("units/nginx.service.d/50-mainstay.conf");
    }

    @Test
    void keepsTheContractOfKits() {
        KitContract.on(bench, kit).verify(create());
    }

    @Test
    void onlyMainstayRestartsTheUnitWhileItIsInService() throws IOException {
        ResourceInfo web = create();
        assertThat(kit.restore(bench.context(web)).succeeded()).isTrue();
        assertThat(Files.readString(dropIn())).contains("Restart=no");
        assertThat(Files.readString(folder.resolve("calls"))).contains("daemon-reload", "start nginx.service");
        assertThat(kit.killHandles(bench.context(web)))
                .containsExactly(KillHandle.cgroup(folder + "/groups/system.slice/system-my.slice/nginx.service"));
        assertThat(kit.remove(bench.context(web)).succeeded()).isTrue();
        assertThat(dropIn()).doesNotExist();
    }

    /** systemd makes the control group under the real name: a handle with the alias would end nothing and say so to nobody. */
    @Test
    void anAliasIsProtectedUnderTheNameOfItsUnit() throws IOException {
        says("id", "mariadb.service");
        ResourceInfo db = KitContract.withState(bench.create("db", Map.of("unit", "mysql")), true);
        assertThat(db.id()).isEqualTo("mariadb.service");
        assertThat(db.property("unit", "")).isEqualTo("mariadb.service");
        ResourceInfo byAlias = new ResourceInfo(
                db.server(), db.tag(), db.id(), db.application(), db.type(), Map.of("unit", "mysql.service"), true);
        assertThat(kit.killHandles(bench.context(byAlias)))
                .containsExactly(KillHandle.cgroup(folder + "/groups/system.slice/system-my.slice/mariadb.service"));
        assertThat(kit.restore(bench.context(byAlias)).succeeded()).isTrue();
        assertThat(folder.resolve("units/mariadb.service.d/50-mainstay.conf")).exists();
    }

    /** A crash between the file and the reload must not leave systemd restarting what a kill handle has ended. */
    @Test
    void theDropInCountsOnlyWhenSystemdHasReadIt() throws IOException {
        ResourceInfo web = create();
        says("deaf", "");
        assertThat(kit.restore(bench.context(web)).message()).contains("could not be told");
        assertThat(dropIn()).exists();
        assertThat(kit.restore(bench.context(web)).succeeded()).as("repeated").isFalse();
        Files.delete(folder.resolve("deaf"));
        assertThat(kit.restore(bench.context(web)).succeeded()).isTrue();
        assertThat(folder.resolve("read")).exists();
        says("calls", "");
        assertThat(kit.restore(bench.context(web)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("calls")))
                .as("nothing to tell any more")
                .doesNotContain("daemon-reload");
        says("deaf", "");
        Outcome removed = kit.remove(bench.context(web));
        assertThat(removed.succeeded()).as(removed.message()).isTrue();
        assertThat(bench.progress()).anyMatch(line -> line.contains("could not be told"));
        assertThat(dropIn()).doesNotExist();
        Files.delete(folder.resolve("deaf"));
        assertThat(kit.remove(bench.context(web)).succeeded()).isTrue();
        assertThat(folder.resolve("read")).as("told in the end").doesNotExist();
    }

    @Test
    void aUnitThatStartsAtBootIsRefused() throws IOException {
        says("file", "enabled");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).refusal().orElse(""))
                .contains("systemctl disable nginx.service");
        says("file", "enabled-runtime");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).refusal()).isPresent();
        says("file", "static");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).refusal()).isEmpty();
    }

    @Test
    void unitsThatCannotBeUsedAreRefused() throws IOException {
        says("load", "masked");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).refusal().orElse(""))
                .contains("unmask");
        says("load", "not-found");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).refusal().orElse(""))
                .contains("not-found");
        Files.delete(folder.resolve("load"));
        for (String wrong : List.of("a b", "--all", "$(reboot)", "x.slice", "postgresql@")) {
            assertThatThrownBy(() -> Unit.fullName(wrong)).as(wrong).hasMessageContaining("unit");
        }
        // what these start would run on after a remove that succeeds
        for (String kind :
                List.of("timer", "socket", "path", "target", "slice", "scope", "mount", "swap", "automount")) {
            assertThat(bench.tryCreate("web", Map.of("unit", "nginx." + kind))
                            .refusal()
                            .orElse("accepted"))
                    .as(kind)
                    .contains("name the service itself");
        }
        assertThat(Unit.fullName("postgresql@15-main")).isEqualTo("postgresql@15-main.service");
        assertThat(Unit.fullName("php8.2-fpm")).isEqualTo("php8.2-fpm.service");
        says("triggers", "nginx.socket");
        assertThat(bench.tryCreate("web", Map.of("unit", "nginx")).remarks())
                .anyMatch(remark -> remark.contains("nginx.socket"));
    }

    @Test
    void aResourceNeverBecomesAnotherUnit() {
        ResourceInfo web = create();
        assertThat(kit.validate(bench.context(web)).succeeded()).isTrue();
        ResourceInfo other = new ResourceInfo(
                web.server(), web.tag(), web.id(), web.application(), web.type(), Map.of("unit", "sshd"), true);
        assertThat(kit.validate(bench.context(other)).message())
                .contains("sshd.service", "cannot replace nginx.service");
    }

    @Test
    void aFailedStartSaysWhatSystemdSays() throws IOException {
        ResourceInfo web = create();
        says("broken", "");
        Outcome started = kit.restore(bench.context(web));
        assertThat(started.succeeded()).isFalse();
        assertThat(started.message()).contains("control process exited", "journalctl -u nginx.service");
    }

    @Test
    void aUnitThatDoesNotStopIsAFailedRemove() throws IOException {
        ResourceInfo web = create();
        assertThat(kit.restore(bench.context(web)).succeeded()).isTrue();
        says("stubborn", "");
        assertThat(kit.remove(bench.context(web)).message()).contains("did not stop", "active (running)");
        Files.delete(folder.resolve("stubborn"));
        Path group = Files.createDirectories(folder.resolve("groups/system.slice/system-my.slice/nginx.service"));
        Files.writeString(group.resolve("cgroup.procs"), "4711\n");
        assertThat(kit.remove(bench.context(web)).message()).contains("4711");
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.PARTIAL);
    }

    /** A start that waits for other units is no state of the unit: it looks inactive until systemd gets to it. */
    @Test
    void aStartThatWaitsInSystemdIsTakenBack() throws IOException {
        ResourceInfo web = create();
        says("job", "4711");
        Probe waiting = kit.probe(bench.context(web));
        assertThat(waiting.state()).as(waiting.message()).isEqualTo(Probe.State.PARTIAL);
        assertThat(waiting.message()).contains("job 4711");
        says("stubborn", "");
        assertThat(kit.remove(bench.context(web)).message()).contains("did not stop", "job 4711");
        Files.delete(folder.resolve("stubborn"));
        assertThat(kit.remove(bench.context(web)).succeeded()).isTrue();
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.STOPPED);
        says("calls", "");
        assertThat(kit.remove(bench.context(web)).succeeded()).isTrue();
        assertThat(Files.readString(folder.resolve("calls"))).contains("stop nginx.service");
    }

    /** A sub-group that goes away while it is looked at says nothing of the others. */
    @Test
    void processesBesideAGroupThatVanishedCount() throws IOException {
        ResourceInfo web = create();
        Path group = Files.createDirectories(folder.resolve("groups/system.slice/system-my.slice/nginx.service"));
        Files.createFile(group.resolve("cgroup.procs"));
        Files.createSymbolicLink(Files.createDirectory(group.resolve("b")).resolve("cgroup.procs"), Path.of("gone"));
        Files.writeString(Files.createDirectory(group.resolve("a")).resolve("cgroup.procs"), "4711\n");
        Files.writeString(Files.createDirectory(group.resolve("c")).resolve("cgroup.procs"), "4712\n");
        assertThat(kit.remove(bench.context(web)).message()).contains("4711", "4712");
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.PARTIAL);
        Files.writeString(group.resolve("a/cgroup.procs"), "");
        Files.writeString(group.resolve("c/cgroup.procs"), "");
        assertThat(kit.remove(bench.context(web)).succeeded())
                .as("a group that could not be looked at is not known to be empty")
                .isFalse();
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.UNKNOWN);
        Files.delete(group.resolve("b/cgroup.procs"));
        Files.createFile(group.resolve("b/cgroup.procs"));
        assertThat(kit.remove(bench.context(web)).succeeded()).isTrue();
    }

    /** Without version 2 groups the kernel still says of each process which unit's it is. */
    @Test
    void withoutAGroupTreeLeftoversAreFoundByTheirProcesses() throws IOException {
        ResourceInfo web = create();
        Path proc = folder.resolve("proc");
        SystemdKit plain = new SystemdKit(folder + "/systemctl", folder.resolve("units"), List.of(), proc);
        assertThat(plain.probe(bench.context(web)).state()).as("no /proc").isEqualTo(Probe.State.UNKNOWN);
        assertThat(plain.remove(bench.context(web)).succeeded()).isFalse();
        process(proc, "1", "0::/init.scope");
        process(proc, "31", "12:pids:/system.slice/system-my.slice/nginx.service-not\n1:name=systemd:/other.slice");
        Files.createDirectories(proc.resolve("32"));
        Files.createDirectories(proc.resolve("self"));
        assertThat(plain.probe(bench.context(web)).state()).isEqualTo(Probe.State.STOPPED);
        assertThat(plain.remove(bench.context(web)).succeeded()).isTrue();
        process(proc, "33", "12:pids:/\n1:name=systemd:/system.slice/system-my.slice/nginx.service");
        process(proc, "34", "0::/system.slice/system-my.slice/nginx.service/worker");
        Probe left = plain.probe(bench.context(web));
        assertThat(left.state()).isEqualTo(Probe.State.PARTIAL);
        assertThat(left.message()).contains("33", "34").doesNotContain("31");
        assertThat(plain.remove(bench.context(web)).message()).contains("33", "34");
    }

    private static void process(Path proc, String number, String groups) throws IOException {
        Files.writeString(Files.createDirectories(proc.resolve(number)).resolve("cgroup"), groups + "\n");
    }

    @Test
    void statesInBetweenAndSilenceNeverCountAsStopped() throws IOException {
        ResourceInfo web = create();
        says("state", "deactivating");
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.PARTIAL);
        says("state", "failed");
        assertThat(kit.probe(bench.context(web)).state()).isEqualTo(Probe.State.STOPPED);
        SystemdKit deaf = new SystemdKit("/bin/false", folder.resolve("units"), List.of(), Path.of("/proc"));
        assertThat(deaf.probe(bench.context(web)).state()).isEqualTo(Probe.State.UNKNOWN);
        assertThat(deaf.remove(bench.context(web)).message()).contains("systemd does not answer");
    }
}

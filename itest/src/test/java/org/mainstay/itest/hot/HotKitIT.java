package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;

/** Kits, core and comm are replaced while what they protect serves and while their actions run: no outage, right state (I4, I8). */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HotKitIT extends HotCase {

    @AfterEach
    void noClient() {
        end();
    }

    private void upgradeBoth(Path jar, String version) {
        String told = a().mainstay("kit", "upgrade", jar.toString(), "--all-servers", "--downgrade");
        assertThat(told).contains("A: kit " + BUNDLE + " has version " + version);
        assertThat(told.indexOf("B: ")).as("the other server is first").isLessThan(told.indexOf("A: "));
        assertThat(a().mainstay("kit", "list", "--all-servers")).containsPattern(BUNDLE + " +net/echo +" + version);
    }

    @Test
    @Order(1)
    void aKitIsUpgradedDowngradedRemovedAndInstalledWhileItsResourceServes() {
        Set<Long> process = processes(a());
        CountingClient client = count("serving");
        Path compatible = kits.echo("1.1.0", "port");
        Path changed = kits.echo("2.0.0", "listen");
        checkedBy(a(), "1.0.0");
        upgradeBoth(compatible, "1.1.0");
        checkedBy(a(), "1.1.0");
        upgradeBoth(changed, "2.0.0");
        checkedBy(a(), "2.0.0");
        Exec.Result older = try_(a(), "kit", "upgrade", echo1.toString());
        assertThat(older.exitCode()).as(older.output()).isEqualTo(5);
        upgradeBoth(echo1, "1.0.0");
        checkedBy(a(), "1.0.0");

        Exec.Result used = try_(a(), "kit", "remove", BUNDLE, "--all-servers");
        assertThat(used.exitCode()).as(used.output()).isEqualTo(8);
        a().mainstay("kit", "remove", BUNDLE, "--all-servers", "--force");
        assertThat(a().mainstay("kit", "list")).containsPattern("echo +net +missing +not installed here");
        assertThat(a().mainstay("status")).contains("echo on A: its kit net/echo is not installed here");
        assertThat(a().state(ECHO, "A")).isEqualTo("ISP");
        Exec.Result refused = try_(a(), "resource", "in-service", ECHO, "--on", "B");
        assertThat(refused.exitCode()).isEqualTo(7);
        assertThat(refused.output()).contains("the recovery kit net/echo is not usable");
        a().mainstay("kit", "install", echo1.toString(), "--all-servers");
        checkedBy(a(), "1.0.0");
        assertThat(try_(a(), "kit", "install", echo1.toString()).output()).contains("is installed already");

        noOutage(client);
        assertThat(processes(a())).isEqualTo(process);
        expect(ECHO, a(), b());
    }

    @Test
    @Order(2)
    void aRestoreGoesOnInTheNewVersion() {
        a().mainstay("resource", "out-of-service", ECHO);
        hold("restore", a());
        long before = asked(a(), "restore", "1.0.0");
        CompletableFuture<Exec.Result> restore = later(a(), "resource", "in-service", ECHO);
        awaitAsked(a(), "restore", "1.0.0", before);
        a().mainstay("kit", "upgrade", kits.echo("1.2.0", "port").toString());
        awaitAsked(a(), "restore", "1.2.0", 0);
        let("restore", a());
        assertThat(restore.join().exitCode()).as(restore.join().output()).isZero();
        expect(ECHO, a(), b());
        assertThat(processes(a())).hasSize(1);
        firstVersion();
    }

    @Test
    @Order(3)
    void aRemoveGoesOnInTheNewVersion() {
        hold("remove", a());
        long before = asked(a(), "remove", "1.0.0");
        CompletableFuture<Exec.Result> remove = later(a(), "resource", "out-of-service", ECHO);
        awaitAsked(a(), "remove", "1.0.0", before);
        a().mainstay("kit", "upgrade", kits.echo("1.3.0", "port").toString());
        awaitAsked(a(), "remove", "1.3.0", 0);
        let("remove", a());
        assertThat(remove.join().exitCode()).as(remove.join().output()).isZero();
        a().await(ECHO, "A", "OSU", LIMIT);
        assertThat(processes(a())).isEmpty();
        assertThat(processes(b())).isEmpty();
        a().mainstay("resource", "in-service", ECHO, "--on", "A");
        firstVersion();
        expect(ECHO, a(), b());
    }

    @Test
    @Order(4)
    void aCheckThatIsCutShortSaysNothing() {
        CountingClient client = count("check");
        hold("check", a());
        checkedBy(a(), "1.0.0");
        a().mainstay("kit", "upgrade", kits.echo("1.4.0", "port").toString());
        let("check", a());
        checkedBy(a(), "1.4.0");
        noOutage(client);
        expect(ECHO, a(), b());
        firstVersion();
    }

    @Test
    @Order(5)
    void aFailoverGoesOnInTheNewVersionOfItsTarget() {
        a().mainstay("resource", "set", ECHO, "localRecovery=no");
        hold("restore", b());
        long before = asked(b(), "restore", "1.0.0");
        processes(a()).forEach(pid -> Exec.run("kill", "-9", pid.toString()).orThrow());
        awaitAsked(b(), "restore", "1.0.0", before);
        b().mainstay("kit", "upgrade", kits.echo("1.5.0", "port").toString());
        awaitAsked(b(), "restore", "1.5.0", 0);
        let("restore", b());
        expect(ECHO, b(), a());
        assertThat(processes(b())).hasSize(1);
        assertThat(processes(a())).isEmpty();
        a().mainstay("resource", "set", ECHO, "localRecovery=yes");
        a().mainstay("resource", "in-service", ECHO, "--on", "A");
        expect(ECHO, a(), b());
        firstVersion();
    }

    @Test
    @Order(6)
    void coreAndCommAreReplacedWhileTheResourceServes() {
        Set<Long> process = processes(a());
        CountingClient client = count("platform");
        update(a(), "org.mainstay.core", "core.bundle");
        meet();
        checkedBy(a(), "1.0.0");
        update(a(), "org.mainstay.comm", "comm.bundle");
        meet();
        checkedBy(a(), "1.0.0");
        noOutage(client);
        assertThat(processes(a())).isEqualTo(process);
        expect(ECHO, a(), b());
    }

    @Test
    @Order(7)
    void coreIsReplacedDuringARestore() {
        a().mainstay("resource", "out-of-service", ECHO);
        hold("restore", a());
        long before = asked(a(), "restore", "1.0.0");
        later(a(), "resource", "in-service", ECHO);
        awaitAsked(a(), "restore", "1.0.0", before);
        update(a(), "org.mainstay.core", "core.bundle");
        let("restore", a());
        expect(ECHO, a(), b());
        assertThat(processes(a())).hasSize(1);
    }

    @Test
    @Order(8)
    void commIsReplacedDuringAFailover() {
        a().mainstay("resource", "set", ECHO, "localRecovery=no");
        hold("restore", b());
        long before = asked(b(), "restore", "1.0.0");
        processes(a()).forEach(pid -> Exec.run("kill", "-9", pid.toString()).orThrow());
        awaitAsked(b(), "restore", "1.0.0", before);
        update(b(), "org.mainstay.comm", "comm.bundle");
        let("restore", b());
        meet();
        expect(ECHO, b(), a());
        a().mainstay("resource", "set", ECHO, "localRecovery=yes");
        a().mainstay("resource", "in-service", ECHO, "--on", "A");
        expect(ECHO, a(), b());
    }

    @Test
    @Order(9)
    void aResourceWhoseKitIsMissingOnTheOtherServerIsNotMovedThere() {
        b().mainstay("kit", "remove", BUNDLE, "--force");
        a().mainstay("resource", "set", ECHO, "localRecovery=no");
        Set<Long> killed = processes(a());
        killed.forEach(pid -> Exec.run("kill", "-9", pid.toString()).orThrow());
        Await.until(
                "echo is restored on A, where its kit is",
                LIMIT,
                () -> processes(a()).stream().anyMatch(pid -> !killed.contains(pid)),
                a()::logs);
        expect(ECHO, a(), b());
        assertThat(processes(b())).isEmpty();
        assertThat(a().mainstay("events"))
                .contains(
                        "echo is not moved from A, where it is tried again: the recovery kit net/echo is not usable on B");
        b().mainstay("kit", "install", echo1.toString());
        a().mainstay("resource", "set", ECHO, "localRecovery=yes");
    }
}

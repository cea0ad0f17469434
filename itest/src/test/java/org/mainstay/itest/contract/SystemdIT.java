package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/**
 * The units under a real systemd: server A boots and shuts down by it, server B sees what comes of it. Decision 0083;
 * ADM-060 to ADM-063.
 */
class SystemdIT extends ContractCase {
    private static final Duration QUIET = Duration.ofSeconds(5);

    private Systemd systemd;
    private String home;

    @Override
    void prepare(Lab opened) {
        Assumptions.assumeTrue(Systemd.installed(), "needs systemd's programs on this machine");
        Server a = opened.addServer("A", distribution());
        Server b = opened.addServer("B", distribution());
        home = a.home();
        systemd = new Systemd(a.machine(), opened.directory());
        systemd.boot();
        opened.servers()
                .forEach(server -> server.machine()
                        .run("sh", "-c", "echo " + server.name() + " > /opt/me")
                        .orThrow());
        onA("mainstay node init --name A --address " + a.machine().address(1));
        onA("install-service");
        systemd.systemctl("start", "mainstay");
        String[] invitation = onA("mainstay node invite").strip().split("\n");
        b.mainstay(
                "node",
                "join",
                "--name",
                "B",
                "--address",
                b.machine().address(1),
                "--peer",
                a.machine().address(1),
                "--code",
                invitation[invitation.length - 1].strip());
        b.start();
        for (int network = 1; network <= 2; network++) {
            onA("mainstay commpath create --to B --local " + a.machine().address(network) + " --remote "
                    + b.machine().address(network));
        }
        onA("mainstay resource create app --tag web --set restore=" + step("restore") + " --set remove="
                + step("remove"));
        onA("mainstay resource extend web --to B");
    }

    /** One process per machine; every step is written to a history that both machines share. */
    private String step(String action) {
        String body = action.equals("restore")
                // the shell of scripts may lack 'exec -a'
                ? "bash -c \"exec -a protected-web perl -e 'sleep while 1'\" </dev/null >/dev/null 2>&1 &"
                : "pkill -x -f 'protected-web -e sleep while 1'; while pgrep -x -f 'protected-web -e sleep while 1'; do :; done";
        return script(
                action,
                "me=$(cat /opt/me); dir=$(dirname \"$0\")\necho \"$me " + action + " begin\" >> \"$dir/history\"\n"
                        + body + "\necho \"$me " + action + " end\" >> \"$dir/history\"");
    }

    @AfterEach
    void journal() {
        // shown by Surefire only for the test that failed
        System.out.println(systemd.run("journalctl", "--no-pager", "-n", "60").output());
    }

    private String onA(String line) {
        List<String> words = List.of(line.split(" "));
        String[] command = words.toArray(String[]::new);
        command[0] = home + "/bin/" + command[0];
        return systemd.run(command).orThrow();
    }

    private List<String> history() throws IOException {
        return Files.readAllLines(historyFile());
    }

    private Path historyFile() {
        return lab().directory().resolve("history");
    }

    private void forget() throws IOException {
        Files.writeString(historyFile(), "");
    }

    private String application() {
        Exec.Result found = systemd.run("pgrep", "-o", "-f", "protected-web");
        return found.output().strip();
    }

    private void awaitState(String server, String state) {
        b().await("web", server, state, LIMIT);
    }

    @Test
    @Order(1)
    void stopAndRestartOfTheUnitLeaveTheApplicationAlone() throws Exception {
        forget();
        String before = application();
        assertThat(before).isNotEmpty();
        systemd.systemctl("restart", "mainstay");
        assertThat(application()).isEqualTo(before);
        assertThat(onA("ins_list -f: -t web")).contains(":ISP:");
        systemd.systemctl("stop", "mainstay");
        assertThat(systemd.run("pgrep", "-f", "karaf.main.Main").exitCode()).isEqualTo(1);
        assertThat(systemd.run("pgrep", "-f", "guard.GuardMain").exitCode()).isZero();
        Await.pass(QUIET);
        assertThat(application()).isEqualTo(before);
        assertThat(b().state("web", "B")).isEqualTo("OSU");
        systemd.systemctl("start", "mainstay");
        assertThat(application()).isEqualTo(before);
        awaitState("A", "ISP");
        assertThat(history()).isEmpty();
    }

    @Test
    @Order(2)
    void stoppingTheShutdownUnitByHandMovesNothing() throws Exception {
        forget();
        systemd.systemctl("stop", "mainstay-shutdown");
        assertThat(onA("ins_list -f: -t web")).contains(":ISP:");
        systemd.systemctl("start", "mainstay-shutdown");
        assertThat(history()).isEmpty();
    }

    @Test
    @Order(3)
    void byHandAndByTheUnitMayBeMixed() {
        onA("lkstop");
        assertThat(application()).isEmpty();
        awaitUnit("inactive");
        onA("lkstart");
        onA("mainstay resource in-service web");
        String before = application();
        systemd.systemctl("start", "mainstay");
        assertThat(unit()).isEqualTo("active");
        assertThat(onA("ins_list -f: -t web")).contains(":ISP:");
        systemd.systemctl("restart", "mainstay");
        assertThat(unit()).isEqualTo("active");
        assertThat(application()).isEqualTo(before).isNotEmpty();
        awaitState("A", "ISP");
        onA("lkstop");
        awaitUnit("inactive");
        systemd.systemctl("start", "mainstay");
        onA("mainstay resource in-service web");
        awaitState("A", "ISP");
    }

    private String unit() {
        return systemd.run("systemctl", "is-active", "mainstay").output().strip();
    }

    private void awaitUnit(String state) {
        // the unit's own start may wait for 300 s
        Await.until("mainstay.service is " + state, LIMIT.multipliedBy(6), () -> unit().equals(state), this::unit);
    }

    /** The default: what runs stops in order before other units stop, stays where it is, and comes back at the next boot. */
    @Test
    @Order(4)
    void aRebootTakesTheResourceOutAndInAgain() throws Exception {
        otherUnit();
        forget();
        systemd.powerOff();
        assertThat(history()).containsExactly("A remove begin", "A remove end", "other unit stopped");
        Await.until(
                "A is gone as seen from B",
                LIMIT,
                () -> type(b(), "sys_getst -s A").output().contains("DEAD"));
        Await.pass(QUIET);
        assertThat(b().state("web", "B")).isEqualTo("OSU");
        systemd.boot();
        awaitState("A", "ISP");
        assertThat(application()).isNotEmpty();
        assertThat(history()).doesNotContain("B restore begin");
    }

    /** Another application's own unit, as an administrator has them. */
    private void otherUnit() throws IOException {
        Path unit = lab().directory().resolve("other.service");
        Files.writeString(unit, """
                [Service]
                Type=oneshot
                RemainAfterExit=yes
                ExecStart=/bin/true
                ExecStop=/bin/sh -c 'echo "other unit stopped" >> %s'
                [Install]
                WantedBy=multi-user.target
                """.formatted(historyFile()));
        systemd.run("cp", unit.toString(), "/etc/systemd/system/other.service").orThrow();
        systemd.systemctl("enable", "--now", "other.service");
    }

    @Test
    @Order(5)
    void withTheSwitchoverStrategyTheOtherServerHasItBeforeTheMachineIsOff() throws Exception {
        onA("flg_create -f shutdown_switchover");
        forget();
        systemd.powerOff();
        assertThat(history())
                .containsExactly(
                        "A remove begin", "A remove end", "B restore begin", "B restore end", "other unit stopped");
        awaitState("B", "ISP");
        systemd.boot();
        awaitState("A", "OSU");
        onA("flg_remove -f shutdown_switchover");
        onA("mainstay resource in-service web");
        awaitState("A", "ISP");
    }

    /** A session is ended early at shutdown; Mainstay, which somebody started from it, must not go with it. */
    @Test
    @Order(6)
    void startedFromALoginItOutlivesTheSessionAndStillStopsInOrder() throws Exception {
        systemd.systemctl("stop", "mainstay");
        onA("lkstop");
        systemd.run(
                        "systemd-run",
                        "--scope",
                        "--quiet",
                        "--slice=user.slice",
                        "--unit=session-7.scope",
                        home + "/bin/lkstart")
                .orThrow();
        onA("mainstay resource in-service web");
        systemd.run("systemctl", "stop", "session-7.scope");
        assertThat(onA("ins_list -f: -t web")).contains(":ISP:");
        forget();
        systemd.powerOff();
        assertThat(history()).containsExactly("A remove begin", "A remove end", "other unit stopped");
        systemd.boot();
        awaitState("A", "ISP");
    }

    private String process(String of) {
        return systemd.run("pgrep", "-o", "-f", of).output().strip();
    }

    private void dies(String... processes) {
        String[] command = new String[processes.length + 2];
        command[0] = "kill";
        command[1] = "-9";
        System.arraycopy(processes, 0, command, 2, processes.length);
        systemd.run(command).orThrow();
    }

    private void awaitAnother(String of, String dead) {
        Await.until(
                "another " + of + " than " + dead + " runs",
                LIMIT,
                () -> !process(of).isEmpty() && !process(of).equals(dead),
                () -> process(of));
    }

    /** Each would start the other again; where both die nobody is left but systemd. */
    @Test
    @Order(7)
    void guardAndManagerThatDieAtOnceComeBackAndKeepWhatRuns() throws Exception {
        // A dead guard is a dead server for B, however soon it is back.
        type(b(), "flg_create -f !nofailover!A");
        forget();
        String before = application();
        String guard = process("guard.GuardMain");
        String manager = process("karaf.main.Main");
        dies(guard, manager);
        awaitAnother("guard.GuardMain", guard);
        awaitAnother("karaf.main.Main", manager);
        awaitState("A", "ISP");
        awaitUnit("active");
        assertThat(application()).isEqualTo(before).isNotEmpty();
        assertThat(history()).isEmpty();
    }

    @Test
    @Order(8)
    void aGuardThatDiesWhileTheManagerIsStoppedComesBackAlone() throws Exception {
        type(b(), "flg_create -f !nofailover!A");
        forget();
        String before = application();
        systemd.systemctl("stop", "mainstay");
        String guard = process("guard.GuardMain");
        dies(guard);
        awaitAnother("guard.GuardMain", guard);
        Await.pass(QUIET);
        assertThat(process("karaf.main.Main")).isEmpty();
        assertThat(application()).isEqualTo(before);
        systemd.systemctl("start", "mainstay");
        awaitState("A", "ISP");
        assertThat(application()).isEqualTo(before).isNotEmpty();
        assertThat(history()).isEmpty();
        // ended on purpose, it stays away
        onA("lkstop");
        Await.pass(QUIET);
        assertThat(process("guard.GuardMain")).isEmpty();
    }
}

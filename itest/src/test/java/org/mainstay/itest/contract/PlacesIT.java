package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Machine;

/**
 * Where Mainstay is unpacked and who starts and stops it must not matter: a folder with blanks and deeper than socket addresses
 * are long, a service manager that ends process groups, the units for systemd.
 */
class PlacesIT extends ContractCase {
    private static final String DEEP =
            Machine.HOME_PARENT + "/a folder/with blanks in it/" + "and deep (below) ".repeat(8) + "x";

    private Machine machine;
    private String home;

    @Override
    void prepare(Lab opened) {
        machine = opened.addServer("A", distribution()).machine();
        home = DEEP + "/mainstay";
        machine.run("mkdir", "-p", DEEP).orThrow();
        machine.run("mv", opened.server("A").home(), home).orThrow();
        assertThat(home.length()).isGreaterThan(108);
    }

    private String bin(String tool, String... arguments) {
        List<String> words = new ArrayList<>(List.of(home + "/bin/" + tool));
        words.addAll(List.of(arguments));
        return machine.run(words.toArray(String[]::new)).orThrow();
    }

    @Test
    @Order(1)
    void aFolderWithBlanksThatIsVeryDeep() {
        bin("mainstay", "node", "init", "--name", "A", "--address", machine.address(1));
        bin("lkstart");
        JsonObject status =
                JsonParser.parseString(bin("mainstay", "status", "--json")).getAsJsonObject();
        assertThat(text(status, "phase")).isEqualTo("AVAILABLE");
        String start = script("start", "setsid sleep 7531 </dev/null >/dev/null 2>&1 & echo $! > /srv/pid");
        String stop = script("stop", "kill $(cat /srv/pid)");
        bin(
                "mainstay",
                "resource",
                "create",
                "app",
                "--tag",
                "web",
                "--set",
                "restore=" + start,
                "--set",
                "remove=" + stop);
        assertThat(bin("ins_list", "-f:", "-t", "web")).contains(":ISP:");
        assertThat(machine.run("sh", "-c", "cd / && '" + home + "/bin/sys_list'")
                        .orThrow())
                .isEqualTo("A\n");
        machine.run("sh", "-c", "ln -s '" + home + "/bin/mainstay' /srv/mainstay && /srv/mainstay status")
                .orThrow();
    }

    /** As 'systemctl restart' with any KillMode, a closed session, or a careless 'kill' of the group would. */
    @Test
    @Order(2)
    void whoEndsTheManagersProcessGroupDoesNotEndWhatIsProtected() {
        List<Long> application = machine.processes("sleep 7531");
        assertThat(application).hasSize(1);
        for (String signal : List.of("TERM", "KILL")) {
            long karaf = machine.processes("org.apache.karaf.main.Main").get(0);
            String group =
                    machine.run("ps", "-o", "pgid=", "-p", "" + karaf).orThrow().strip();
            String session =
                    machine.run("ps", "-o", "sid=", "-p", "" + karaf).orThrow().strip();
            String others = machine.run("ps", "-o", "pgid=,sid=", "-p", "" + application.get(0))
                    .orThrow();
            assertThat(others.strip().split("\\s+")).doesNotContain(group, session);
            machine.run("kill", "-" + signal, "--", "-" + group).orThrow();
            Await.until(
                    "another manager serves after " + signal,
                    LIMIT.multipliedBy(3),
                    () -> !machine.processes("org.apache.karaf.main.Main").contains(karaf)
                            && machine.run(home + "/bin/ins_list", "-f:", "-t", "web")
                                    .output()
                                    .contains(":ISP:"));
            assertThat(machine.processes("sleep 7531")).isEqualTo(application);
        }
    }

    @Test
    @Order(3)
    void theManagerIsStoppedAndStartedAroundARunningApplication() {
        List<Long> application = machine.processes("sleep 7531");
        bin("mainstay", "stop", "--leave-running");
        assertThat(machine.processes("org.apache.karaf.main.Main")).isEmpty();
        assertThat(machine.processes("sleep 7531")).isEqualTo(application);
        assertThat(bin("mainstay", "status")).contains("lkstart");
        bin("lkstart");
        assertThat(bin("ins_list", "-f:", "-t", "web")).contains(":ISP:");
        assertThat(machine.processes("sleep 7531")).isEqualTo(application);
        bin("lkstop");
        assertThat(machine.processes("sleep 7531")).isEmpty();
        assertThat(machine.processes("org.mainstay.guard.GuardMain")).isEmpty();
    }

    @Test
    @Order(4)
    void theUnitsAreInstalledBelowAnyRootAndRemovedAgain() throws Exception {
        Path root = Files.createDirectory(lab().directory().resolve("root"));
        Exec.Result refused = machine.run(home + "/bin/install-service", "--root", root.toString());
        assertThat(refused.exitCode()).isEqualTo(5);
        assertThat(refused.output()).contains(home, "/opt/mainstay");

        String plain = Machine.HOME_PARENT + "/mainstay";
        machine.run("mv", home, plain).orThrow();
        Exec.Result installed = machine.run(plain + "/bin/install-service", "--root", root.toString());
        assertThat(installed.exitCode()).as(installed.output()).isZero();
        Path units = root.resolve("etc/systemd/system");
        for (String unit : List.of("mainstay.service", "mainstay-guard.service", "mainstay-shutdown.service")) {
            assertThat(Files.readString(units.resolve(unit)))
                    .contains(plain + "/bin/mainstay")
                    .doesNotContain("@MAINSTAY_HOME@");
        }
        assertThat(Files.readString(units.resolve("mainstay.service")))
                .contains("KillMode=process", "stop --leave-running", "ConditionPathExists=" + plain + "/data/lcd");
        verify(units, plain);
        machine.run(plain + "/bin/install-service", "--remove", "--root", root.toString())
                .orThrow();
        assertThat(units).isEmptyDirectory();
        assertThat(machine.run(plain + "/bin/install-service", "--nonsense").exitCode())
                .isEqualTo(2);
    }

    private void verify(Path units, String plain) {
        Assumptions.assumeTrue(
                Exec.run("sh", "-c", "command -v systemd-analyze").exitCode() == 0, "needs systemd-analyze");
        Exec.Result verified = machine.run(
                "systemd-analyze",
                "verify",
                "--man=no",
                units.resolve("mainstay.service").toString(),
                units.resolve("mainstay-shutdown.service").toString());
        assertThat(verified.output().lines().filter(line -> line.contains("mainstay")))
                .isEmpty();
        assertThat(machine.run("test", "-x", plain + "/bin/lkstart").exitCode()).isZero();
    }

    /** Moved with its data, it goes on where it is. */
    @Test
    @Order(5)
    void aMovedInstallationGoesOn() {
        home = Machine.HOME_PARENT + "/mainstay";
        bin("lkstart");
        assertThat(bin("ins_list", "-f:", "-t", "web")).contains(":ISP:");
        bin("mainstay", "resource", "delete", "web", "--stop");
        bin("lkstop");
    }

    /** Karaf reads its own folder in lists: told at once instead of waiting in vain. */
    @Test
    @Order(6)
    void aPlaceWhereKarafCannotLiveIsRefused() {
        for (String folder : List.of("/opt/a, b", "/opt/a:b", "/opt/a\\b", "/opt/${a}")) {
            machine.run("mv", home, folder).orThrow();
            for (List<String> command : List.of(
                    List.of("/bin/lkstart"),
                    List.of("/bin/mainstay", "node", "init", "--name", "A", "--address", "10.77.1.1"))) {
                List<String> words = new ArrayList<>(command);
                words.set(0, folder + command.get(0));
                Exec.Result result = machine.run(words.toArray(String[]::new));
                assertThat(result.exitCode()).as(result.output()).isEqualTo(5);
                assertThat(result.output()).contains(folder, "/opt/mainstay");
            }
            machine.run("mv", folder, home).orThrow();
        }
    }
}

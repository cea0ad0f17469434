package org.mainstay.shell.internal.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Tunables;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.internal.socket.DoorGroup;
import org.mainstay.shell.testing.FakeGuard;
import org.mainstay.shell.testing.NativeClient;
import org.mainstay.shell.testing.NativeClient.Result;
import org.mainstay.shell.testing.SocketHome;

/** Besides root the members of the configured group come in at the local door, and nobody else (I7, ADM-010 to ADM-013). */
@Timeout(120)
class DoorGroupTest {
    @TempDir
    Path folder;

    private NativeClient client;
    private SocketHome server;

    @BeforeEach
    void install() throws Exception {
        client = new NativeClient(folder);
        server = new SocketHome(folder);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Result as(String... identity) throws Exception {
        return as("ins_list", identity);
    }

    private Result as(String command, String[] identity) throws Exception {
        Path script = folder.resolve("as");
        Files.writeString(
                script,
                "exec setpriv " + String.join(" ", identity) + " '" + folder.toAbsolutePath() + "/bin/'" + command
                        + "\n");
        return client.start(Map.of(), List.of("sh", script.toString())).result();
    }

    private static void open(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private void onTheWay() throws IOException {
        for (Path path = folder.toAbsolutePath(); !path.equals(Path.of("/tmp")); path = path.getParent()) {
            Assumptions.assumeTrue(path.startsWith("/tmp"), "the test's folder is below /tmp");
            open(path, "rwxr-xr-x");
        }
    }

    // covers ADM-010 ADM-011 ADM-012 ADM-013
    @Test
    void membersOfTheGroupHaveItsRoleAndOthersAreRefused() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv");
        String group = client.start(Map.of(), List.of("id", "-gn", "65534"))
                .result()
                .out()
                .strip();
        server.open(Optional.of(new DoorGroup(group, Caller.Role.OPERATOR)), Limits.DEFAULT);
        onTheWay();
        AtomicReference<Caller> caller = new AtomicReference<>();
        server.runs((call, context) -> {
            caller.set(context.caller());
            return 0;
        });

        assertThat(as("--reuid", "65534", "--regid", "65534", "--clear-groups").exit())
                .isZero();
        assertThat(caller.get().role()).isEqualTo(Caller.Role.OPERATOR);
        assertThat(client.run("ins_list").exit()).isZero();
        assertThat(caller.get().role()).as("root").isEqualTo(Caller.Role.ADMINISTRATOR);

        Result other = as("--reuid", "1", "--regid", "1", "--clear-groups");
        assertThat(other.exit()).isEqualTo(1);
        assertThat(other.err()).contains("permission denied: only root");
        // A process that was given the group, of a user who is no member: the folder lets it through, the lookup does
        // not.
        Result borrowed = as("--reuid", "1", "--regid", "1", "--groups", "65534");
        assertThat(borrowed.exit()).isEqualTo(1);
        assertThat(borrowed.err()).contains("permission denied: only root", "the group " + group);
        // With every door open the kernel's word still decides.
        open(server.path().getParent(), "rwxrwxrwx");
        open(server.path(), "rwxrwxrwx");
        assertThat(as("--reuid", "1", "--regid", "1", "--clear-groups").exit()).isEqualTo(1);
    }

    // covers CMD-356
    @Test
    void whoMayNotReplaceValuesIsToldByItsOwnExitCode() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv");
        server.open(Optional.empty(), Limits.DEFAULT);
        onTheWay();
        String[] somebody = {"--reuid", "65534", "--regid", "65534", "--clear-groups"};
        for (String command : List.of("mainstay lk_chg_value", "mainstay lk_chg_value.ksh -o a -n b")) {
            Result running = as(command, somebody);
            assertThat(running.exit()).as(running.err()).isEqualTo(4);
            assertThat(running.err()).contains("must be run as root");
        }
        server.close();
        assertThat(as("mainstay lk_chg_value -o a -n b", somebody).exit())
                .as("while Mainstay is stopped")
                .isEqualTo(4);
        assertThat(as("mainstay status", somebody).exit()).isEqualTo(1);
    }

    @Test
    void whoDoesNotReachTheGuardStopsNothing() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/setpriv")), "needs setpriv");
        String group = client.start(Map.of(), List.of("id", "-gn", "65534"))
                .result()
                .out()
                .strip();
        server.open(Optional.of(new DoorGroup(group, Caller.Role.ADMINISTRATOR)), Limits.DEFAULT);
        onTheWay();
        AtomicReference<Caller> caller = new AtomicReference<>();
        server.runs((call, context) -> {
            caller.set(context.caller());
            return 0;
        });
        try (FakeGuard guard = new FakeGuard(folder, line -> "exit 1\n")) {
            open(folder.resolve("data/run/guard.sock"), "rw-------");
            for (String program : List.of("lkstop", "mainstay stop")) {
                Result result = as(program, new String[] {"--reuid", "65534", "--regid", "65534", "--clear-groups"});
                assertThat(result.exit()).isEqualTo(1);
                assertThat(result.err()).contains("only root may stop Mainstay", "nothing was changed");
                assertThat(result.out()).isEmpty();
            }
            assertThat(caller.get()).as("the manager was not asked").isNull();
            assertThat(guard.asked()).isEmpty();
        }
    }

    @Test
    void aGroupThatIsNotThereLetsNobodyIn() throws Exception {
        server.open(Optional.of(new DoorGroup("no-such-group", Caller.Role.ADMINISTRATOR)), Limits.DEFAULT);
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(server.path().getParent())))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.path())))
                .isEqualTo("rw-------");
    }

    private Optional<DoorGroup> configured(String text) throws IOException, CommandException {
        Files.createDirectories(folder.resolve("etc/default"));
        Files.writeString(folder.resolve("etc/default/LifeKeeper"), text);
        return DoorGroup.of(Tunables.read(folder));
    }

    @Test
    void theGroupIsATunable() throws Exception {
        assertThat(configured("#COMMAND_GROUP=wheel\n")).isEmpty();
        assertThat(configured("COMMAND_GROUP=wheel\n")).contains(new DoorGroup("wheel", Caller.Role.OPERATOR));
        assertThat(configured("COMMAND_GROUP=wheel\nCOMMAND_GROUP_ROLE=administrator\n"))
                .contains(new DoorGroup("wheel", Caller.Role.ADMINISTRATOR));
        assertThatThrownBy(() -> configured("COMMAND_GROUP=wheel\nCOMMAND_GROUP_ROLE=root\n"))
                .hasMessageContaining("guest, operator or administrator")
                .hasMessageContaining("'root'");
    }
}

package org.mainstay.shell.internal.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakePlatform;
import org.mainstay.shell.testing.Fixtures;

/** {@code mainstay kit}: one server after the other, checked before, in between and afterwards. */
class KitCommandsTest {
    @TempDir
    private Path folder;

    private FakePlatform platform = new FakePlatform(Fixtures.named("two servers"));
    private Captured captured = new Captured(Terminal.NONE, Caller.Role.ADMINISTRATOR);

    private int run(String... words) throws InterruptedException {
        captured = new Captured(Terminal.NONE, Caller.Role.ADMINISTRATOR);
        return Programs.registry().run(new CommandCall("mainstay", List.of(words)), captured.context(), platform);
    }

    private String kit(String version) throws IOException {
        return jar("redis-kit", version, "org.mainstay.kit;version=\"[1.0,2)\",org.slf4j");
    }

    private String jar(String name, String version, String imports) throws IOException {
        Path jar = folder.resolve(name + "-" + version + ".jar");
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", version);
        main.putValue("Import-Package", imports);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            out.finish();
        }
        return jar.toString();
    }

    @Test
    void aKitIsInstalledOnTheOthersFirstAndTheServersAgreeAfterwards() throws Exception {
        assertThat(run("kit", "install", kit("1.0.0"), "--all-servers"))
                .as(captured.err())
                .isZero();
        assertThat(platform.kitManager().orders()).containsExactly("B INSTALL ", "A INSTALL ");
        assertThat(captured.out()).isEqualTo("B: done\nA: done\n");
        assertThat(run("kit", "list", "--all-servers")).isZero();
        assertThat(captured.out())
                .isEqualTo("KIT        TYPES           A      B\n"
                        + "ip         comm/ip         1.0.0  1.0.0\n"
                        + "redis-kit  comm/redis-kit  1.0.0  1.0.0\n"
                        + "part of Mainstay, or directories of scripts, and not compared: postgres, volume\n");
    }

    @Test
    void withoutTheOptionOnlyThisServerChangesAndTheListSaysThatTheyDiffer() throws Exception {
        assertThat(run("kit", "install", kit("1.0.0"))).isZero();
        assertThat(platform.kitManager().orders()).containsExactly("A INSTALL ");
        assertThat(run("kit", "list", "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.out()).contains("redis-kit  comm/redis-kit  1.0.0  -");
        assertThat(captured.err()).contains("do not agree about redis-kit");
    }

    @Test
    void theFirstRefusalStopsTheRolloutAndSaysHowFarItCame() throws Exception {
        run("kit", "install", kit("1.0.0"), "--all-servers");
        platform.kitManager().refuse("A");
        assertThat(run("kit", "upgrade", kit("1.1.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err()).contains("the disk is full; done on B, not on A: repeat the command");
        platform.kitManager().refuse("B");
        assertThat(run("kit", "upgrade", kit("1.2.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err()).contains("the disk is full; nothing was changed");
    }

    private String ip(String version) throws IOException {
        return jar("org.mainstay.kit.ip", version, "org.mainstay.kit");
    }

    @Test
    void theKitsResourcesAreCheckedOnEachServerAfterItsTurn() throws Exception {
        platform = new FakePlatform(Fixtures.named("vip on both"));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers"))
                .as(captured.err())
                .isZero();
        assertThat(platform.notes()).containsExactly("B: perform_action -t vip -a quickCheck");
        assertThat(platform.requests()).containsExactly(new Request.PerformAction("vip", "quickCheck", List.of()));
        assertThat(captured.out()).isEqualTo("B: done\nA: done\n");
    }

    @Test
    void whatIsOutOfServiceOrNeverCheckedIsNotChecked() throws Exception {
        platform = new FakePlatform(Fixtures.named("all out"));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isZero();
        platform = new FakePlatform(Fixtures.named("two servers"));
        Instance vip = platform.snapshot().own().instances().get("vip");
        platform.show(Fixtures.with(
                platform.snapshot(),
                platform.snapshot().own().with(vip.withSettings(vip.settings().withQuickCheckSeconds(0)))));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isZero();
        assertThat(platform.requests()).isEmpty();
        assertThat(platform.notes()).isEmpty();
    }

    @Test
    void aFailedCheckOnTheFirstServerStopsTheRollout() throws Exception {
        platform = new FakePlatform(Fixtures.named("vip on both"));
        platform.remoteError("perform_action: quickCheck of vip failed: it is nowhere");
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err())
                .contains(
                        "B: vip does not pass a check by the kit as it is now: perform_action: quickCheck of vip failed")
                .contains("done on B, not on A: repeat the command when the cause is mended");
        assertThat(platform.kitManager().orders()).containsExactly("B UPGRADE ");
    }

    @Test
    void aFailedCheckOnTheLastServerIsAFailureToo() throws Exception {
        platform.reply(Reply.failed(ExitCode.SYSTEM_ERROR, "it is nowhere"));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err())
                .contains(
                        "A: vip does not pass a check by the kit as it is now: it is nowhere; done on B, A, which is all");
        assertThat(platform.kitManager().orders()).containsExactly("B UPGRADE ", "A UPGRADE ");
    }

    @Test
    void aServerThatIsLostBeforeItsCheckStopsTheRollout() throws Exception {
        platform = new FakePlatform(Fixtures.named("vip on both"));
        platform.remoteFailure(new CommandException(ExitCode.NO_COMMUNICATION, "no communication with B"));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err()).contains("no communication with B; done on B, not on A");
    }

    @Test
    void aResourceOfTheKitThatChangesMeanwhileStopsTheRollout() throws Exception {
        platform = new FakePlatform(Fixtures.named("vip on both"));
        platform.kitManager().meanwhile(() -> platform.show(Fixtures.named("two servers")));
        assertThat(run("kit", "upgrade", ip("1.1.0"), "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err())
                .contains("B: resources changed meanwhile: vip is out of service; done on B, not on A: repeat");
        assertThat(platform.kitManager().orders()).containsExactly("B UPGRADE ");
    }

    @Test
    void aResourceOfAnotherKitThatChangesMeanwhileIsOnlyTold() throws Exception {
        platform = new FakePlatform(Fixtures.named("vip on both"));
        platform.kitManager().put("A", "redis", "redis-kit", "1.0.0", "");
        platform.kitManager().put("B", "redis", "redis-kit", "1.0.0", "");
        platform.kitManager().meanwhile(() -> platform.show(Fixtures.named("two servers")));
        assertThat(run("kit", "upgrade", kit("1.1.0"), "--all-servers"))
                .as(captured.err())
                .isZero();
        assertThat(captured.err()).contains("B: resources changed meanwhile: vip is out of service");
        assertThat(platform.kitManager().orders()).containsExactly("B UPGRADE ", "A UPGRADE ");
    }

    @Test
    void withoutTheOptionNothingIsChecked() throws Exception {
        assertThat(run("kit", "upgrade", ip("1.1.0"))).isZero();
        assertThat(platform.requests()).isEmpty();
    }

    @Test
    void anUpgradeNeedsTheKitEverywhere() throws Exception {
        platform.kitManager().put("A", "redis-kit", "redis-kit", "1.0.0", "");
        assertThat(run("kit", "upgrade", kit("1.1.0"), "--all-servers")).isEqualTo(ExitCode.NOT_FOUND);
        assertThat(captured.err()).contains("nothing was changed: no version of redis-kit is installed on B");
        assertThat(platform.kitManager().orders()).isEmpty();
    }

    @Test
    void aServerThatCannotBeReachedStopsARolloutBeforeItBegins() throws Exception {
        platform = new FakePlatform(Fixtures.named("B away"));
        assertThat(run("kit", "install", kit("1.0.0"), "--all-servers")).isEqualTo(ExitCode.NO_COMMUNICATION);
        assertThat(captured.err()).contains("nothing was changed: Mainstay on B cannot be reached");
        assertThat(platform.kitManager().orders()).isEmpty();
        platform.kitManager().silence("B");
        assertThat(run("kit", "list", "--all-servers")).isEqualTo(ExitCode.NO_COMMUNICATION);
    }

    @Test
    void aKitWithResourcesIsRemovedOnlyByForce() throws Exception {
        assertThat(run("kit", "remove", "ip", "--all-servers")).isEqualTo(ExitCode.IN_USE);
        assertThat(captured.err()).contains("kit ip protects ", " on A", " on B", "With --force it is removed");
        assertThat(platform.kitManager().orders()).isEmpty();
        assertThat(run("kit", "remove", "mainstay-kit-ip", "--all-servers", "--force"))
                .isZero();
        assertThat(platform.kitManager().orders()).containsExactly("B REMOVE ip", "A REMOVE ip");
        assertThat(run("kit", "remove", "ip")).isEqualTo(ExitCode.NOT_FOUND);
    }

    @Test
    void aKitThatDoesNotWorkSomewhereIsADisagreement() throws Exception {
        platform.kitManager().put("B", "ip", "org.mainstay.kit.ip", "1.0.0", "its component does not start");
        assertThat(run("kit", "list", "--all-servers")).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err()).contains("ip on B: its component does not start");
    }

    @Test
    void whatIsNoKitIsRefused() throws Exception {
        assertThat(run("kit", "install", jar("web", "1.0.0", "org.mainstay.kitchen,org.slf4j")))
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(captured.err()).contains("the bundle web is no recovery kit");
        Path text = Files.writeString(folder.resolve("text.jar"), "no jar");
        assertThat(run("kit", "install", text.toString())).isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(run("kit", "install", folder.resolve("absent.jar").toString()))
                .isEqualTo(ExitCode.NOT_FOUND);
        assertThat(run("kit", "upgrade", jar("a b", "1.0.0", "org.mainstay.kit")))
                .isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(run("kit", "upgrade", jar("kit", "one", "org.mainstay.kit"))).isEqualTo(ExitCode.INVALID_ARGUMENT);
        assertThat(captured.err()).contains("'one' is no version of a bundle");
    }

    @Test
    void aMissingKitIsShownWithWhatItLeavesAlone() throws Exception {
        platform = new FakePlatform(Fixtures.named("kit missing"));
        assertThat(run("kit", "list")).isZero();
        assertThat(captured.out()).contains("missing", "not installed here; left alone: ");
    }

    @Test
    void onlyAdministratorsChangeKits() throws Exception {
        captured = new Captured(Terminal.NONE, Caller.Role.OPERATOR);
        CommandCall call = new CommandCall("mainstay", List.of("kit", "remove", "ip", "--force"));
        assertThat(Programs.registry().run(call, captured.context(), platform)).isEqualTo(ExitCode.SYSTEM_ERROR);
        assertThat(captured.err()).contains("permission denied");
    }
}

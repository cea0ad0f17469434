package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;

/** Kits that do not resolve, throw, leak threads or never return: everything else goes on (I5, I8). */
class BrokenKitIT extends HotCase {
    private CountingClient client;
    private List<Long> manager;
    private Set<Long> process;

    @BeforeEach
    void others() {
        client = count("broken-" + System.nanoTime());
        manager = a().managerProcesses();
        process = processes(a());
    }

    /** What others protect serves on, is checked, and a further resource is created, moved and deleted meanwhile. */
    @AfterEach
    void theOthersDoNotNotice() {
        if (client == null) {
            return;
        }
        try {
            checkedBy(a(), "1.0.0");
            App app = App.write(lab(), "bystander");
            app.protect(a(), List.of(b()));
            a().mainstay("resource", "in-service", "bystander", "--on", "B");
            expect("bystander", b(), a());
            retire(app);
            noOutage(client);
            assertThat(processes(a())).isEqualTo(process);
            assertThat(a().managerProcesses()).as("the manager").isEqualTo(manager);
        } finally {
            end();
        }
    }

    private Exec.Result install(String type, String imports) {
        return try_(a(), "kit", "install", kits.bad(type, imports).toString());
    }

    @Test
    void aKitThatDoesNotResolveIsTakenBack() {
        Exec.Result refused = install("unresolved", ",com.example.absent");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("does not work and was taken back", "com.example.absent");
        assertThat(a().mainstay("kit", "list", "--all-servers")).doesNotContain("unresolved");
        String jar = kits.bad("deployed", ",com.example.absent").toString();
        a().machine().run("cp", jar, a().home() + "/deploy/deployed.jar").orThrow();
        Await.until(
                "the kit of the folder is shown with what it lacks",
                LIMIT,
                () -> try_(a(), "kit", "list", "--all-servers")
                        .output()
                        .contains("stranger.deployed on A: its bundle does not resolve"),
                a()::logs);
        a().machine().run("rm", a().home() + "/deploy/deployed.jar").orThrow();
        Await.until(
                "the kit of the folder is gone",
                LIMIT,
                () -> !try_(a(), "kit", "list", "--all-servers").output().contains("deployed"),
                a()::logs);
    }

    @Test
    void anUpgradeThatDoesNotWorkPutsTheOldVersionBack() {
        String next = kits.echoThatLacks("1.9.0", "com.example.absent").toString();
        Exec.Result refused = try_(a(), "kit", "upgrade", next, "--all-servers");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output())
                .contains("com.example.absent", "version 1.0.0 is at work again", "nothing was changed");
        assertThat(a().mainstay("kit", "list", "--all-servers")).containsPattern(BUNDLE + " +net/echo +1.0.0 +1.0.0");
    }

    @Test
    void aVersionThatCannotReadItsPropertiesDoesNotCountAgainstTheResource() {
        a().mainstay("kit", "upgrade", kits.echoThatForgets("3.0.0").toString());
        Await.until(
                "it is said that the kit does not work",
                LIMIT,
                () -> a().logs().contains("cannot read the properties that its version 1.0.0 wrote"),
                a()::logs);
        assertThat(a().state(ECHO, "A")).isEqualTo("ISP");
        a().mainstay("kit", "upgrade", echo1.toString(), "--downgrade");
    }

    @Test
    void aKitWithoutADescriptorIsTakenBack() {
        Exec.Result refused = install("nameless", "");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.output()).contains("was taken back", "no descriptor");
        assertThat(a().mainstay("kit", "list")).doesNotContain("nameless");
    }

    @Test
    void aKitThatThrowsHurtsItsOwnResourceOnly() {
        assertThat(install("thrower", "").exitCode()).isZero();
        Exec.Result create = try_(a(), "resource", "create", "thrower", "--tag", "thrower");
        assertThat(create.exitCode()).isNotZero();
        assertThat(create.output()).contains("stranger/Absent");
        a().mainstay("kit", "remove", "stranger.thrower");
    }

    @Test
    void aKitThatLeaksThreadsHoldsNobodyUp() {
        assertThat(install("leaker", "").exitCode()).isZero();
        a().mainstay("resource", "create", "leaker", "--tag", "leaker");
        assertThat(a().state("leaker", "A")).isEqualTo("ISP");
        checkedBy(a(), "1.0.0");
        a().mainstay("resource", "delete", "leaker", "--stop");
        a().mainstay("kit", "remove", "stranger.leaker");
    }

    @Test
    void aKitThatNeverReturnsIsGivenUp() {
        assertThat(install("hanger", "").exitCode()).isZero();
        Exec.Result create = try_(a(), "resource", "create", "hanger", "--tag", "hanger");
        assertThat(create.exitCode()).isNotZero();
        assertThat(create.output()).contains("time limit");
        a().mainstay("kit", "remove", "stranger.hanger");
    }

    /**
     * Good until its resource is in service on A and extended to B, bad in restore, remove, recover, checks, probe and kill handles from
     * then on: the recorded kill handles end the process, nobody starts it while nobody can say that it is stopped, and the operator
     * is told why. A good kit again makes all of it right.
     */
    @ParameterizedTest
    @CsvSource({"latethrower, bad in everything, 7021", "latehanger, time limit, 7022"})
    void aKitThatGetsBadWhileItProtectsHurtsItsOwnResourceOnly(String type, String reason, int port)
            throws IOException {
        a().mainstay("kit", "install", kits.bad(type, "").toString(), "--all-servers");
        Path folder = program(type);
        a().mainstay("resource", "create", type, "--tag", type, "--set", "port=" + port, "--set", "folder=" + folder);
        a().mainstay("resource", "extend", type, "--to", "B");
        expect(type, a(), b());
        assertThat(processes(a(), type)).hasSize(1);

        Path bad = Files.writeString(folder.resolve("bad"), "");
        Await.until(
                "the kill handles have ended it",
                LIMIT,
                () -> processes(a(), type).isEmpty() && a().logs().contains(type + " was ended without its kit on A"),
                a()::logs);
        a().await(type, "A", "OSF", LIMIT);
        for (String order : List.of("out-of-service", "in-service")) {
            Exec.Result asked = try_(a(), "resource", order, type);
            assertThat(asked.exitCode()).as(asked.output()).isNotZero();
            assertThat(asked.output()).contains(reason);
        }
        checkedBy(a(), "1.0.0");
        assertThat(processes(a(), type)).isEmpty();
        assertThat(processes(b(), type)).as("who knows whether it runs on A").isEmpty();

        Files.delete(bad);
        Await.until(
                "it can be taken out of service again",
                LIMIT,
                () -> try_(a(), "resource", "out-of-service", type).exitCode() == 0,
                a()::logs);
        a().mainstay("resource", "in-service", type, "--on", "B");
        expect(type, b(), a());
        assertThat(processes(b(), type)).hasSize(1);
        a().mainstay("resource", "delete", type, "--stop");
        a().mainstay("kit", "remove", "stranger." + type, "--all-servers");
    }
}

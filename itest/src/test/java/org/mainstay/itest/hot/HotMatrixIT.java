package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mainstay.itest.container.Jars;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/**
 * Every change of a kit and of the platform at every moment of an action that {@link HotKitIT} does not have, see
 * docs/hot-deployment.md: the action ends right in the end, and another resource of the same kit, on a volume, is not
 * interrupted (I4, I8).
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HotMatrixIT extends HotCase {
    private static final String STEADY = "steady";
    private static final int STEADY_PORT = 7001;
    private static final String VOLUME = "data";
    private static final String MOUNT = "/srv/steady";

    private static final String OLDER = "0.9.0";
    private static final String CHANGED = "2.0.0";

    /** What an action is at when the change comes; held there by a file. */
    enum Moment {
        RESTORE,
        REMOVE,
        CHECK,
        FAILOVER;

        String action() {
            return this == FAILOVER ? RESTORE.action() : name().toLowerCase(Locale.ROOT);
        }
    }

    /** What is replaced. */
    enum Change {
        KIT_WITH_CHANGED_PROPERTIES,
        KIT_DOWNGRADE,
        KIT_REINSTALL,
        CORE,
        COMM;

        boolean ofTheKit() {
            return this != CORE && this != COMM;
        }
    }

    private Path older;
    private Path changed;

    @Override
    protected void formed() {
        super.formed();
        older = kits.echo(OLDER, "port");
        changed = kits.echo(CHANGED, "listen");
        Path image = lab().directory().resolve("steady.img");
        Exec.run("truncate", "-s", "64M", image.toString()).orThrow();
        Exec.run("mkfs.ext4", "-q", image.toString()).orThrow();
        a().mainstay(
                        "resource",
                        "create",
                        "volume",
                        "--tag",
                        VOLUME,
                        "--set",
                        "device=" + image,
                        "--set",
                        "mount=" + MOUNT);
        Path folder = program(STEADY);
        a().mainstay(
                        "resource",
                        "create",
                        ECHO,
                        "--tag",
                        STEADY,
                        "--set",
                        "port=" + STEADY_PORT,
                        "--set",
                        "folder=" + folder);
        a().mainstay("dependency", "create", STEADY, VOLUME);
        a().mainstay("resource", "extend", STEADY, "--to", "B");
        expect(STEADY, a(), b());
        expect(VOLUME, a(), b());
    }

    @AfterEach
    void noClient() {
        end();
    }

    static List<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (Moment moment : Moment.values()) {
            for (Change change : Change.values()) {
                boolean elsewhere = change == Change.CORE && moment == Moment.RESTORE
                        || change == Change.COMM && moment == Moment.FAILOVER;
                if (!elsewhere) {
                    cases.add(Arguments.of(change, moment));
                }
            }
        }
        return cases;
    }

    @ParameterizedTest(name = "{0} during {1}")
    @MethodSource("cases")
    @Order(1)
    void theActionEndsRightAndNothingElseIsInterrupted(Change change, Moment moment) {
        Set<Long> steady = processes(a(), STEADY);
        CountingClient client = count(change + "-" + moment, STEADY_PORT);
        switch (moment) {
            case RESTORE -> duringRestore(change);
            case REMOVE -> duringRemove(change);
            case CHECK -> duringCheck(change);
            case FAILOVER -> duringFailover(change);
        }
        meet();
        noOutage(client);
        assertThat(processes(a(), STEADY)).isEqualTo(steady);
        expect(STEADY, a(), b());
        if (change.ofTheKit()) {
            firstVersion();
        }
    }

    private void duringRestore(Change change) {
        a().mainstay("resource", "out-of-service", ECHO);
        hold("restore", a());
        long before = asked(a(), "restore", "1.0.0");
        CompletableFuture<Exec.Result> restore = later(a(), "resource", "in-service", ECHO);
        awaitAsked(a(), "restore", "1.0.0", before);
        make(change, Moment.RESTORE, a());
        let("restore", a());
        expect(ECHO, a(), b());
        endsWell(change, restore);
        assertThat(processes(a())).hasSize(1);
        assertThat(processes(b())).isEmpty();
    }

    private void duringRemove(Change change) {
        hold("remove", a());
        long before = asked(a(), "remove", "1.0.0");
        CompletableFuture<Exec.Result> remove = later(a(), "resource", "out-of-service", ECHO);
        awaitAsked(a(), "remove", "1.0.0", before);
        make(change, Moment.REMOVE, a());
        let("remove", a());
        a().await(ECHO, "A", "OSU", LIMIT);
        endsWell(change, remove);
        assertThat(processes(a())).isEmpty();
        assertThat(processes(b())).isEmpty();
        meet();
        a().mainstay("resource", "in-service", ECHO, "--on", "A");
        expect(ECHO, a(), b());
    }

    private void duringCheck(Change change) {
        Set<Long> process = processes(a());
        hold("check", a());
        checkedBy(a(), "1.0.0");
        make(change, Moment.CHECK, a());
        let("check", a());
        checkedBy(a(), version(change));
        expect(ECHO, a(), b());
        assertThat(processes(a())).as("a check that was cut short says nothing").isEqualTo(process);
    }

    private void duringFailover(Change change) {
        a().mainstay("resource", "set", ECHO, "localRecovery=no");
        hold("restore", b());
        long before = asked(b(), "restore", "1.0.0");
        processes(a()).forEach(pid -> Exec.run("kill", "-9", pid.toString()).orThrow());
        awaitAsked(b(), "restore", "1.0.0", before);
        make(change, Moment.FAILOVER, b());
        let("restore", b());
        expect(ECHO, b(), a());
        assertThat(processes(b())).hasSize(1);
        assertThat(processes(a())).isEmpty();
        meet();
        a().mainstay("resource", "set", ECHO, "localRecovery=yes");
        a().mainstay("resource", "in-service", ECHO, "--on", "A");
        expect(ECHO, a(), b());
    }

    /** Who asked through the core that went away may be told nothing; every other one is told of the success. */
    private static void endsWell(Change change, CompletableFuture<Exec.Result> command) {
        Exec.Result result = command.join();
        if (change.ofTheKit()) {
            assertThat(result.exitCode()).as(result.output()).isZero();
        }
    }

    private static String version(Change change) {
        return switch (change) {
            case KIT_WITH_CHANGED_PROPERTIES -> CHANGED;
            case KIT_DOWNGRADE -> OLDER;
            case KIT_REINSTALL, CORE, COMM -> "1.0.0";
        };
    }

    private void make(Change change, Moment moment, Server where) {
        long before = asked(where, moment.action(), version(change));
        switch (change) {
            case KIT_WITH_CHANGED_PROPERTIES -> where.mainstay("kit", "upgrade", changed.toString());
            case KIT_DOWNGRADE -> where.mainstay("kit", "upgrade", older.toString(), "--downgrade");
            case KIT_REINSTALL -> {
                where.mainstay("kit", "remove", BUNDLE, "--force");
                assertThat(where.mainstay("kit", "list")).containsPattern("echo +net +missing +not installed here");
                where.mainstay("kit", "install", echo1.toString());
            }
            case CORE -> update(where, "org.mainstay.core", "core.bundle");
            case COMM -> update(where, "org.mainstay.comm", "comm.bundle");
        }
        if (change.ofTheKit()) {
            awaitAsked(where, moment.action(), version(change), before);
        }
    }

    /** Mounted by one version, watched by the next, taken off by it for the move to the other server, whose kit is newer too. */
    @Test
    @Order(2)
    void theVolumeKitIsUpgradedWhileItsVolumeIsMounted() {
        Set<Long> steady = processes(a(), STEADY);
        CountingClient client = count("volume", STEADY_PORT);
        String mounted = mountOf(a());
        assertThat(mounted).isNotEmpty();
        write(a(), "before");
        for (Server server : List.of(b(), a())) {
            Path next = lab().directory().resolve("mirror-next-" + server.name() + ".jar");
            Path copy = lab().directory().resolve("mirror-" + server.name() + ".jar");
            server.machine()
                    .run("cp", jar(server, "mirror.bundle"), copy.toString())
                    .orThrow();
            try {
                Jars.reversion(copy, next, "9.9.9");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.mainstay("karaf", "bundle:update org.mainstay.mirror file:" + next);
            assertThat(server.mainstay("karaf", "bundle:list -t 0 -s")).containsPattern("Active.*9\\.9\\.9.*mirror");
        }
        meet();
        write(a(), "after");
        noOutage(client);
        assertThat(mountOf(a())).as("the mount is the same").isEqualTo(mounted);
        assertThat(processes(a(), STEADY)).isEqualTo(steady);
        end();

        a().mainstay("resource", "in-service", STEADY, "--on", "B");
        expect(STEADY, b(), a());
        expect(VOLUME, b(), a());
        assertThat(mountOf(a())).isEmpty();
        assertThat(b().machine().run("cat", MOUNT + "/before", MOUNT + "/after").orThrow())
                .isEqualTo("before\nafter\n");
        a().mainstay("resource", "in-service", STEADY, "--on", "A");
        expect(VOLUME, a(), b());
    }

    private static void write(Server server, String word) {
        server.machine()
                .run("sh", "-c", "echo \"$1\" > \"$2/$1\" && sync \"$2/$1\"", "sh", word, MOUNT)
                .orThrow();
    }

    /** Returns the kernel's line of the mount, which has a number of its own for every mount; empty if there is none. */
    private static String mountOf(Server server) {
        return server.machine()
                .run("sh", "-c", "grep ' " + MOUNT + " ' /proc/self/mountinfo || true")
                .orThrow()
                .strip();
    }
}

package org.mainstay.shell.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.DatabaseSetup;
import org.mainstay.cluster.NodeSetup;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.testing.SocketHome;

/** {@code node init} and {@code node join} make identity and database, or nothing. */
class NodeMakerTest {
    @TempDir
    Path home;

    private IOException joinFailure;
    private IOException databaseFailure;
    private Membership stored;
    private boolean rewritten;

    private final Interruption interruption = new Interruption();

    private NodeMaker maker() {
        return new NodeMaker(home, new FakeNodes(), new FakeDatabase(), interruption);
    }

    private static void assertFails(ThrowingCallable call, int exitCode, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(CommandException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(exitCode);
            assertThat(e).hasMessageContaining(text);
        });
    }

    @Test
    void initMakesIdentityAndDatabase() throws Exception {
        assertThat(maker().init("A", "127.0.0.1", 1500)).endsWith("lkstart");
        assertThat(stored.members()).extracting(Member::name).containsExactly("A");
        assertThat(home.resolve("data/identity/key")).exists();
    }

    /** 192.0.2.0/24 is for documentation: no machine has such an address. */
    @Test
    void whoGivesAnAddressThatIsNotHereIsWarned() throws Exception {
        assertThat(maker().init("A", "192.0.2.7", 1500))
                .startsWith("A is the first server")
                .contains("warning: no interface of this server has the address 192.0.2.7");
    }

    @Test
    void aNodeIsNotMadeTwice() throws Exception {
        maker().init("A", "10.77.1.1", 1500);
        assertFails(() -> maker().init("A", "10.77.1.1", 1500), 4, "node of a cluster already");
        assertFails(() -> maker().join("A", "10.77.1.1", 1500, "10.77.1.2", "12345678"), 4, "already");
    }

    @Test
    void nothingIsLeftWhenTheDatabaseCannotBeMade() {
        databaseFailure = new IOException("No space left on device");
        assertFails(() -> maker().init("A", "10.77.1.1", 1500), 1, "No space left");
        assertThat(home.resolve("data/identity")).doesNotExist();
    }

    @Test
    void aJoinWhoseDatabaseFailsSaysHowToTryAgain() {
        databaseFailure = new IOException("No space left on device");
        assertFails(() -> maker().join("B", "10.77.1.2", 1500, "10.77.1.1", "12345678"), 1, "node remove --force B");
    }

    @Test
    void whoIsNotRootIsToldSo() {
        joinFailure = new AccessDeniedException("data/identity");
        assertFails(
                () -> maker().join("B", "10.77.1.2", 1500, "10.77.1.1", "12345678"),
                1,
                "permission denied: only root may set up a server (data/identity)");
    }

    @Test
    void anUnreachablePeerIsExitCodeNine() {
        joinFailure = new ConnectException("10.77.1.1:1500 refuses the connection");
        assertFails(() -> maker().join("B", "10.77.1.2", 1500, "10.77.1.1", "12345678"), 9, "refuses");
    }

    @Test
    void anUnreachablePeerIsExitCodeNineAlsoInOtherWords() {
        joinFailure = new IOException("no answer from 10.77.1.1 port 1500", new ConnectException("refused"));
        assertFails(() -> maker().join("B", "10.77.1.2", 1500, "10.77.1.1", "12345678"), 9, "no answer");
    }

    @Test
    void aRefusedCodeIsExitCodeOne() {
        joinFailure = new IOException("the code is wrong or has expired");
        assertFails(() -> maker().join("B", "10.77.1.2", 1500, "10.77.1.1", "12345678"), 1, "the code is wrong");
    }

    @Test
    void aRunningMainstayIsNotTouched() throws Exception {
        try (SocketHome running = new SocketHome(home).open(Limits.DEFAULT)) {
            assertThat(running.exists()).isTrue();
            assertFails(() -> maker().init("A", "10.77.1.1", 1500), 8, "lkstop");
        }
        assertThat(home.resolve("data/identity")).doesNotExist();
    }

    // covers CMD-352 CMD-356
    @Test
    void valuesAreReplacedOnlyWhileMainstayIsStoppedAndNobodyInterrupted() throws Exception {
        assertThat(maker().rewrite((field, text) -> text, true)).containsExactly("tried");
        try (SocketHome running = new SocketHome(home).open(Limits.DEFAULT)) {
            assertThat(running.exists()).isTrue();
            assertFails(() -> maker().rewrite((field, text) -> text, true), 3, "lkstop");
            assertFails(() -> maker().rewrite((field, text) -> text, false), 3, "lkstop");
        }
        assertThat(interruption.interrupt()).hasValue(1);
        assertThatThrownBy(() -> maker().rewrite((field, text) -> text, false))
                .isInstanceOf(InterruptedIOException.class);
        assertThat(rewritten).isFalse();
    }

    private final class FakeNodes implements NodeSetup {
        @Override
        public Membership init(Path data, String name, String address, int port) throws IOException {
            Files.createDirectories(data.resolve("identity"));
            Files.writeString(data.resolve("identity/key"), "secret");
            return new Membership(1, List.of(new Member(name, address, port, "aa")));
        }

        @Override
        public Membership join(Path data, String name, String address, int port, String peer, String code)
                throws IOException {
            if (joinFailure != null) {
                throw joinFailure;
            }
            return init(data, name, address, port);
        }
    }

    private final class FakeDatabase implements DatabaseSetup {
        @Override
        public void create(Path data, String server, Membership membership) throws IOException {
            if (databaseFailure != null) {
                throw databaseFailure;
            }
            Files.createDirectories(data.resolve("lcd"));
            Files.writeString(data.resolve("lcd/lcd.json"), "{}");
            stored = membership;
        }

        @Override
        public List<String> rewrite(Path data, TextChange change, boolean dryRun) {
            rewritten |= !dryRun;
            return List.of(dryRun ? "tried" : "done");
        }

        @Override
        public Lcd read(Path data) {
            return Lcd.empty("A", 1);
        }
    }
}

package org.mainstay.shell.internal.command.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.DatabaseSetup.TextChange;
import org.mainstay.shell.internal.registry.Cancellation;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.CommandRegistry;
import org.mainstay.shell.internal.registry.Platform;
import org.mainstay.shell.internal.registry.Platform.OfflineSetup;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.testing.Captured;

/** Options and exit codes of lk_chg_value while Mainstay is stopped. */
class LkChgValueTest {
    /** Field and text. */
    private static final List<List<String>> DATABASE = List.of(
            List.of("tag", "web"),
            List.of("id", "/srv/web on 10.0.0.1"),
            List.of("id", "vip"),
            List.of("tag", "vip"),
            List.of("info", "web and web2, 10.0.0.1 and 10.0.0.10, vip"));

    @TempDir
    Path folder;

    private final List<String> stored = new ArrayList<>();
    private Map<String, String> environment = Map.of("LKROOT", "/opt/LifeKeeper");
    private String user = "root";
    private Exception failure;
    private Captured captured;

    private int run(String... words) throws InterruptedException {
        captured = Captured.administrator();
        stored.clear();
        CommandContext context = new CommandContext(
                captured.context().out(),
                captured.context().err(),
                InputStream.nullInputStream(),
                folder,
                Terminal.NONE,
                new Caller(user, Caller.Role.ADMINISTRATOR, "offline"),
                new Cancellation(),
                false);
        CommandRegistry registry =
                new CommandRegistry(Map.of("lk_chg_value", () -> new LkChgValue(environment)), Map.of());
        return registry.run(new CommandCall("lk_chg_value", List.of(words)), context, stopped());
    }

    /** What a stopped server has. */
    private Platform stopped() {
        return (Platform) Proxy.newProxyInstance(
                Platform.class.getClassLoader(),
                new Class<?>[] {Platform.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "running" -> false;
                    case "setup" -> new Stored();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    // covers CMD-354 CMD-355
    @Test
    void everythingIsReplacedInWholeWords() throws Exception {
        assertThat(run("-o", "10.0.0.1", "-n", "10.0.0.9")).isZero();
        assertThat(stored)
                .containsExactly(
                        "web", "/srv/web on 10.0.0.9", "vip", "vip", "web and web2, 10.0.0.9 and 10.0.0.10, vip");
        assertThat(captured.out()).isEmpty();
        assertThat(run("-v", "-o", "10.0.0.1", "-n", "10.0.0.9")).isZero();
        assertThat(captured.out()).contains("id: /srv/web on 10.0.0.1 -> /srv/web on 10.0.0.9");
        assertThat(run("-M", "-o", "10.0.0.1", "-n", "10.0.0.9")).isZero();
        assertThat(captured.out()).contains("id: /srv/web on 10.0.0.1 -> /srv/web on 10.0.0.9");
        assertThat(stored).as("-M").isEmpty();
    }

    // covers CMD-354
    @Test
    void tagsStayWithT() throws Exception {
        assertThat(run("-T", "-o", "web", "-n", "site")).isZero();
        assertThat(stored)
                .containsExactly(
                        "web", "/srv/site on 10.0.0.1", "vip", "vip", "site and web2, 10.0.0.1 and 10.0.0.10, vip");
        assertThat(run("-o", "web", "-n", "site")).isZero();
        assertThat(stored).first().isEqualTo("site");
    }

    // covers CMD-354 CMD-356
    @Test
    void aWholeIdIsReplacedWithFAndStaysWithI() throws Exception {
        assertThat(run("-o", "vip", "-n", "address")).isEqualTo(5);
        assertThat(captured.err()).contains("-I", "-F");
        assertThat(stored).isEmpty();
        assertThat(run("-I", "-o", "vip", "-n", "address")).isZero();
        assertThat(stored)
                .containsExactly(
                        "web",
                        "/srv/web on 10.0.0.1",
                        "vip",
                        "address",
                        "web and web2, 10.0.0.1 and 10.0.0.10, address");
        assertThat(run("-F", "-o", "vip", "-n", "address")).isZero();
        assertThat(stored).containsSubsequence("address", "address");
        assertThat(run("-I", "-o", "/srv/web on 10.0.0.1", "-n", "x"))
                .as("only ids match, and they stay")
                .isEqualTo(7);
        assertThat(run("-I", "-T", "-o", "10.0.0.1", "-n", "10.0.0.9")).isZero();
        assertThat(stored)
                .containsExactly(
                        "web", "/srv/web on 10.0.0.1", "vip", "vip", "web and web2, 10.0.0.9 and 10.0.0.10, vip");
    }

    // covers CMD-353
    @Test
    void aFileMayNameValuesThatTakeEachOthersPlaces() throws Exception {
        Files.writeString(folder.resolve("subs"), "web=vip\n\nvip=web\n");
        assertThat(run("-Fvf", "subs")).isZero();
        assertThat(stored)
                .containsExactly(
                        "vip", "/srv/vip on 10.0.0.1", "web", "web", "vip and web2, 10.0.0.1 and 10.0.0.10, web");
        Files.writeString(folder.resolve("subs"), "no pair\n");
        assertThat(run("-f", "subs")).isEqualTo(2);
    }

    // covers CMD-352 CMD-356
    @Test
    void refusalsHaveTheirOwnCodesAndChangeNothing() throws Exception {
        assertThat(run("-o", "nosuch", "-n", "x")).isEqualTo(7);
        assertThat(run("-o", "web")).isEqualTo(2);
        assertThat(run("-o", "web", "-n", "")).isEqualTo(2);
        failure = new IllegalArgumentException("the name of 'A', a member of the cluster, cannot be replaced here");
        assertThat(run("-o", "web", "-n", "x")).as("a server's name is no id").isEqualTo(2);
        assertThat(captured.err()).contains("'A', a member");
        failure = new IOException("No space left on device");
        assertThat(run("-o", "web", "-n", "x")).isEqualTo(1);
        assertThat(captured.err()).contains("nothing was changed: No space left on device");
        failure = new CommandException(3, "Mainstay runs on this server");
        assertThat(run("-o", "web", "-n", "x")).isEqualTo(3);
        failure = null;
        environment = Map.of();
        assertThat(run("-o", "web", "-n", "x")).isEqualTo(6);
        user = "somebody";
        assertThat(run("-o", "web", "-n", "x")).isEqualTo(4);
        assertThat(stored).isEmpty();
    }

    /** A database of texts. */
    private final class Stored implements OfflineSetup {
        @Override
        public String init(String name, String address, int port) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String join(String name, String address, int port, String peer, String code) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> rewrite(TextChange change, boolean dryRun) throws IOException, CommandException {
            List<String> changes = new ArrayList<>();
            List<String> after = new ArrayList<>();
            for (List<String> row : DATABASE) {
                String text = change.change(row.get(0), row.get(1));
                after.add(text);
                if (!text.equals(row.get(1))) {
                    changes.add(row.get(0) + ": " + row.get(1) + " -> " + text);
                }
            }
            fail();
            if (!dryRun) {
                stored.addAll(after);
            }
            return changes;
        }

        private void fail() throws IOException, CommandException {
            if (failure instanceof IOException io) {
                throw io;
            }
            if (failure instanceof CommandException refused) {
                throw refused;
            }
            if (failure instanceof RuntimeException wrong) {
                throw wrong;
            }
        }
    }
}

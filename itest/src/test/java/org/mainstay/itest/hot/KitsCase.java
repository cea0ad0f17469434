package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.mainstay.itest.container.Jars;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;

/** Two servers where kits of the distribution are replaced by copies of themselves with other versions, while clients look on. */
abstract class KitsCase extends FaultCase {
    private final List<AutoCloseable> clients = new ArrayList<>();

    @AfterEach
    void noClients() throws Exception {
        for (AutoCloseable client : clients) {
            client.close();
        }
        clients.clear();
    }

    /** Ends a client with the test. */
    <T extends AutoCloseable> T keep(T client) {
        clients.add(client);
        return client;
    }

    /** Creates a resource on A. */
    void create(String type, String tag, List<String> settings) {
        List<String> words = new ArrayList<>(List.of("resource", "create", type, "--tag", tag));
        settings.forEach(setting -> words.addAll(List.of("--set", setting)));
        a().mainstay(words.toArray(String[]::new));
    }

    /** Makes a copy of a kit of the distribution with another version. */
    Path version(String kit, String version) {
        Path copy = lab().directory().resolve(kit + ".jar");
        Path next = lab().directory().resolve(kit + "-" + version + ".jar");
        a().machine().run("cp", HotCase.jar(a(), "kit." + kit), copy.toString()).orThrow();
        try {
            Jars.reversion(copy, next, version);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return next;
    }

    void awaitVersion(String kit, String version) {
        String pattern =
                "(?ms).*^(org\\.mainstay\\.kit\\.)?" + kit + " +\\S+( \\S+)* +" + version + " +" + version + "$.*";
        Await.until(
                "kit " + kit + " has version " + version + " on both servers",
                LIMIT,
                () -> list().matches(pattern),
                () -> list() + a().logs());
    }

    String list() {
        return a().bin("mainstay", "kit", "list", "--all-servers").output();
    }

    /** Each resource passes a check by the kit as it is now, at once. */
    void checked(Collection<String> tags) {
        for (String tag : tags) {
            checked(tag, "quickCheck");
        }
    }

    void checked(String tag, String check) {
        Exec.Result result = a().bin("perform_action", "-t", tag, "-a", check);
        assertThat(result.exitCode())
                .as(check + " of " + tag + ": " + result.output())
                .isZero();
    }
}

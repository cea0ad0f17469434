package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.GuardNews;

/** The link and a real guard: who is killed comes back. */
class GuardLinkIT {
    @TempDir
    Path home;

    private GuardLink link;

    @AfterEach
    void end() {
        if (link != null) {
            link.close();
        }
        guard().ifPresent(ProcessHandle::destroyForcibly);
    }

    private java.util.Optional<ProcessHandle> guard() {
        return new GuardStarter(home).running();
    }

    @Test
    void aKilledGuardIsBackInWellUnderASecondAndHoldsWhatItHeld() throws Exception {
        Path classes = Path.of("../guard/target/classes").toAbsolutePath().normalize();
        assumeThat(classes).as("needs the compiled guard").isDirectory();
        Files.createDirectories(home.resolve("data/log"));
        new ProcessBuilder(
                        "java",
                        "-Xmx32m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classes.toString(),
                        "org.mainstay.guard.GuardMain",
                        "--no-manager")
                .directory(home.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("data/log/out").toFile())
                .start();
        link = new GuardLink(home);
        List<GuardNews> news = new CopyOnWriteArrayList<>();
        link.listen(news::add);
        link.report(new GuardControl.ManagerReport("A", 1, 1, 0, 0, 0));
        String area = home.resolve("area").toString();
        assertThat(ask("initialise", area).done()).isTrue();
        assertThat(ask("claim", area).done()).isTrue();
        ProcessHandle first = guard().orElseThrow();
        long killed = System.nanoTime();
        first.destroyForcibly();
        GuardAwait.until(
                "linked to another guard",
                30_000,
                () -> news.size() >= 3
                        && news.get(news.size() - 1).equals(new GuardNews.Link(true))
                        && guard().filter(now -> now.pid() != first.pid()).isPresent());
        // alone on a machine it takes 300 ms; the bound leaves room for one that builds at the same time
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed)).isLessThan(20_000);
        assertThat(ask("check", area).message()).contains("held by this server");
    }

    private GuardControl.HandleResult ask(String verb, String area) throws Exception {
        return link.reservation(verb, area, false).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}

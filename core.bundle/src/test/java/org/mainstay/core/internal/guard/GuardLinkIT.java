package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
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
        Path classes = compiledGuard();
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
                () -> news.stream().filter(GuardNews.Link.class::isInstance).count() >= 3
                        && lastLink(news)
                        && guard().filter(now -> now.pid() != first.pid()).isPresent());
        // alone on a machine it takes 300 ms; the bound leaves room for one that builds at the same time
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed)).isLessThan(20_000);
        assertThat(ask("check", area).message()).contains("held by this server");
    }

    private static boolean lastLink(List<GuardNews> news) {
        return news.stream()
                .filter(GuardNews.Link.class::isInstance)
                .reduce((earlier, later) -> later)
                .filter(new GuardNews.Link(true)::equals)
                .isPresent();
    }

    /** The guard is compiled from this source tree: its module may be built after this one, or at the same time. */
    private Path compiledGuard() throws IOException {
        Path classes = Files.createDirectories(home.resolve("classes"));
        Path sources = Path.of("../guard/src/main/java").toAbsolutePath().normalize();
        List<String> arguments = new ArrayList<>(List.of("-nowarn", "-d", classes.toString()));
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = ToolProvider.getSystemJavaCompiler().run(null, said, said, arguments.toArray(String[]::new));
        assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
        return classes;
    }

    private GuardControl.HandleResult ask(String verb, String area) throws Exception {
        return link.reservation(verb, area, false).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
}

package org.mainstay.guard;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.control.Link;
import org.mainstay.guard.supervise.ProcessIdentity;
import org.mainstay.guard.util.Await;

/** A guard as it runs in an installation: a process of its own in a folder of its own. */
final class GuardProcess implements AutoCloseable {
    static final List<String> JAVA = List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "-Xms8m",
            "-Xmx32m",
            "-Xss256k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            Path.of("target/classes").toAbsolutePath().toString(),
            "org.mainstay.guard.GuardMain");

    final Path home;
    private final Process process;

    /** @param prepare shell commands that run first, in the guard's own mount namespace; empty: no namespace */
    GuardProcess(Path home, String prepare, String... arguments) throws IOException {
        this.home = home;
        Files.createDirectories(home.resolve("etc"));
        if (!Files.exists(home.resolve("etc/guard.conf"))) {
            Files.writeString(home.resolve("etc/guard.conf"), "manager.command=sleep 100000\n");
        }
        List<String> command = new ArrayList<>();
        if (!prepare.isEmpty()) {
            command.addAll(List.of(
                    "unshare", "-m", "--propagation", "private", "sh", "-ec", prepare + "\nexec \"$@\"", "guard"));
        }
        command.addAll(JAVA);
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectOutput(home.resolve("out.txt").toFile())
                .redirectErrorStream(true)
                .start();
    }

    GuardProcess awaitReady() throws Exception {
        Await.until("the guard is ready", 20_000, () -> {
            if (!process.isAlive()) {
                throw new AssertionError("the guard ended: " + Files.readString(home.resolve("out.txt")));
            }
            return ProcessIdentity.read(home.resolve("data/run/guard.pid"))
                            .filter(identity -> identity.pid() == process.pid())
                            .isPresent()
                    && Files.exists(socket())
                    && !Link.command(socket(), "status").isEmpty();
        });
        return this;
    }

    Path socket() {
        return home.resolve("data/run/guard.sock");
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    int exitCode() throws InterruptedException {
        process.waitFor(20, TimeUnit.SECONDS);
        return process.exitValue();
    }

    long managerPid() {
        return ProcessIdentity.read(home.resolve("data/run/karaf.pid"))
                .map(ProcessIdentity::pid)
                .orElse(0L);
    }

    Link manager() throws Exception {
        Link link = new Link(socket());
        link.send("manager 1 " + ProcessHandle.current().pid());
        Await.until("welcome", 30_000, () -> !link.lines.isEmpty());
        return link;
    }

    void killNow() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws InterruptedException {
        killNow();
        long manager = managerPid();
        if (manager != 0 && manager != ProcessHandle.current().pid()) {
            ProcessHandle.of(manager).ifPresent(ProcessHandle::destroyForcibly);
        }
    }
}

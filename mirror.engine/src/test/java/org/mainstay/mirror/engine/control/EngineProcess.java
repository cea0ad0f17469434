package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/** An engine as a process of its own, as the guard starts it, and its control socket. */
final class EngineProcess implements AutoCloseable {
    private final String name;
    private final Path folder;
    private final int port;
    private Process process;

    /** Starts it; {@link #awaitAnswers} follows. */
    EngineProcess(Path folder, String name) throws IOException {
        this.name = name;
        this.folder = Files.createDirectories(folder.resolve(name));
        this.port = freePort();
        launch();
    }

    /** One nobody listens on, and which the kernel gives to no client while the engine is down for a moment. */
    private static int freePort() {
        while (true) {
            int candidate = ThreadLocalRandom.current().nextInt(10_000, 32_000);
            try (ServerSocket probe = new ServerSocket()) {
                probe.bind(new InetSocketAddress("127.0.0.1", candidate));
                return candidate;
            } catch (IOException e) {
                // Taken: another one is tried.
                continue;
            }
        }
    }

    /** Starts it, and returns when it answers. */
    void start() throws IOException {
        launch();
        awaitAnswers();
    }

    private void launch() throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms32m",
                        "-Xmx512m",
                        "-Xss512k",
                        "-XX:+UseSerialGC",
                        "-XX:MaxDirectMemorySize=1344m",
                        "-Dmainstay.mirror.native=" + System.getProperty("mainstay.mirror.native"),
                        "-cp",
                        Path.of("target/classes").toAbsolutePath().toString(),
                        "org.mainstay.mirror.engine.MirrorEngineMain",
                        "run",
                        folder.toString(),
                        name,
                        address())
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    void awaitAnswers() {
        EnginePair.until(this::answers);
    }

    private boolean answers() {
        assertThat(process.isAlive())
                .as("the engine of %s lives: %s", name, log())
                .isTrue();
        try {
            return ask("status").startsWith("0 ");
        } catch (IOException e) {
            return false;
        }
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** It does nothing from here on until {@link #resume}; what is sent to it waits in the kernel. */
    void suspend() throws IOException, InterruptedException {
        signal("STOP");
        EnginePair.until(this::suspended);
    }

    void resume() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start();
        assertThat(kill.waitFor()).as("kill -%s of %s", signal, name).isZero();
    }

    /** All threads of it: they stop one after the other. */
    private boolean suspended() {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/task"))) {
            boolean all = true;
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("stat"));
                all &= stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
            }
            return all;
        } catch (IOException e) {
            // A thread ended meanwhile.
            return false;
        }
    }

    /** What the engine may go on with after its own restart is forgotten, as after a reboot of the machine. Only while it does not run. */
    void forgetRoles() throws IOException {
        try (DirectoryStream<Path> roles = Files.newDirectoryStream(folder, "*.role")) {
            for (Path role : roles) {
                Files.delete(role);
            }
        }
    }

    /** Sends a command. @return the exit code, a space, and the lines of the answer */
    private String ask(String command) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("control.sock")));
                Writer out = Channels.newWriter(channel, StandardCharsets.UTF_8);
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
            out.write(command + "\n");
            out.flush();
            StringBuilder text = new StringBuilder();
            String line = in.readLine();
            while (line != null && !line.startsWith("exit ")) {
                text.append(line.substring(2)).append('\n');
                line = in.readLine();
            }
            if (line == null) {
                throw new IOException("no end of the answer to: " + command);
            }
            return line.substring("exit ".length()) + " " + text;
        }
    }

    /** Sends a command that has to succeed. @return the lines of the answer */
    String control(String command) throws IOException {
        String answer = ask(command);
        assertThat(answer).as("%s at %s", command, name).startsWith("0 ");
        return answer.substring(2);
    }

    Path folder() {
        return folder;
    }

    Path socket() {
        return folder.resolve("nbd.sock");
    }

    Path image(String volume) {
        return folder.resolve(volume + ".img");
    }

    String name() {
        return name;
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            return "its log cannot be read: " + e.getMessage();
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}

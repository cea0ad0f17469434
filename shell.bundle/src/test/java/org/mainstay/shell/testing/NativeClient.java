package org.mainstay.shell.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The C client, compiled from its source, installed in the bin folder of a home. */
public final class NativeClient {
    private static final Path SOURCE = Path.of("../native/src/main/c/mainstay.c");
    private static final Path BINARY = Path.of("target/native-client/mainstay");
    private static final int LIMIT_SECONDS = 60;

    private final Path home;

    /** What a call of the client gave. */
    public record Result(int exit, String out, String err) {}

    /** Installs the client. Needs a C compiler. */
    public NativeClient(Path home) throws IOException, InterruptedException {
        this.home = home;
        compile();
        Files.createDirectories(home.resolve("bin"));
        Files.copy(BINARY, home.resolve("bin/mainstay"));
        for (String name : List.of("ins_list", "lkstart", "lkstop")) {
            Files.createSymbolicLink(home.resolve("bin").resolve(name), Path.of("mainstay"));
        }
    }

    private static synchronized void compile() throws IOException, InterruptedException {
        if (Files.exists(BINARY) && newest().compareTo(Files.getLastModifiedTime(BINARY)) < 0) {
            return;
        }
        Assumptions.assumeTrue(hasCompiler(), "a C compiler is needed for the tests of the client");
        Files.createDirectories(BINARY.getParent());
        Process process = new ProcessBuilder(
                        "gcc",
                        "-std=gnu11",
                        "-O2",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-D_GNU_SOURCE",
                        "-o",
                        BINARY.toString(),
                        SOURCE.toString())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("the client does not compile");
        }
    }

    private static java.nio.file.attribute.FileTime newest() throws IOException {
        try (java.util.stream.Stream<Path> files = Files.list(SOURCE.getParent())) {
            java.nio.file.attribute.FileTime newest = java.nio.file.attribute.FileTime.fromMillis(0);
            for (Path file : files.toList()) {
                java.nio.file.attribute.FileTime time = Files.getLastModifiedTime(file);
                newest = time.compareTo(newest) > 0 ? time : newest;
            }
            return newest;
        }
    }

    private static boolean hasCompiler() throws InterruptedException {
        try {
            return new ProcessBuilder("gcc", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    public Path home() {
        return home;
    }

    /** Starts a program of bin/ with more environment. */
    public Running start(Map<String, String> environment, String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin").resolve(program).toAbsolutePath().toString());
        command.addAll(Arrays.asList(arguments));
        return start(environment, command);
    }

    /** Starts any command line. */
    public Running start(Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("JAVA_HOME"));
        builder.environment().put("LANG", "C.UTF-8");
        builder.environment().putAll(environment);
        return new Running(builder.start());
    }

    /** Runs a program of bin/ to its end, without standard input. */
    public Result run(String program, String... arguments) throws IOException {
        Running running = start(Map.of(), program, arguments);
        running.process.getOutputStream().close();
        return running.result();
    }

    /** A client at work. */
    public static final class Running {
        private final Process process;
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final CompletableFuture<Void> outRead;
        private final CompletableFuture<String> err;

        Running(Process process) {
            this.process = process;
            this.outRead = CompletableFuture.runAsync(() -> copy(process.getInputStream()));
            this.err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
        }

        private void copy(InputStream stream) {
            byte[] bytes = new byte[8192];
            try {
                for (int got = stream.read(bytes); got >= 0; got = stream.read(bytes)) {
                    synchronized (out) {
                        out.write(bytes, 0, got);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String read(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Returns what has been printed so far. */
        public String soFar() {
            synchronized (out) {
                return out.toString(StandardCharsets.UTF_8);
            }
        }

        public Process process() {
            return process;
        }

        public OutputStream input() {
            return process.getOutputStream();
        }

        /** Sends Ctrl-C. */
        public void interrupt() throws IOException {
            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start();
        }

        /** Waits for the end. */
        public Result result() {
            try {
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("the client did not end; it printed: " + soFar());
                }
                outRead.join();
                return new Result(process.exitValue(), soFar(), err.join());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}

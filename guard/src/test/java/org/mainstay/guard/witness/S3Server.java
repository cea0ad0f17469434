package org.mainstay.guard.witness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The stand-in for S3, {@code s3server.py}: signatures are checked by AWS's own code, not by ours. */
final class S3Server implements AutoCloseable {
    private static final String PYTHON = "/usr/bin/python3";
    private final Process process;
    final int port;

    S3Server(Path folder) throws IOException {
        Path script = folder.resolve("s3server.py");
        try (InputStream in = S3Server.class.getResourceAsStream("/s3server.py")) {
            Files.write(script, in.readAllBytes());
        }
        process = new ProcessBuilder(PYTHON, script.toString())
                .redirectError(folder.resolve("s3server.txt").toFile())
                .start();
        String line =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)).readLine();
        if (line == null) {
            throw new IOException(Files.readString(folder.resolve("s3server.txt")));
        }
        port = Integer.parseInt(line);
    }

    /** Returns whether this machine has what it needs (Debian package python3-botocore). */
    static boolean possible() throws Exception {
        return Files.isExecutable(Path.of(PYTHON))
                && new ProcessBuilder(PYTHON, "-c", "import botocore").start().waitFor() == 0;
    }

    String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** Sets a fault, see the script. @return what it says */
    String control(String line) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(endpoint() + "/_control"))
                .POST(HttpRequest.BodyPublishers.ofString(line))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    @Override
    public void close() {
        process.destroy();
    }
}

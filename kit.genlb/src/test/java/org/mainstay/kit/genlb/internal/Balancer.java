package org.mainstay.kit.genlb.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Probes a port of this machine, as a load balancer does. */
final class Balancer {
    private final int port;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private String path = "";

    Balancer(int port) {
        this.port = port;
    }

    /** Sends HTTP requests from now on. */
    void http(String value) {
        path = value;
    }

    void start() {
        timer.scheduleWithFixedDelay(this::probe, 0, 100, TimeUnit.MILLISECONDS);
    }

    void stop() {
        timer.shutdownNow();
    }

    private void probe() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String text = path.isEmpty() ? "x" : "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            socket.setSoTimeout(5000);
            socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            // nobody listens there now: a balancer simply takes the server out
            return;
        }
    }
}

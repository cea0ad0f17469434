package org.mainstay.itest.demo;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.LabException;
import org.mainstay.itest.lab.Server;

/** Shows the state of the hierarchy on each server whenever it changes, as the servers themselves tell it. */
final class LiveState implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(500);
    private static final List<String> TAGS = List.of("pg", "vip", "data");

    private final List<Server> servers;
    private final Screen screen;
    private final Thread thread;
    private volatile boolean stopped;
    private String shown = "";

    LiveState(List<Server> servers, Screen screen) {
        this.servers = servers;
        this.screen = screen;
        this.thread = new Thread(this::watch, "live state");
        this.thread.setDaemon(true);
        this.thread.start();
    }

    private void watch() {
        while (!stopped) {
            try {
                String now = describe();
                if (!now.equals(shown)) {
                    shown = now;
                    screen.line("          " + now);
                }
            } catch (LabException e) {
                // a server that is being switched off cannot be asked; the next round asks again
                shown = "";
            }
            if (!stopped) {
                Await.pass(EVERY);
            }
        }
    }

    /** Each server speaks for itself: one that is off or has no Mainstay running is shown as such. */
    private String describe() {
        StringBuilder text = new StringBuilder();
        for (Server server : servers) {
            if (text.length() > 0) {
                text.append("   |   ");
            }
            text.append(server.name()).append(": ");
            Optional<JsonObject> status = server.machine().isOn() ? server.status() : Optional.empty();
            text.append(status.map(json -> states(json, server.name()))
                    .orElse(server.machine().isOn() ? "manager away" : "no power"));
        }
        return text.toString();
    }

    private static String states(JsonObject status, String server) {
        Map<String, String> states = new TreeMap<>();
        for (JsonElement element : status.getAsJsonArray("resources")) {
            JsonObject resource = element.getAsJsonObject();
            if (resource.get("server").getAsString().equals(server)) {
                states.put(
                        resource.get("tag").getAsString(), resource.get("state").getAsString());
            }
        }
        if (states.isEmpty()) {
            // only its guard answers
            return "manager away";
        }
        StringBuilder text = new StringBuilder();
        for (String tag : TAGS) {
            text.append(text.length() > 0 ? " " : "").append(tag).append(' ').append(states.getOrDefault(tag, "-"));
        }
        return text.toString();
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

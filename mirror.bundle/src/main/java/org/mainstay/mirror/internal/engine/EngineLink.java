package org.mainstay.mirror.internal.engine;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks with the engine (PROTOCOL.md, Control); a connection per call. Thread-safe; calls wait for the answer, but not for ever: an
 * engine that hangs, or its disk, must not hold up what is wanted of other volumes.
 */
public final class EngineLink {
    /** Commands that may have to wait for much data on its way to the disk, or to a target. */
    private static final Set<String> LONG = Set.of("stop", "source");

    private static final Limits LIMITS = new Limits(10_000, 60_000, 60_000);

    /** What the engine says when there is no event. */
    private static final String ALIVE = "alive";

    private static final Logger LOG = LoggerFactory.getLogger(EngineLink.class);

    private final Path socket;
    private final Limits limits;
    private final ScheduledThreadPoolExecutor watch = new ScheduledThreadPoolExecutor(1, EngineLink::watcher);

    /** @param socket relative to the working directory, as a socket's path is short */
    public EngineLink(Path socket) {
        this(socket, LIMITS);
    }

    EngineLink(Path socket, Limits limits) {
        this.socket = socket;
        this.limits = limits;
        watch.setRemoveOnCancelPolicy(true);
        // No thread stays when nobody asks.
        watch.setKeepAliveTime(limits.longer(), TimeUnit.MILLISECONDS);
        watch.allowCoreThreadTimeOut(true);
    }

    private static Thread watcher(Runnable body) {
        Thread thread = new Thread(body, "mirror-limits");
        thread.setDaemon(true);
        return thread;
    }

    /**
     * How long to wait, in milliseconds.
     *
     * @param usual for most answers
     * @param longer for the answers to {@link #LONG}
     * @param silence for the next event; a living engine says something every 5 s
     */
    record Limits(long usual, long longer, long silence) {}

    /**
     * An answer.
     *
     * @param exit 0 done, 1 failed, 2 bad argument, 8 refused because of the data
     * @param lines text
     */
    public record Answer(int exit, List<String> lines) {
        /** Says whether it was done. */
        public boolean done() {
            return exit == 0;
        }

        /** Returns the text in one line. */
        public String text() {
            return String.join("; ", lines);
        }
    }

    /** Sends one command. @throws IOException if the engine does not run, ends meanwhile or does not answer in time */
    public Answer send(Object... words) throws IOException {
        List<String> encoded = new ArrayList<>();
        for (Object word : words) {
            encoded.add(encode(String.valueOf(word)));
        }
        long limit = LONG.contains(encoded.get(0)) ? limits.longer() : limits.usual();
        try (Call call = new Call(limit)) {
            try {
                return call.answer(String.join(" ", encoded));
            } catch (IOException e) {
                throw call.late()
                        ? new IOException(
                                "the mirror engine did not answer '" + encoded.get(0) + "' within " + limit
                                        + " ms: it hangs, or a disk does; see data/log/mirror-engine.log",
                                e)
                        : e;
            }
        }
    }

    /** Returns the volumes the engine has, by name. @throws IOException if the engine does not answer */
    public Map<String, EngineVolume> volumes() throws IOException {
        Map<String, EngineVolume> volumes = new TreeMap<>();
        try {
            for (String line : send("status").lines()) {
                EngineVolume volume =
                        new EngineVolume(JsonParser.parseString(line).getAsJsonObject());
                volumes.put(volume.name(), volume);
            }
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException("the mirror engine's status cannot be read: " + e.getMessage(), e);
        }
        return volumes;
    }

    /** Returns one volume; empty if the engine does not have it. */
    public Optional<EngineVolume> volume(String name) throws IOException {
        return Optional.ofNullable(volumes().get(name));
    }

    /**
     * Hands over events until the engine ends, falls silent, or it is enough.
     *
     * @param listener gets the words of each event; first {@code ready}
     */
    public void events(Consumer<List<String>> listener, BooleanSupplier enough) throws IOException {
        try (Call call = new Call(limits.silence())) {
            call.connect();
            call.write("events");
            BufferedReader in = call.reader();
            for (String line = in.readLine(); line != null && !enough.getAsBoolean(); line = in.readLine()) {
                call.again(limits.silence());
                String event = line.substring(Math.min(2, line.length()));
                if (!event.equals(ALIVE)) {
                    listener.accept(List.of(event.split(" ")));
                }
            }
        }
    }

    /** A connection that ends when it takes too long. */
    private final class Call implements AutoCloseable {
        private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        private Future<?> end;
        private volatile boolean late;

        Call(long millis) throws IOException {
            again(millis);
        }

        /** Begins the time anew. */
        void again(long millis) {
            if (end != null) {
                end.cancel(false);
            }
            end = watch.schedule(this::expire, millis, TimeUnit.MILLISECONDS);
        }

        private void expire() {
            late = true;
            try {
                channel.close();
            } catch (IOException e) {
                LOG.warn("a connection to the mirror engine cannot be closed", e);
            }
        }

        boolean late() {
            return late;
        }

        Answer answer(String command) throws IOException {
            connect();
            write(command);
            BufferedReader in = reader();
            List<String> lines = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("exit ")) {
                    return new Answer(Integer.parseInt(line.substring(5)), lines);
                }
                lines.add(line.substring(Math.min(2, line.length())));
            }
            throw new IOException("the mirror engine ended before it answered");
        }

        void connect() throws IOException {
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
            } catch (IOException | RuntimeException e) {
                throw new IOException("the mirror engine does not run", e);
            }
        }

        BufferedReader reader() {
            return new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        }

        void write(String line) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        @Override
        public void close() throws IOException {
            end.cancel(false);
            channel.close();
        }
    }

    /** Encodes a word as the guard's protocol does. */
    static String encode(String word) {
        if (word.isEmpty()) {
            return "-";
        }
        StringBuilder out = new StringBuilder();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c > ' ' && c < 127 && c != '%' && !word.equals("-");
            out.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }

    /** Returns a member as text; empty if it is missing. */
    static String text(JsonObject object, String name) {
        return object.has(name) && !object.get(name).isJsonNull()
                ? object.get(name).getAsString()
                : "";
    }
}

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
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Speaks with the engine (PROTOCOL.md, Control); a connection per call. Thread-safe; calls wait for the answer. */
public final class EngineLink {
    private final Path socket;

    /** @param socket relative to the working directory, as a socket's path is short */
    public EngineLink(Path socket) {
        this.socket = socket;
    }

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

    /** Sends one command. @throws IOException if the engine does not run or ends meanwhile */
    public Answer send(Object... words) throws IOException {
        List<String> encoded = new ArrayList<>();
        for (Object word : words) {
            encoded.add(encode(String.valueOf(word)));
        }
        try (SocketChannel channel = connect()) {
            write(channel, String.join(" ", encoded));
            BufferedReader in = reader(channel);
            List<String> lines = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("exit ")) {
                    return new Answer(Integer.parseInt(line.substring(5)), lines);
                }
                lines.add(line.substring(Math.min(2, line.length())));
            }
        }
        throw new IOException("the mirror engine ended before it answered");
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
     * Hands over events until the engine ends or it is enough.
     *
     * @param listener gets the words of each event; first {@code ready}
     */
    public void events(Consumer<List<String>> listener, BooleanSupplier enough) throws IOException {
        try (SocketChannel channel = connect()) {
            write(channel, "events");
            BufferedReader in = reader(channel);
            for (String line = in.readLine(); line != null && !enough.getAsBoolean(); line = in.readLine()) {
                listener.accept(
                        List.of(line.substring(Math.min(2, line.length())).split(" ")));
            }
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw new IOException("the mirror engine does not run", e);
        }
    }

    private static BufferedReader reader(SocketChannel channel) {
        return new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
    }

    private static void write(SocketChannel channel, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
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

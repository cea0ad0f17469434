package org.mainstay.mirror.engine.control;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.mainstay.mirror.engine.volume.MirrorSettings;
import org.mainstay.mirror.engine.volume.MirrorType;
import org.mainstay.mirror.engine.volume.RefusedException;
import org.mainstay.mirror.engine.volume.Trust;
import org.mainstay.mirror.engine.volume.Volume;
import org.mainstay.mirror.engine.volume.VolumeStatus;

/** The control socket (PROTOCOL.md): each connection sends commands, one per line, and gets an answer to each. */
public final class ControlServer implements AutoCloseable {
    private static final int CLIENTS = 32;
    private static final int EVENTS = 4096;
    /** After so much silence a reader of events is told that the engine lives; if it is gone, its connection ends by that. */
    private static final long ALIVE_SECONDS = 5;

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int BAD_ARGUMENT = 2;
    private static final int REFUSED = 8;

    private final Engine engine;
    private final Runnable shutdown;
    private final ServerSocketChannel channel;
    private final Path socket;
    private final Semaphore slots = new Semaphore(CLIENTS);

    /** @param shutdown run when a client asks the engine to end */
    public ControlServer(Path socket, Engine engine, Runnable shutdown) throws IOException {
        this.engine = engine;
        this.shutdown = shutdown;
        this.socket = socket;
        Files.deleteIfExists(socket);
        this.channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket), CLIENTS);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        Thread thread = new Thread(this::accept, "control-accept");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (channel.isOpen()) {
            try {
                SocketChannel client = channel.accept();
                if (!slots.tryAcquire()) {
                    client.close();
                    continue;
                }
                Thread thread = new Thread(() -> serve(client), "control-client");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                engine.env().log("a control connection could not be accepted: " + e.getMessage());
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(client), StandardCharsets.UTF_8));
                Writer out = Channels.newWriter(client, StandardCharsets.UTF_8)) {
            String line = in.readLine();
            while (line != null) {
                if (line.equals("events")) {
                    events(out);
                    return;
                }
                answer(line, out);
                line = in.readLine();
            }
        } catch (IOException e) {
            engine.env().log("a control connection ended: " + e.getMessage());
        } finally {
            slots.release();
        }
    }

    private void events(Writer out) throws IOException {
        BlockingQueue<String> queue = new LinkedBlockingQueue<>(EVENTS);
        Runnable remove = engine.env().listen(queue::offer);
        try {
            write(out, "| ready");
            while (channel.isOpen()) {
                String event = queue.poll(ALIVE_SECONDS, TimeUnit.SECONDS);
                write(out, "| " + (event == null ? "alive" : event));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            remove.run();
        }
    }

    private void answer(String line, Writer out) throws IOException {
        int exit;
        try {
            exit = execute(Words.parse(line), out);
        } catch (RefusedException e) {
            write(out, "| " + e.getMessage());
            exit = REFUSED;
        } catch (IllegalArgumentException e) {
            write(out, "| " + e.getMessage());
            exit = BAD_ARGUMENT;
        } catch (IOException | IllegalStateException e) {
            write(out, "| " + e.getMessage());
            exit = FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exit = FAILED;
        }
        write(out, "exit " + exit);
    }

    private static void write(Writer out, String line) throws IOException {
        out.write(line.replace('\n', ' ') + "\n");
        out.flush();
    }

    private int execute(List<String> words, Writer out) throws IOException, RefusedException, InterruptedException {
        String name = word(words, 1, "");
        String peer = word(words, 2, "");
        switch (words.get(0)) {
            case "status" -> status(name, out);
            case "create" -> engine.create(need(words, 1), need(words, 2), word(words, 3, ""));
            case "delete" -> engine.delete(name);
            case "resize" -> write(out, "| " + engine.resize(name, number(word(words, 2, "0"))));
            case "logs" -> engine.moveLogs(name, word(words, 2, ""));
            case "mirror" ->
                engine.mirror(
                        name,
                        need(words, 2),
                        need(words, 3),
                        type(need(words, 4)),
                        new MirrorSettings(settings(words, 5)));
            case "unmirror" -> engine.removeMirror(name, peer);
            case "set" -> engine.set(name, peer, settings(words, 3));
            case "address" -> engine.address(name, peer, need(words, 3));
            case "type" -> engine.type(name, peer, type(need(words, 3)));
            case "source" ->
                engine.startSource(name, number(need(words, 2)), trust(word(words, 3, "own")), end(word(words, 4, "")));
            case "target" ->
                engine.startTarget(
                        name,
                        number(need(words, 2)),
                        need(words, 3),
                        word(words, 4, "keep").equals("discard"));
            case "lease" -> engine.renew(name, end(peer));
            case "stop" -> {
                for (String target : engine.stop(name, number(word(words, 2, "30000")))) {
                    write(out, "| behind " + target);
                }
            }
            case "pause" -> engine.volume(name).pause(peer);
            case "continue" -> engine.volume(name).resume(peer);
            case "break" -> engine.volume(name).breakMirror(peer);
            case "resync" -> engine.volume(name).resync(peer);
            case "recorded" -> engine.volume(name).recorded(peer, hold(need(words, 3)));
            case "location" -> engine.snapshotLocation(name, peer, number(word(words, 3, "0")));
            case "snapshot" -> write(out, "| " + engine.prepareSnapshot(name, need(words, 2)));
            case "mark" -> engine.snapshots().mark(name, need(words, 2), volumes(words, 3));
            case "drop" -> engine.snapshots().drop(engine.volume(name), peer);
            case "shutdown" -> shutdown.run();
            default ->
                throw new IllegalArgumentException("there is no command " + words.get(0) + "; PROTOCOL.md has them");
        }
        return OK;
    }

    private void status(String name, Writer out) throws IOException {
        for (VolumeStatus one : engine.status()) {
            if (name.isEmpty() || name.equals(one.volume().get("name"))) {
                Map<String, Object> all = new LinkedHashMap<>(one.volume());
                all.put("snapshotLocation", engine.snapshotLocation(String.valueOf(all.get("name"))));
                all.put("mirrors", one.mirrors());
                write(out, "| " + Words.json(all));
            }
        }
    }

    private List<Volume> volumes(List<String> words, int from) {
        return words.subList(Math.min(from, words.size()), words.size()).stream()
                .map(engine::volume)
                .toList();
    }

    private static String word(List<String> words, int index, String otherwise) {
        return index < words.size() ? words.get(index) : otherwise;
    }

    private static String need(List<String> words, int index) {
        if (index >= words.size() || words.get(index).isEmpty()) {
            throw new IllegalArgumentException(words.get(0) + " needs more words; PROTOCOL.md has them");
        }
        return words.get(index);
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not a whole number", e);
        }
    }

    private static long hold(String text) {
        try {
            return Long.parseUnsignedLong(text, 16);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is not the number of a record-needed event", e);
        }
    }

    private static long end(String millis) throws IOException {
        return millis.isEmpty() ? Long.MAX_VALUE : Leases.uptime() + number(millis);
    }

    private static MirrorType type(String text) {
        return switch (text) {
            case "sync" -> MirrorType.SYNC;
            case "async" -> MirrorType.ASYNC;
            default -> throw new IllegalArgumentException("the type is sync or async, not " + text);
        };
    }

    private static Trust trust(String text) {
        return switch (text) {
            case "own" -> Trust.OWN;
            case "recorded" -> Trust.RECORDED;
            case "forced" -> Trust.FORCED;
            default -> throw new IllegalArgumentException("the trust is own, recorded or forced, not " + text);
        };
    }

    private static Map<String, Long> settings(List<String> words, int from) {
        Map<String, Long> values = new TreeMap<>();
        for (String word : words.subList(Math.min(from, words.size()), words.size())) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("a setting is NAME=NUMBER, not " + word);
            }
            values.put(word.substring(0, equals), number(word.substring(equals + 1)));
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(socket);
    }
}

package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A client that writes a volume all the time, several requests at once, each with a number of its own, and knows what was answered.
 * When its server goes away it connects again, there or elsewhere, and sends what was not answered once more, as an attachment does.
 */
public final class StampingClient {
    /** No write that is cut off leaves part of a page. */
    private static final int CELL = 4096;

    private static final int MOST_CELLS = 24;
    private static final int DEPTH = 6;
    private static final int PIECE = 1 << 20;
    /** Writes have their numbers, from 1 on. */
    private static final long FLUSH = 0;

    private static final long READ = -1;

    /** Where the export is. */
    private record Place(Path socket, String export) {}

    private record Write(int cell, int cells, long stamp) {}

    private final SplittableRandom random;
    private final Thread thread;
    private final long[] answered;
    /** By cell: what was sent and not answered; 0: nothing. */
    private final long[] sent;

    private final Map<Long, Write> open = new LinkedHashMap<>();
    private long stamps;
    /** Nothing waits for a flush: while a target takes nothing there are always writes that wait for it. */
    private boolean flushing;

    private volatile Place place;
    private volatile boolean waits;
    private volatile boolean stopping;
    private final AtomicLong rounds = new AtomicLong();
    private volatile String failure = "";

    public StampingClient(String volume, int size, long seed) {
        random = new SplittableRandom(seed);
        answered = new long[size / CELL];
        sent = new long[size / CELL];
        thread = new Thread(this::run, "client-" + volume);
        thread.setDaemon(true);
    }

    public void start(Path socket, String export) {
        move(socket, export);
        thread.start();
    }

    /** Sets where it connects when it has no connection. */
    public void move(Path socket, String export) {
        place = new Place(socket, export);
    }

    /** From here on it waits, once its connection has ended, for {@link #move}. */
    public void expectLoss() {
        place = null;
    }

    /** Says whether it has lost its connection and waits to be told of another: nothing is answered meanwhile. */
    public boolean waits() {
        return waits;
    }

    /** It ends when all it has sent is answered. */
    public void stop() {
        stopping = true;
    }

    public boolean ended() {
        return !thread.isAlive();
    }

    /** Returns how many times everything sent together was answered. */
    public long rounds() {
        return rounds.get();
    }

    /** Returns what the server did wrong; empty: nothing. */
    public String failure() {
        return failure;
    }

    private void run() {
        try {
            while (!finished()) {
                Place at = place;
                waits = at == null;
                if (at != null) {
                    serve(at);
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        } catch (IllegalStateException e) {
            failure = String.valueOf(e.getMessage());
        }
    }

    private synchronized boolean finished() {
        return stopping && open.isEmpty();
    }

    private void serve(Place at) {
        try (RawClient client = new RawClient(UnixDomainSocketAddress.of(at.socket))) {
            client.hello().go(at.export);
            flushing = false;
            while (!finished()) {
                round(client);
            }
        } catch (IOException e) {
            // The engine is gone, or not the source yet: what is open is sent again.
            return;
        }
    }

    private void round(RawClient client) throws IOException {
        if (open.isEmpty()) {
            draw();
        }
        if (!flushing && random.nextInt(16) == 0) {
            flushing = true;
            client.write(RawClient.request(0, Nbd.CMD_FLUSH, FLUSH, 0, 0, new byte[0]));
        }
        for (Write one : List.copyOf(open.values())) {
            byte[] data = data(one);
            client.write(RawClient.request(0, Nbd.CMD_WRITE, one.stamp, (long) one.cell * CELL, data.length, data));
        }
        while (!open.isEmpty()) {
            answered(answer(client).cookie());
        }
        int cell = random.nextInt(answered.length);
        client.write(RawClient.request(0, Nbd.CMD_READ, READ, (long) cell * CELL, CELL, new byte[0]));
        RawClient.Answer answer = answer(client);
        while (answer.cookie() != READ) {
            answered(answer.cookie());
            answer = answer(client);
        }
        String wrong = wrong(cell, answer.data(), 0);
        fail(!wrong.isEmpty(), "read while it is written: " + wrong);
        rounds.incrementAndGet();
    }

    private static RawClient.Answer answer(RawClient client) throws IOException {
        RawClient.Answer answer = client.answer(cookie -> cookie == READ ? CELL : 0);
        fail(answer.error() != 0, "the request " + answer.cookie() + " failed with " + answer.error());
        return answer;
    }

    private static void fail(boolean wrong, String text) {
        if (wrong) {
            throw new IllegalStateException(text);
        }
    }

    /** Draws writes that do not overlap: what an overlap holds would depend on their order. */
    private synchronized void draw() {
        for (int i = 0; i < DEPTH; i++) {
            int cells = random.nextInt(4) > 0 ? 1 : 1 + random.nextInt(MOST_CELLS);
            int cell = random.nextInt(answered.length - cells + 1);
            boolean free = true;
            for (int at = cell; at < cell + cells; at++) {
                free &= sent[at] == 0;
            }
            if (free) {
                Write one = new Write(cell, cells, ++stamps);
                open.put(one.stamp, one);
                for (int at = cell; at < cell + cells; at++) {
                    sent[at] = one.stamp;
                }
            }
        }
    }

    private synchronized void answered(long stamp) {
        if (stamp == FLUSH) {
            flushing = false;
            return;
        }
        Write one = open.remove(stamp);
        fail(one == null, "an answer to what was not asked: " + stamp);
        for (int at = one.cell; at < one.cell + one.cells; at++) {
            answered[at] = one.stamp;
            sent[at] = 0;
        }
    }

    private static byte[] data(Write one) {
        ByteBuffer data = ByteBuffer.allocate(one.cells * CELL);
        while (data.hasRemaining()) {
            data.putLong(one.stamp);
        }
        return data.array();
    }

    /** Reads all of an export. */
    public static byte[] readAll(Path socket, String export) throws IOException {
        try (RawClient client = new RawClient(UnixDomainSocketAddress.of(socket))) {
            client.hello().go(export);
            ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(client.size()));
            while (all.hasRemaining()) {
                all.put(client.readAt(all.position(), Math.min(PIECE, all.remaining())));
            }
            return all.array();
        }
    }

    /** Returns what is missing in the volume's content, or was never written; at most ten of it. */
    public List<String> missing(byte[] all) {
        List<String> missing = new ArrayList<>();
        for (int cell = 0; cell < answered.length && missing.size() < 10; cell++) {
            String wrong = wrong(cell, all, cell * CELL);
            if (!wrong.isEmpty()) {
                missing.add(wrong);
            }
        }
        return missing;
    }

    /** What was under way is not sent again: this is what the volume holds, and nothing is missing in it. Only while it waits. */
    public synchronized void adopt(byte[] all) {
        ByteBuffer content = ByteBuffer.wrap(all);
        for (int cell = 0; cell < answered.length; cell++) {
            answered[cell] = content.getLong(cell * CELL);
            sent[cell] = 0;
        }
        open.clear();
    }

    private synchronized String wrong(int cell, byte[] data, int from) {
        LongBuffer numbers = ByteBuffer.wrap(data, from, CELL).asLongBuffer();
        long first = numbers.get(0);
        for (int i = 1; i < CELL / Long.BYTES; i++) {
            if (numbers.get(i) != first) {
                return "the page " + cell + " holds parts of the writes " + first + " and " + numbers.get(i);
            }
        }
        boolean underWay = sent[cell] != 0 && first == sent[cell];
        return first == answered[cell] || underWay
                ? ""
                : "the page " + cell + " holds the write " + first + ", answered was " + answered[cell]
                        + ", under way is " + sent[cell];
    }

    @Override
    public synchronized String toString() {
        return thread.getName() + ": answered " + rounds + " times, under way " + open.values() + ", place " + place
                + (waits ? ", waits" : "") + (failure.isEmpty() ? "" : ", failed: " + failure);
    }
}

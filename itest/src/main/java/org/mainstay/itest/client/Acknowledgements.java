package org.mainstay.itest.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.LabException;

/** A running {@link RowWriter} and what it was told by the database. Thread-safe. */
public final class Acknowledgements implements AutoCloseable {
    private record Ack(long row, long nanos) {}

    private final String address;
    private final Lab lab;
    private final Process process;
    private final Thread reader;
    private final List<Ack> acks = new ArrayList<>();
    private final StringBuilder complaints = new StringBuilder();

    private Acknowledgements(Lab lab, String address, Process process) {
        this.lab = lab;
        this.address = address;
        this.process = process;
        this.reader = new Thread(this::read, "acknowledgements");
        this.reader.setDaemon(true);
    }

    /** Creates the table through the address and starts to write. */
    public static Acknowledgements start(Lab lab, String address) {
        return begin(lab, address);
    }

    /** As {@link #start}, with a client that complains only of what failed, not of what is slow. */
    public static Acknowledgements patient(Lab lab, String address, Duration patience) {
        return begin(lab, address, String.valueOf(patience.toSeconds()));
    }

    private static Acknowledgements begin(Lab lab, String address, String... more) {
        query(lab, address, "CREATE TABLE IF NOT EXISTS numbered (row bigint PRIMARY KEY)");
        List<String> command = atClient(lab, RowWriter.class, address, more);
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            Acknowledgements acknowledgements = lab.attach(new Acknowledgements(lab, address, process));
            acknowledgements.reader.start();
            Await.until(
                    "the client writes",
                    Duration.ofSeconds(30),
                    () -> acknowledgements.count() > 0,
                    acknowledgements::complaints);
            return acknowledgements;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 4);
                synchronized (this) {
                    if (words[0].equals("ack")) {
                        acks.add(new Ack(Long.parseLong(words[1]), Long.parseLong(words[2])));
                    } else if (complaints.length() < 20_000) {
                        complaints.append(line).append('\n');
                    }
                }
            }
        } catch (IOException e) {
            synchronized (this) {
                complaints
                        .append("the client's output ended: ")
                        .append(e.getMessage())
                        .append('\n');
            }
        }
    }

    public synchronized int count() {
        return acks.size();
    }

    /** Returns what went wrong for the client so far, a line for each row that was not acknowledged at once. */
    public synchronized String complaints() {
        return complaints.toString();
    }

    /** Returns the longest time without an acknowledgement between two moments of {@link System#nanoTime}. */
    public synchronized Duration longestGap(long from, long to) {
        long longest = 0;
        long last = from;
        for (Ack ack : acks) {
            if (ack.nanos >= from && ack.nanos <= to) {
                longest = Math.max(longest, ack.nanos - last);
                last = ack.nanos;
            }
        }
        return Duration.ofNanos(Math.max(longest, to - last));
    }

    /** Returns how many rows were acknowledged between two moments. */
    public synchronized int count(long from, long to) {
        return (int) acks.stream()
                .filter(ack -> ack.nanos >= from && ack.nanos <= to)
                .count();
    }

    /** Waits until further rows are acknowledged. */
    public void awaitMore(int rows, Duration limit) {
        int before = count();
        Await.until("the client writes again", limit, () -> count() >= before + rows, this::complaints);
    }

    /** Returns the acknowledged rows that the database does not hold. */
    public Set<Long> lost() {
        Set<Long> missing;
        synchronized (this) {
            missing = new TreeSet<>();
            acks.forEach(ack -> missing.add(ack.row));
        }
        for (String line : query(lab, address, "SELECT row FROM numbered").split("\n")) {
            if (!line.isBlank()) {
                missing.remove(Long.parseLong(line.strip()));
            }
        }
        return missing;
    }

    private static List<String> atClient(Lab lab, Class<?> program, String address, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName(),
                "jdbc:postgresql://" + address + "/postgres"));
        command.addAll(List.of(arguments));
        return lab.atClient(command);
    }

    private static String query(Lab lab, String address, String sql) {
        Exec.Result result = Exec.run(Duration.ofSeconds(60), atClient(lab, Query.class, address, sql));
        if (result.exitCode() != 0) {
            throw new LabException("the client's query fails: " + result.output());
        }
        return result.output();
    }

    /** Stops writing. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            reader.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

package org.mainstay.bench.outage;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Lab;

/** Asks an address for an echo every two milliseconds and notes when answers came. Thread-safe. */
public final class AddressProbe implements AutoCloseable {
    private static final Pattern ANSWER = Pattern.compile("^\\[(\\d+\\.\\d+)].*icmp_seq=\\d+ ttl=.*");

    private final Process process;
    private volatile boolean closed;
    private final Thread reader;
    private final List<Double> answers = new ArrayList<>();

    private AddressProbe(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "address probe");
        this.reader.setDaemon(true);
        this.reader.start();
    }

    public static AddressProbe start(Lab lab, String address) {
        try {
            AddressProbe probe = new AddressProbe(
                    new ProcessBuilder(lab.atClient(List.of("ping", "-D", "-n", "-i", "0.002", "-W", "1", address)))
                            .redirectErrorStream(true)
                            .start());
            Await.until("the address answers", Duration.ofSeconds(20), () -> probe.count() > 10);
            return probe;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher answer = ANSWER.matcher(line);
                if (answer.matches()) {
                    synchronized (this) {
                        answers.add(Double.parseDouble(answer.group(1)));
                    }
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    synchronized int count() {
        return answers.size();
    }

    /** Forgets what came so far, but for the last answer. */
    public synchronized void reset() {
        double last = answers.get(answers.size() - 1);
        answers.clear();
        answers.add(last);
    }

    /** Returns the longest time between two answers since the last {@link #reset}. */
    public synchronized Duration longestGap() {
        double longest = 0;
        for (int i = 1; i < answers.size(); i++) {
            longest = Math.max(longest, answers.get(i) - answers.get(i - 1));
        }
        return Duration.ofNanos(Math.round(longest * 1e9));
    }

    public void awaitMore(int more, Duration limit) {
        int before = count();
        Await.until("the address answers again", limit, () -> count() >= before + more);
    }

    @Override
    public void close() {
        closed = true;
        process.destroyForcibly();
    }
}

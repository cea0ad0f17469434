package org.mainstay.quorum.internal.sight;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ICMP echoes through the native program {@code mainstay-net echo}, which is started when needed and again when it ends. Asked
 * by one thread; answers come on another.
 */
final class Echoes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Echoes.class);
    private static final int NUMBERS = 65_536;
    private static final long PAUSE_MILLIS = 1_000;

    private final List<String> command;
    private final Consumer<InetAddress> answers;
    private final InetAddress[] asked = new InetAddress[NUMBERS];
    private int next;
    private Process process;
    private Writer input;
    private long notBefore = Long.MIN_VALUE;
    private volatile String problem = "";

    /**
     * @param program the native program
     * @param answers called with the address of each answer, on a thread of its own
     */
    Echoes(Path program, Consumer<InetAddress> answers) {
        this(List.of(program.toString(), "echo"), answers);
    }

    Echoes(List<String> command, Consumer<InetAddress> answers) {
        this.command = command;
        this.answers = answers;
    }

    /** Sends an echo. @return whether it was handed to the program */
    boolean ask(InetAddress address, long at) {
        if (process == null && (at < notBefore || !start(at))) {
            return false;
        }
        int number = next;
        next = (next + 1) % NUMBERS;
        synchronized (asked) {
            asked[number] = address;
        }
        try {
            input.write(number + " " + address.getHostAddress() + "\n");
            input.flush();
            return true;
        } catch (IOException e) {
            failed("the program for ICMP probes ended: " + e.getMessage(), at);
            return false;
        }
    }

    private boolean start(long at) {
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            failed("ICMP probes cannot be sent: " + e.getMessage(), at);
            return false;
        }
        input = new java.io.OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII);
        Process started = process;
        Thread reader = new Thread(() -> read(started), "mainstay-echoes");
        reader.setDaemon(true);
        reader.start();
        problem = "";
        return true;
    }

    private void read(Process from) {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(from.getInputStream(), StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("answer ")) {
                    answered(Integer.parseInt(line.substring("answer ".length()).strip()));
                }
            }
        } catch (IOException | NumberFormatException e) {
            LOG.debug("the program for ICMP probes ended", e);
        }
        from.destroy();
    }

    private void answered(int number) {
        InetAddress address = null;
        synchronized (asked) {
            if (number >= 0 && number < NUMBERS) {
                address = asked[number];
                asked[number] = null;
            }
        }
        if (address != null) {
            answers.accept(address);
        }
    }

    private void failed(String why, long at) {
        if (!why.equals(problem)) {
            LOG.warn("{}", why);
        }
        problem = why;
        notBefore = at + PAUSE_MILLIS;
        close();
    }

    /** Returns why no echo can be sent; empty: they can. */
    String problem() {
        return problem;
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            process = null;
        }
    }
}

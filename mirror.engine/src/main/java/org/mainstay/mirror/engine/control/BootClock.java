package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** The time since boot, with the time in which the machine slept: Java's own clock leaves that out. Thread-safe. */
final class BootClock {
    private static final int LONGEST = 64;
    private static final long NANOS_PER_HUNDREDTH = TimeUnit.MILLISECONDS.toNanos(10);

    private final FileChannel uptime;

    /** Opens the clock once and for all, so that a lack of file handles does not stop it. */
    BootClock() {
        try {
            uptime = FileChannel.open(Path.of("/proc/uptime"), StandardOpenOption.READ);
        } catch (IOException e) {
            throw new UncheckedIOException("the time since boot cannot be read", e);
        }
    }

    /** Returns the time since boot in nanoseconds, rounded down to a hundredth of a second. */
    long nanos() {
        ByteBuffer text = ByteBuffer.allocate(LONGEST);
        try {
            uptime.read(text, 0);
        } catch (IOException e) {
            throw new UncheckedIOException("the time since boot cannot be read", e);
        }
        String first = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).split(" ", 2)[0];
        return Long.parseLong(first.replace(".", "")) * NANOS_PER_HUNDREDTH;
    }
}

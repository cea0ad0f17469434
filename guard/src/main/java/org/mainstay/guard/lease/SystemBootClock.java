package org.mainstay.guard.lease;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Ticker;

/**
 * The kernel's boot clock. {@code /proc/uptime} says it in steps of ten milliseconds; the ticker, which does not
 * count while the machine is suspended, fills them in. Thread-safe.
 */
public final class SystemBootClock implements SuspendWatch {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SUSPENDED_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Reads {@code /proc/uptime}, in nanoseconds. */
    @FunctionalInterface
    interface Uptime {
        long nanos();
    }

    private final Ticker ticker;
    private final Uptime uptime;
    /** Boot clock less ticker: the largest seen, as what is read lies up to one step behind. */
    private long offset;

    private long suspended;
    private long last;

    /** @throws IOException if /proc is not there */
    public SystemBootClock(Ticker ticker) throws IOException {
        this(ticker, proc());
    }

    SystemBootClock(Ticker ticker, Uptime uptime) {
        this.ticker = ticker;
        this.uptime = uptime;
        this.offset = uptime.nanos() - ticker.nanos();
    }

    private static Uptime proc() throws IOException {
        FileChannel file = FileChannel.open(Path.of("/proc/uptime"), StandardOpenOption.READ);
        ByteBuffer buffer = ByteBuffer.allocate(64);
        return () -> {
            try {
                buffer.clear();
                file.read(buffer, 0);
                return parse(buffer);
            } catch (IOException e) {
                // Without the time nothing may be granted or held: whoever asks fails.
                throw new UncheckedIOException(e);
            }
        };
    }

    /** Reads {@code SECONDS.HUNDREDTHS} without making garbage. */
    static long parse(ByteBuffer text) {
        long hundredths = 0;
        int decimals = -1;
        for (int i = 0; i < text.position() && decimals < 2; i++) {
            byte next = text.get(i);
            if (next == '.') {
                decimals = 0;
            } else if (next >= '0' && next <= '9') {
                hundredths = hundredths * 10 + next - '0';
                decimals += decimals >= 0 ? 1 : 0;
            } else {
                break;
            }
        }
        if (decimals != 2) {
            throw new IllegalStateException("/proc/uptime does not begin with seconds and hundredths");
        }
        return hundredths * STEP_NANOS;
    }

    @Override
    public synchronized long millis() {
        long before = ticker.nanos();
        long read = uptime.nanos();
        // The time between both readings belongs to neither; it must not look like a suspend.
        long seen = read - ticker.nanos();
        if (seen > offset) {
            long jump = read - before - offset;
            suspended += jump > SUSPENDED_NANOS && seen - offset > SUSPENDED_NANOS ? seen - offset : 0;
            offset = seen;
        }
        last = Math.max(last, Math.max(read, before + offset));
        return TimeUnit.NANOSECONDS.toMillis(last);
    }

    @Override
    public synchronized long newlySuspendedMillis() {
        millis();
        long newly = TimeUnit.NANOSECONDS.toMillis(suspended);
        suspended = 0;
        return newly;
    }
}

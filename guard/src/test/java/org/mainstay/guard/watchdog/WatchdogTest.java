package org.mainstay.guard.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.NativeHelper;
import org.mainstay.guard.lease.SystemBootClock;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Log;

/** Against a file in place of the device: what is written to it is what a device would be fed with. */
class WatchdogTest {
    private static final int S = 6000;

    @TempDir
    Path folder;

    private final List<String> notices = Collections.synchronizedList(new ArrayList<>());
    private Log log;
    private Path device;
    private SystemBootClock clock;
    private Watchdog watchdog;

    @BeforeEach
    void begin() throws Exception {
        log = new Log(folder.resolve("log"));
        device = Files.createFile(folder.resolve("device"));
        clock = new SystemBootClock(System::nanoTime);
        watchdog = new Watchdog(NativeHelper.compile("mainstay-watchdog", folder), System::nanoTime, log, notices::add);
    }

    @AfterEach
    void end() throws InterruptedException {
        watchdog.close();
        log.close();
    }

    private String fed() throws Exception {
        return Files.readString(device);
    }

    private void feed(long millis) {
        watchdog.feed(device.toString(), S, clock.millis() + millis);
    }

    @Test
    void theTimeoutLeavesTimeForEndingResourcesBefore() {
        assertThat(Watchdog.timeoutSeconds(10_000)).isEqualTo(4);
        assertThat(Watchdog.timeoutSeconds(500)).isEqualTo(2);
        assertThat(Watchdog.timeoutSeconds(600_000)).isEqualTo(10);
    }

    @Test
    void isFedAsLongAsTheSaidTimeIsFarEnoughAndDisarmedInTheEnd() throws Exception {
        feed(20_000);
        Await.until("fed by the helper itself", 30_000, () -> fed().length() >= 3);
        assertThat(watchdog.state()).contains("timeout 2 s, which could not be set");
        assertThat(watchdog.armed()).isTrue();
        watchdog.close();
        assertThat(watchdog.armed()).isFalse();
        assertThat(fed()).matches("k+V");
        assertThat(notices).isEmpty();
    }

    @Test
    void feedingStopsOneTimeoutBeforeTheSaidTimeAndGoesOnWhenALaterOneIsSaid() throws Exception {
        feed(20_000);
        Await.until("fed", 30_000, () -> !fed().isEmpty());
        long reset = clock.millis() + 6000;
        watchdog.feed(device.toString(), S, reset);
        Await.until("starves", 30_000, () -> watchdog.state().startsWith("not fed any more"));
        assertThat(watchdog.armed()).as("that it is not fed resets the machine").isTrue();
        assertThat(clock.millis()).as("in time for a reset").isLessThanOrEqualTo(reset - 2000 + 1500);
        String before = fed();
        Await.until("stays so", 30_000, () -> clock.millis() > reset);
        assertThat(fed()).isEqualTo(before);
        feed(20_000);
        Await.until("fed again", 30_000, () -> fed().length() > before.length());
    }

    /** A pipe in place of the device: a write fails while nobody has it open for reading. */
    @Test
    void aWriteThatFailedOnceIsNoReasonToCountAsUnwatchedForEver() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            Await.until("armed", 60_000, () -> feedsAndIsArmed(pipe));
            assertThat(watchdog.armed()).isTrue();
        }
        Await.until("the failure is told", 60_000, () -> !feedsAndIsArmed(pipe));
        assertThat(watchdog.state()).startsWith("feeding failed: ");
        try (RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw")) {
            Await.until("armed again", 60_000, () -> feedsAndIsArmed(pipe));
            assertThat(watchdog.state()).isEqualTo("feeding works again");
        }
    }

    private boolean feedsAndIsArmed(Path which) {
        watchdog.feed(which.toString(), S, clock.millis() + 60_000);
        return watchdog.armed();
    }

    /** A helper of a guard that said once by when the machine is to be reset, with a timeout of 2 s. */
    private Process helper(long reset) throws Exception {
        Process helper =
                new ProcessBuilder(folder.resolve("mainstay-watchdog").toString(), device.toString(), "2", "6").start();
        helper.getOutputStream().write(("U " + reset + "\n").getBytes(StandardCharsets.US_ASCII));
        helper.getOutputStream().flush();
        return helper;
    }

    /** The helper of the guard before has the device for up to ten seconds more, armed; the new one's helper waits for it. */
    @Test
    void whatTheHelperOfTheGuardBeforeStillHoldsIsArmed() throws Exception {
        Path waiting = folder.resolve("waiting");
        Files.writeString(waiting, "#!/bin/sh\nexec cat > /dev/null\n");
        Files.setPosixFilePermissions(waiting, PosixFilePermissions.fromString("rwx------"));
        watchdog = new Watchdog(waiting, System::nanoTime, log, notices::add);
        assertThat(feedsAndIsArmed(device)).as("nobody has it").isFalse();
        Process before = helper(clock.millis() + 600_000);
        Await.until("held by the one before", 60_000, () -> feedsAndIsArmed(device));
        before.getOutputStream().write("V\n".getBytes(StandardCharsets.US_ASCII));
        before.getOutputStream().flush();
        assertThat(before.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(feedsAndIsArmed(device)).as("nobody has it any more").isFalse();
    }

    @Test
    void aGuardThatIsGoneLeavesTheDeviceArmedAndFedForAMoment() throws Exception {
        Process process = helper(clock.millis() + 12_000);
        Await.until("fed", 30_000, () -> !fed().isEmpty());
        process.getOutputStream().close();
        int length = fed().length();
        Await.until("fed on", 30_000, () -> fed().length() > length);
        process.destroy();
        assertThat(process.waitFor(500, TimeUnit.MILLISECONDS))
                .as("TERM does not end it")
                .isFalse();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(fed()).as("never disarmed").matches("k+");
    }

    /** To close a device feeds it once more: the reset that is due would come a timeout later than was said. */
    @Test
    void aGuardThatIsGoneDoesNotPutOffAResetThatIsDue() throws Exception {
        Process process = helper(clock.millis() + 600_000);
        try {
            Await.until("fed", 30_000, () -> !fed().isEmpty());
            long reset = clock.millis() + 9_000;
            process.getOutputStream().write(("U " + reset + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(clock.millis())
                    .as("the device is held until it must have reset the machine")
                    .isGreaterThan(reset + 2 * 2000);
            assertThat(fed()).as("never disarmed").matches("k+");
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whatCannotBeOpenedIsSaidOnceAndTriedAgain() throws Exception {
        Path missing = folder.resolve("missing/device");
        Await.until("the operator hears", 30_000, () -> {
            watchdog.feed(missing.toString(), S, clock.millis() + 20_000);
            return !notices.isEmpty();
        });
        assertThat(notices.get(0)).contains("ended with code 1").contains("cannot be opened");
        assertThat(watchdog.armed()).isFalse();
        Files.createDirectories(missing.getParent());
        Files.createFile(missing);
        Await.until("it works", 30_000, () -> {
            watchdog.feed(missing.toString(), S, clock.millis() + 20_000);
            return Files.size(missing) > 0;
        });
        assertThat(notices).hasSize(1);
    }

    @Test
    void noDeviceNoHelper() throws Exception {
        watchdog.feed("", S, clock.millis() + 20_000);
        assertThat(watchdog.state()).isEmpty();
        assertThat(fed()).isEmpty();
    }
}

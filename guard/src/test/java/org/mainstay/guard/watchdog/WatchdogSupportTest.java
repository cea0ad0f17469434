package org.mainstay.guard.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.guard.NativeHelper;

/** A device that would not reset the machine after its feeder was killed is not counted on. */
class WatchdogSupportTest {
    private static final String MAGIC_CLOSE = "0x100";
    private static final String OTHERS = "0x8080";

    @TempDir
    Path folder;

    private record Ended(int code, String output) {}

    private Ended run(String options, List<String> command) throws Exception {
        // Who is not refused is told to disarm the device and end.
        Path words = Files.writeString(folder.resolve("words"), "V\n");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectInput(words.toFile());
        builder.environment().put("STAND_IN_OPTIONS", options);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), output);
    }

    private Ended helper(Path device, String options) throws Exception {
        String program = NativeHelper.compile("mainstay-watchdog", folder).toString();
        return run(options, List.of(program, device.toString(), "2", "6"));
    }

    @Test
    void aDeviceThatAnyCloseStopsIsRefused() throws Exception {
        Path device = Files.createFile(folder.resolve("device"));
        Ended refused = helper(device, OTHERS);
        assertThat(refused.code()).as(refused.output()).isEqualTo(3);
        assertThat(refused.output())
                .contains(device.toString(), "stops when it is closed", "nowayout=1")
                .doesNotContain("feeding");
        assertThat(device).as("never fed").isEmptyFile();
    }

    @Test
    void whatDoesNotAnswerAsAWatchdogIsRefused() throws Exception {
        Path device = Files.createFile(folder.resolve("device"));
        Ended refused = helper(device, "none");
        assertThat(refused.code()).as(refused.output()).isEqualTo(3);
        assertThat(refused.output()).contains("does not answer as a watchdog", "WATCHDOG_DEVICE");
        assertThat(device).as("never fed").isEmptyFile();
    }

    @Test
    void aDeviceWithMagicCloseIsUsedAndDisarmed() throws Exception {
        Path device = Files.createFile(folder.resolve("device"));
        Ended used = helper(device, MAGIC_CLOSE);
        assertThat(used.code()).as(used.output()).isZero();
        assertThat(used.output()).contains("feeding " + device);
        assertThat(device).content().endsWith("V");
    }

    @Test
    void nothingStopsADeviceWithNowayout() throws Exception {
        Path sys = folder.resolve("sys");
        Path first =
                Files.createDirectories(sys.resolve("class/watchdog/watchdog0")).resolve("nowayout");
        Path second = Files.createDirectories(sys.resolve("dev/char/247:1")).resolve("nowayout");
        String program = NativeHelper.compileTest("watchdog-support", folder).toString();
        assertThat(verdict(program, sys, "10", "130")).as("nobody can tell").startsWith("stops when it is closed");
        Files.writeString(first, "1\n");
        Files.writeString(second, "0\n");
        assertThat(verdict(program, sys, "10", "130")).isEqualTo("used");
        assertThat(verdict(program, sys, "247", "1")).as("another one").startsWith("stops when it is closed");
        Files.writeString(second, "1\n");
        assertThat(verdict(program, sys, "247", "1")).isEqualTo("used");
    }

    private String verdict(String program, Path sys, String major, String minor) throws Exception {
        Ended ended = run("", List.of(program, sys.toString(), major, minor, OTHERS));
        assertThat(ended.code()).isZero();
        return ended.output().strip();
    }
}

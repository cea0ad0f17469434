package org.mainstay.mirror.internal.volume;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;

/** The tool {@code sg_persist} of sg3-utils on one device. Keys are 16 hexadecimal digits in lower case. */
final class SgPersist {
    private static final String TOOL = "sg_persist";
    private static final String TYPE = "--prout-type=5";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern HOLDER = Pattern.compile("Key\\s*=\\s*0x([0-9a-fA-F]+)");
    private static final Pattern NO_HOLDER = Pattern.compile("there is NO reservation held", Pattern.CASE_INSENSITIVE);
    private static final Pattern KEY = Pattern.compile("^\\s+0x([0-9a-fA-F]+)\\s*$", Pattern.MULTILINE);
    private static final Pattern KEYS =
            Pattern.compile("registered reservation keys? follow|there are NO registered", Pattern.CASE_INSENSITIVE);
    private static final Pattern TYPE_REFUSED =
            Pattern.compile("Write Exclusive, registrants only: 0", Pattern.CASE_INSENSITIVE);

    /** Exit codes of sg3-utils (sg_cmds_extra): what the device answered. */
    private static final int ILLEGAL_REQUEST = 5;

    private static final int UNIT_ATTENTION = 6;
    private static final int INVALID_OPERATION = 9;
    private static final int NOT_STARTED = -1;
    /** A unit attention only says that something happened since the last command; the command itself was not carried out. */
    private static final int ATTEMPTS = 4;

    /** A command that failed or whose answer cannot be read; the message is a sentence for the operator. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1;
        private final String detail;

        FailedException(String message, String detail) {
            super(message);
            this.detail = detail;
        }

        String detail() {
            return detail;
        }

        FailedException and(String more) {
            return new FailedException(getMessage() + "; " + more, detail);
        }
    }

    private final Host host;
    private final Path device;

    SgPersist(Host host, Path device) {
        this.host = host;
        this.device = device;
    }

    /** Returns whether the tool is here and the device takes reservations of the type. */
    boolean supported() throws FailedException {
        CommandResult result = run("--in", "--report-capabilities");
        switch (result.exitCode()) {
            case 0:
                return !TYPE_REFUSED.matcher(result.output()).find();
            case NOT_STARTED, ILLEGAL_REQUEST, INVALID_OPERATION:
                return false;
            default:
                throw failed("ask what reservations it supports of", result);
        }
    }

    /** Returns the key that holds the reservation; empty only if the device says that there is none. */
    Optional<String> holder() throws FailedException {
        CommandResult result = run("--in", "--read-reservation");
        Matcher match = HOLDER.matcher(result.output());
        if (result.succeeded() && match.find()) {
            return Optional.of(normal(match.group(1)));
        }
        if (result.succeeded() && NO_HOLDER.matcher(result.output()).find()) {
            return Optional.empty();
        }
        throw failed("read the reservation of", result);
    }

    /** Returns the registered keys. */
    List<String> keys() throws FailedException {
        CommandResult result = run("--in", "--read-keys");
        if (!result.succeeded() || !KEYS.matcher(result.output()).find()) {
            throw failed("read the registered keys of", result);
        }
        List<String> found = new ArrayList<>();
        Matcher match = KEY.matcher(result.output());
        while (match.find()) {
            found.add(normal(match.group(1)));
        }
        return found;
    }

    /** The tool prints keys without leading zeros. */
    private static String normal(String hex) {
        return "0".repeat(Math.max(0, 16 - hex.length())) + hex.toLowerCase(Locale.ROOT);
    }

    /** Registers the key, kept over a loss of power where the device can do that. */
    void register(String key) throws FailedException {
        CommandResult result = run("--out", "--register-ignore", "--param-sark=" + key, "--param-aptpl");
        if (result.exitCode() == ILLEGAL_REQUEST) {
            result = run("--out", "--register-ignore", "--param-sark=" + key);
        }
        expect("register at", result);
    }

    void unregister(String key) throws FailedException {
        expect("take a registration off", run("--out", "--register", "--param-rk=" + key, "--param-sark=0"));
    }

    void reserve(String key) throws FailedException {
        expect("reserve", run("--out", "--reserve", "--param-rk=" + key, TYPE));
    }

    void release(String key) throws FailedException {
        expect("release", run("--out", "--release", "--param-rk=" + key, TYPE));
    }

    /** Takes the reservation and the registration of another key away and ends its commands. */
    void preemptAndAbort(String key, String other) throws FailedException {
        expect(
                "take over the reservation of",
                run("--out", "--preempt-abort", "--param-rk=" + key, "--param-sark=" + other, TYPE));
    }

    /** Takes the registration of another key away. */
    void preempt(String key, String other) throws FailedException {
        expect(
                "take the registration 0x" + other + " off",
                run("--out", "--preempt", "--param-rk=" + key, "--param-sark=" + other, TYPE));
    }

    private void expect(String what, CommandResult result) throws FailedException {
        if (!result.succeeded()) {
            throw failed(what, result);
        }
    }

    private FailedException failed(String what, CommandResult result) {
        return new FailedException(
                "cannot " + what + " " + device + ": " + result.summary(), result.output() + result.errors());
    }

    private CommandResult run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add(device.toString());
        CommandResult result = host.run(Command.of(TOOL, all).timeLimit(LIMIT).build());
        for (int i = 1; i < ATTEMPTS && result.exitCode() == UNIT_ATTENTION; i++) {
            result = host.run(Command.of(TOOL, all).timeLimit(LIMIT).build());
        }
        return result;
    }
}

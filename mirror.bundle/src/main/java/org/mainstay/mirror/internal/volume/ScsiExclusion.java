package org.mainstay.mirror.internal.volume;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.Outcome;

/**
 * SCSI-3 persistent reservation of type 5, write exclusive for registrants, through {@code sg_persist}: the device itself refuses
 * writes of every server whose key is not registered. The device knows nothing of who is alive: a claim takes a foreign key away
 * only in a takeover, when the cluster has decided that its owner is down, or by force.
 */
final class ScsiExclusion implements Exclusion {
    private static final String TOOL = "sg_persist";
    private static final String TYPE = "--prout-type=5";
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Pattern HOLDER = Pattern.compile("Key\\s*=\\s*0x([0-9a-fA-F]+)");
    private static final Pattern KEY = Pattern.compile("^\\s+0x([0-9a-fA-F]+)\\s*$", Pattern.MULTILINE);

    private final Host host;
    private final Path device;
    private final String key;
    private final boolean takeover;

    ScsiExclusion(ActionContext context, Path device) {
        this.host = context.host();
        this.device = device;
        this.key = key(context.resource().server());
        this.takeover = context.takeover();
    }

    /** Returns whether the tool is here and the device answers it. */
    static boolean supported(Host host, Path device) {
        CommandResult result = host.run(Command.of(TOOL, "--in", "--report-capabilities", device.toString())
                .timeLimit(LIMIT)
                .build());
        return result.succeeded();
    }

    /** Returns the server's key: the same in every run, never 0. */
    static String key(String server) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(server.getBytes(StandardCharsets.UTF_8));
            StringBuilder text = new StringBuilder("4d");
            for (int i = 0; i < 7; i++) {
                text.append(String.format("%02x", digest[i]));
            }
            return text.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Outcome initialise() {
        return supported(host, device)
                ? Outcome.success(device + " supports persistent reservations")
                : Outcome.failed(
                        "reservation: " + device + " does not support SCSI persistent reservations, or the tool"
                                + " sg_persist (package sg3-utils) is not installed; name a reservation area instead");
    }

    @Override
    public Outcome observe() {
        return initialise();
    }

    @Override
    public Outcome claim(boolean force) {
        CommandResult registered = out("--register-ignore", "--param-sark=" + key, "--param-aptpl");
        if (!registered.succeeded()) {
            // Not every device keeps registrations over a loss of power.
            registered = out("--register-ignore", "--param-sark=" + key);
        }
        if (!registered.succeeded()) {
            return failed("register at", registered);
        }
        Optional<String> holder = holder();
        if (holder.isPresent() && !holder.get().equals(key)) {
            if (!force && !takeover) {
                unregister();
                return Outcome.failed("the device " + device + " is reserved by another server (key 0x" + holder.get()
                        + "); take the resource out of service there first");
            }
            CommandResult preempted = out("--preempt-abort", "--param-rk=" + key, "--param-sark=" + holder.get(), TYPE);
            if (!preempted.succeeded()) {
                return failed("take over the reservation of", preempted);
            }
        } else if (holder.isEmpty()) {
            CommandResult reserved = out("--reserve", "--param-rk=" + key, TYPE);
            if (!reserved.succeeded()) {
                unregister();
                return failed("reserve", reserved);
            }
        }
        return removeOthers();
    }

    /** With this type every registered server may write: nobody but the holder stays registered. */
    private Outcome removeOthers() {
        for (String other : keys()) {
            if (!other.equals(key)) {
                CommandResult removed = out("--preempt", "--param-rk=" + key, "--param-sark=" + other, TYPE);
                if (!removed.succeeded()) {
                    return failed("take the registration 0x" + other + " off", removed);
                }
            }
        }
        return check();
    }

    @Override
    public Outcome release() {
        if (!keys().contains(key)) {
            return Outcome.success("no reservation of this server on " + device);
        }
        if (holder().filter(key::equals).isPresent()) {
            CommandResult released = out("--release", "--param-rk=" + key, TYPE);
            if (!released.succeeded()) {
                return failed("release", released);
            }
        }
        CommandResult unregistered = unregister();
        return unregistered.succeeded()
                ? Outcome.success("reservation of " + device + " released")
                : failed("take this server's registration off", unregistered);
    }

    @Override
    public Outcome check() {
        Optional<String> holder = holder();
        if (holder.filter(key::equals).isPresent()) {
            return Outcome.success(device + " is reserved by this server");
        }
        return Outcome.failed(holder.map(other -> device + " is reserved by another server (key 0x" + other + ")")
                .orElse(device + " is reserved by nobody"));
    }

    private Optional<String> holder() {
        Matcher match = HOLDER.matcher(in("--read-reservation"));
        return match.find() ? Optional.of(normal(match.group(1))) : Optional.empty();
    }

    private List<String> keys() {
        List<String> found = new ArrayList<>();
        Matcher match = KEY.matcher(in("--read-keys"));
        while (match.find()) {
            found.add(normal(match.group(1)));
        }
        return found;
    }

    /** The tool prints keys without leading zeros. */
    private static String normal(String hex) {
        return "0".repeat(Math.max(0, 16 - hex.length())) + hex.toLowerCase(java.util.Locale.ROOT);
    }

    private CommandResult unregister() {
        return out("--register", "--param-rk=" + key, "--param-sark=0");
    }

    private String in(String service) {
        return host.run(Command.of(TOOL, "--in", service, device.toString())
                        .timeLimit(LIMIT)
                        .build())
                .output();
    }

    private CommandResult out(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--out"));
        all.addAll(List.of(arguments));
        all.add(device.toString());
        return host.run(Command.of(TOOL, all).timeLimit(LIMIT).build());
    }

    private Outcome failed(String what, CommandResult result) {
        return Outcome.failed("cannot " + what + " " + device + ": " + result.summary(), result.errors());
    }
}

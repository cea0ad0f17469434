package org.mainstay.kit.share.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostProcesses.Signal;
import org.mainstay.kit.Outcome;

/** Samba on this machine, through its own programs: net, sharesec, smbcontrol, smbstatus, smbclient. */
final class Samba {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration CLIENTS_LEAVE_WITHIN = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Pattern CONNECTION = Pattern.compile("^(.+?)\\s+(\\d+)\\s+(\\S+)\\s+\\S{3}\\s.*$");

    /** How a list of permissions without an entry is written, as an empty one cannot be set. */
    private static final String NOBODY = "S-1-1-0:DENIED/0x0/FULL";

    private final Host host;
    private final String configuration;
    private final String programs;

    /** @param configuration path of smb.conf */
    Samba(Host host, String configuration) {
        this(host, configuration, "");
    }

    /**
     * @param configuration path of smb.conf
     * @param programs folder of Samba's programs with a slash at its end; empty: they are found in the PATH
     */
    Samba(Host host, String configuration, String programs) {
        this.host = host;
        this.configuration = configuration;
        this.programs = programs;
    }

    private CommandResult run(String program, String... arguments) {
        List<String> all = new ArrayList<>(List.of("-s", configuration));
        all.addAll(List.of(arguments));
        return runAs(program, all);
    }

    /** Returns the shares of the registry with their permissions. @throws IOException if Samba cannot be asked */
    List<Share> shares() throws IOException {
        CommandResult list = run("net", "conf", "list");
        if (!list.succeeded()) {
            throw new IOException("Samba's registry cannot be read (net conf list): " + list.summary());
        }
        return Share.parse(list.output());
    }

    /**
     * Returns the share with its permissions read.
     *
     * @throws IOException if they cannot be: without them the share would be open to everybody
     */
    Share withPermissions(Share share) throws IOException {
        CommandResult view = run("sharesec", share.name(), "--view");
        if (!view.succeeded()) {
            throw new IOException("the permissions of share " + share.name() + " cannot be read (sharesec --view): "
                    + view.summary());
        }
        String permissions = view.output()
                .lines()
                .filter(line -> line.startsWith("ACL:"))
                .map(line -> line.substring("ACL:".length()).strip())
                .collect(Collectors.joining(","));
        return share.withPermissions(permissions.isEmpty() ? NOBODY : permissions);
    }

    /** Writes the share as defined and lets clients in, last of all: cut short before, it lets in nobody. */
    Outcome offer(Share share) throws IOException {
        Path file = Files.createTempFile("mainstay-share", ".conf");
        try {
            Files.writeString(file, share.formatClosed());
            CommandResult imported = run("net", "conf", "import", file.toString(), share.name());
            if (!imported.succeeded()) {
                return Outcome.failed(
                        "share " + share.name() + " could not be written to Samba's registry: " + imported.summary());
            }
        } finally {
            Files.delete(file);
        }
        if (!share.permissions().isEmpty()) {
            CommandResult permitted = run("sharesec", share.name(), "--replace=" + share.permissions());
            if (!permitted.succeeded()) {
                return Outcome.failed("the permissions of share " + share.name()
                        + " could not be set, so it stays closed: " + permitted.summary());
            }
        }
        CommandResult opened = run("net", "conf", "setparm", share.name(), "available", "yes");
        return opened.succeeded()
                ? Outcome.success("share " + share.name() + " is offered")
                : Outcome.failed("share " + share.name() + " could not be opened: " + opened.summary());
    }

    /** Lets no client in any more and sees off those who are, with their open files. */
    Outcome withdraw(Share share, ActionContext context) throws IOException {
        if (share.available()) {
            CommandResult closed = run("net", "conf", "setparm", share.name(), "available", "no");
            if (!closed.succeeded()) {
                return Outcome.failed("share " + share.name() + " could not be closed: " + closed.summary());
            }
        }
        if (!serverRuns()) {
            // each client has an smbd of its own, which outlives the one that took the connection
            List<Connection> left = connections(share);
            return left.isEmpty()
                    ? Outcome.success("share " + share.name() + " is closed, and smbd does not run")
                    : force(share, left, context);
        }
        run("smbcontrol", "smbd", "reload-config");
        long end = System.nanoTime() + CLIENTS_LEAVE_WITHIN.toNanos();
        List<Connection> connections = connections(share);
        while (!connections.isEmpty()) {
            if (System.nanoTime() - end >= 0) {
                return force(share, connections, context);
            }
            run("smbcontrol", "smbd", "close-share", share.name());
            if (!context.pause(POLL)) {
                return Outcome.failed("clients of share " + share.name() + " did not leave in time: " + connections);
            }
            connections = connections(share);
        }
        return Outcome.success("share " + share.name() + " is closed");
    }

    /** A client's smbd that does not listen is ended; the client connects again and meets a closed share. */
    private Outcome force(Share share, List<Connection> connections, ActionContext context) {
        context.progress("clients of share " + share.name() + " do not leave, their smbd are ended: " + connections);
        connections.forEach(one -> host.processes().signal(one.process(), Signal.KILL));
        long end = System.nanoTime() + CLIENTS_LEAVE_WITHIN.toNanos();
        while (connections.stream()
                .anyMatch(one -> host.processes().commandLine(one.process()).isPresent())) {
            if (System.nanoTime() - end >= 0 || !context.pause(POLL)) {
                return Outcome.failed(
                        "smbd of clients of share " + share.name() + " could not be ended: " + connections);
            }
        }
        return Outcome.success("share " + share.name() + " is closed");
    }

    /** A client in a share. */
    record Connection(long process, String machine) {
        @Override
        public String toString() {
            return machine + " (smbd " + process + ")";
        }
    }

    /** Returns the clients in the share. @throws IOException if Samba cannot be asked: then nobody knows that there are none */
    List<Connection> connections(Share share) throws IOException {
        CommandResult status = run("smbstatus", "-S");
        if (!status.succeeded()) {
            throw new IOException("who is connected to share " + share.name() + " cannot be told (smbstatus -S): "
                    + (status.timedOut() ? "it hangs" : status.summary()));
        }
        List<Connection> found = new ArrayList<>();
        status.output().lines().forEach(line -> {
            Matcher parts = CONNECTION.matcher(line.strip());
            if (parts.matches() && share.isNamed(parts.group(1).strip())) {
                found.add(new Connection(Long.parseLong(parts.group(2)), parts.group(3)));
            }
        });
        return found;
    }

    boolean serverRuns() {
        return run("smbcontrol", "smbd", "ping").succeeded();
    }

    /** Asks smbd for the share as a client without a name would. @return why it is not served */
    Optional<String> unreachable(Share share) {
        String port = setting("smb ports").replaceAll("\\s.*", "");
        List<String> line =
                new ArrayList<>(List.of("-s", configuration, "//" + address() + "/" + share.name(), "-N", "-t", "10"));
        if (port.matches("\\d{1,5}")) {
            line.addAll(List.of("-p", port));
        }
        line.addAll(List.of("-c", "quit"));
        CommandResult result = runAs("smbclient", line);
        String text = result.output() + result.errors();
        // whoever is turned away has met the share or at least a server that asks for a name
        boolean answered = result.succeeded()
                || text.contains("NT_STATUS_ACCESS_DENIED")
                || text.contains("NT_STATUS_LOGON_FAILURE");
        return answered ? Optional.empty() : Optional.of(result.summary());
    }

    private String setting(String name) {
        return runAs("testparm", List.of("-s", "--parameter-name=" + name, configuration))
                .output()
                .strip();
    }

    private String address() {
        boolean only = setting("bind interfaces only").matches("(?i)yes|true|1");
        return only ? ListenAddress.of(setting("interfaces"), host) : ListenAddress.LOOPBACK;
    }

    private CommandResult runAs(String program, List<String> arguments) {
        return host.run(
                Command.of(programs + program, arguments).timeLimit(LIMIT).build());
    }

    /** Returns the names, for messages. */
    static String names(List<Share> shares) {
        return shares.isEmpty()
                ? "none"
                : String.join(
                        ", ", new TreeSet<>(shares.stream().map(Share::name).toList()));
    }
}

package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.fault.FaultCase;
import org.mainstay.itest.fault.LifeSigns;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/** Two servers with the echo kit in version 1.0.0, and its resource in service on A, where a client counts. */
abstract class HotCase extends FaultCase {
    static final String ECHO = "echo";
    static final String BUNDLE = "stranger.echo";
    static final int PORT = 7000;

    /** A server that answers with its process id; arguments: port and tag. */
    static final String SERVER = """
        use strict; use IO::Socket::INET;
        my ($port, $tag) = @ARGV;
        my $listen = IO::Socket::INET->new(LocalPort => $port, Listen => 50, ReuseAddr => 1) or die "no port: $!";
        exit 0 if fork;
        $0 = "MARK$tag"; open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null';
        $SIG{PIPE} = 'IGNORE';
        while (my $client = $listen->accept) { print $client "$$\\n"; close $client }
        """.replace("MARK", App.MARK);

    KitMaker kits;
    Path echo1;
    private Path folder;
    private CountingClient client;

    /** Makes a folder with the program of an echo resource. */
    Path program(String tag) {
        Path made = lab().directory().resolve(tag);
        try {
            Files.createDirectories(made);
            Files.writeString(made.resolve("echo.pl"), SERVER);
            Files.writeString(made.resolve("history"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }

    @Override
    protected void formed() {
        folder = program(ECHO);
        for (Server server : lab().servers()) {
            server.machine()
                    .run(
                            "sh",
                            "-c",
                            "echo UPDATE_DRAIN_SECS=2 >> \"$1\"",
                            "sh",
                            server.home() + "/etc/default/LifeKeeper")
                    .orThrow();
        }
        kits = new KitMaker(lab().directory(), distribution());
        echo1 = kits.echo("1.0.0", "port");
        String told = a().mainstay("kit", "install", echo1.toString(), "--all-servers");
        assertThat(told).contains("A: kit " + BUNDLE + " 1.0.0 is installed", "B: kit " + BUNDLE);
        a().mainstay("resource", "create", ECHO, "--tag", ECHO, "--set", "port=" + PORT, "--set", "folder=" + folder);
        a().mainstay("resource", "extend", ECHO, "--to", "B");
        expect(ECHO, a(), b());
    }

    /** Begins to count at A. */
    CountingClient count(String name) {
        return count(name, PORT);
    }

    CountingClient count(String name, int port) {
        end();
        client = new CountingClient(
                lab(),
                lab().directory().resolve("client-" + name),
                a().machine().address(1),
                port);
        return client;
    }

    /** The client was served without a single failure, and by one process. */
    void noOutage(CountingClient counting) {
        counting.progress();
        assertThat(counting.failures()).as("failures the client saw").isEmpty();
        assertThat(counting.servers()).as("processes that answered").matches("\\d+");
    }

    void end() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    void hold(String action, Server server) {
        try {
            Files.writeString(folder.resolve("hold-" + action + "-" + server.name()), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void let(String action, Server server) {
        try {
            Files.deleteIfExists(folder.resolve("hold-" + action + "-" + server.name()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns how often a version of the kit was asked for an action on a server. */
    long asked(Server server, String action, String version) {
        String line = server.name() + " " + action + " " + version;
        try {
            return Files.readAllLines(folder.resolve("history")).stream()
                    .filter(line::equals)
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitAsked(Server server, String action, String version, long before) {
        Await.until(
                server.name() + " asks version " + version + " for " + action,
                LIMIT,
                () -> asked(server, action, version) > before,
                () -> server.bin("mainstay", "kit", "list", "--all-servers").output() + server.logs());
    }

    /** A check of the version takes place. */
    void checkedBy(Server server, String version) {
        awaitAsked(server, "check", version, asked(server, "check", version));
    }

    /** Returns the ids of the application's processes on a server, from outside. */
    Set<Long> processes(Server server) {
        return processes(server, ECHO);
    }

    Set<Long> processes(Server server, String tag) {
        Set<Long> pids = new java.util.TreeSet<>(LifeSigns.processes(server.machine()));
        pids.removeIf(pid -> !commandLine(pid).startsWith(App.MARK + tag));
        return pids;
    }

    private static String commandLine(long pid) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(pid), "cmdline"));
        } catch (IOException e) {
            // it has just ended
            return "";
        }
    }

    /** Replaces a bundle of the platform by itself. */
    static void update(Server server, String bundle, String module) {
        server.mainstay("karaf", "bundle:update " + bundle + " file:" + jar(server, module));
    }

    /** Returns the jar of a module as the server sees it. */
    static String jar(Server server, String module) {
        return server.machine()
                .run("sh", "-c", "ls " + server.home() + "/system/org/mainstay/" + module + "/*/*.jar")
                .orThrow()
                .strip();
    }

    /** Runs a command of {@code mainstay} and returns how it ended. */
    Exec.Result try_(Server server, String... words) {
        return server.bin("mainstay", words);
    }

    /** Puts the echo kit in version 1.0.0 on both servers, whatever is there. */
    void firstVersion() {
        for (Server server : List.of(a(), b())) {
            String list = server.bin("mainstay", "kit", "list").output();
            if (!list.lines().anyMatch(line -> line.startsWith("echo ") && !line.contains("missing"))) {
                server.mainstay("kit", "install", echo1.toString());
            } else {
                server.mainstay("kit", "upgrade", echo1.toString(), "--downgrade");
            }
        }
    }
}

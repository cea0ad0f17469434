package org.mainstay.itest.hot;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;

/** A Samba on one server with its shares in its registry, as it would be started at boot; it ends with the machine. */
final class FileServer {
    /** Its configuration, on the server. */
    static final String CONFIGURATION = "/srv/smb/smb.conf";

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final List<Path> PROGRAMS = Stream.of(
                    "/usr/sbin/smbd", "/usr/bin/smbclient", "/usr/bin/net", "/usr/bin/smbstatus")
            .map(Path::of)
            .toList();
    private static final String START = """
            set -eu
            mkdir -p /run/samba
            for part in private state lock cache pid log ncalrpc; do mkdir -p "/srv/smb/$part"; done
            cat > /srv/smb/smb.conf <<END
            [global]
            smb ports = 445
            map to guest = bad user
            guest account = root
            disable netbios = yes
            load printers = no
            private dir = /srv/smb/private
            state directory = /srv/smb/state
            lock directory = /srv/smb/lock
            cache directory = /srv/smb/cache
            pid directory = /srv/smb/pid
            ncalrpc dir = /srv/smb/ncalrpc
            log file = /srv/smb/log/log
            registry shares = yes
            END
            exec setsid smbd -D -s /srv/smb/smb.conf
            """;

    /** Runs programs on the server. */
    interface Shell {
        Exec.Result run(String... command);
    }

    private final Shell shell;

    private FileServer(Shell shell) {
        this.shell = shell;
    }

    /** Starts it and waits until it answers. */
    static FileServer start(Shell shell) {
        FileServer server = new FileServer(shell);
        shell.run("sh", "-c", START).orThrow();
        Await.until(
                "smbd answers",
                LIMIT,
                () -> server.smb("smbcontrol", "smbd", "ping").exitCode() == 0,
                () -> shell.run("sh", "-c", "cat /srv/smb/log/*").output());
        return server;
    }

    /** Returns whether Samba and its client are installed. */
    static boolean installed() {
        return PROGRAMS.stream().allMatch(Files::isExecutable);
    }

    private Exec.Result smb(String program, String... arguments) {
        return shell.run(Stream.concat(Stream.of(program, "-s", CONFIGURATION), Arrays.stream(arguments))
                .toArray(String[]::new));
    }

    /** Defines a share that everybody may use. */
    void share(String name, String folder) {
        smb("net", "conf", "addshare", name, folder, "writeable=y", "guest_ok=y", "")
                .orThrow();
    }

    /** Returns the process that takes connections. */
    String listener() {
        return shell.run("cat", "/srv/smb/pid/smbd.pid").orThrow().strip();
    }

    /** Returns the processes that serve clients in a share. */
    List<String> clients(String share) {
        Pattern line = Pattern.compile("^" + share + "\\s+(\\d+)\\s.*");
        return smb("smbstatus", "-S")
                .orThrow()
                .lines()
                .map(line::matcher)
                .filter(Matcher::matches)
                .map(one -> one.group(1))
                .toList();
    }
}

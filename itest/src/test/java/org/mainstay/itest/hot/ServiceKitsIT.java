package org.mainstay.itest.hot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.contract.Systemd;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Exec;
import org.mainstay.itest.lab.Server;

/**
 * The kits whose resources need a service of the operating system, with a resource of each in service on two servers: a name in a real
 * BIND, a share of a real Samba on a volume, a unit of a real systemd. Each kit is upgraded, downgraded, removed and installed again while
 * a client uses what it protects (I4, I8). Where systemd is installed the servers have booted it, and Mainstay runs under it.
 */
class ServiceKitsIT extends KitsCase {
    private static final String SHARE_ADDRESS = "10.77.1.100";
    private static final String MOUNT = "/srv/files";
    private static final int UNIT_PORT = 7300;

    private final Map<Server, Systemd> booted = new HashMap<>();

    @Override
    protected void formed() {
        booted.clear();
        if (!Systemd.installed()) {
            return;
        }
        for (Server server : lab().servers()) {
            server.bin("lkstop").orThrow();
            Systemd systemd = new Systemd(server.machine(), lab().directory());
            systemd.boot();
            // how it ends does not count: a busy machine may need longer than one command may take
            systemd.run(server.home() + "/bin/lkstart", "-w", "60");
            Await.until(
                    server.name() + " runs under systemd",
                    LIMIT.multipliedBy(3),
                    () -> server.status().isPresent(),
                    server::logs);
            booted.put(server, systemd);
        }
    }

    /** Runs a program where Mainstay runs on a server. */
    private Exec.Result on(Server server, String... command) {
        return booted.containsKey(server)
                ? booted.get(server).run(command)
                : server.machine().run(command);
    }

    private Path file(String name, String content) {
        try {
            return Files.writeString(lab().directory().resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void checkedOften(String tag) {
        expect(tag, a(), b());
        a().mainstay("resource", "set", tag, "quickCheck=1");
        b().mainstay("resource", "set", tag, "quickCheck=1");
    }

    /**
     * Replaces a kit on both servers in every way, ordered from the server without the resource.
     *
     * @param type of the resource, which has the tag and is in service on A
     * @param client is served all the time
     */
    private void replaced(String kit, String type, String tag, CountingClient client) {
        String up = b().mainstay("kit", "upgrade", version(kit, "9.9.9").toString(), "--all-servers");
        assertThat(up).contains("A: kit " + kit + " has version 9.9.9 now", "B: kit " + kit + " has version 9.9.9 now");
        served(kit, "9.9.9", tag, client);
        b().mainstay("kit", "upgrade", version(kit, "0.0.9").toString(), "--all-servers", "--downgrade");
        served(kit, "0.0.9", tag, client);

        b().mainstay("kit", "remove", kit, "--all-servers", "--force");
        for (Server server : List.of(a(), b())) {
            assertThat(server.mainstay("kit", "list"))
                    .containsPattern("(?m)^" + type + " .* missing .*left alone: " + tag + "$");
        }
        client.progress();
        expect(tag, a(), b());

        String again = b().mainstay("kit", "install", kit, "--all-servers");
        assertThat(again).contains("A: kit " + kit, "B: kit " + kit);
        assertThat(a().mainstay("kit", "list"))
                .containsPattern("(?m)^" + type + " ")
                .doesNotContain("missing");
        working(tag, client);
    }

    private void served(String kit, String version, String tag, CountingClient client) {
        awaitVersion(kit, version);
        working(tag, client);
    }

    private void working(String tag, CountingClient client) {
        checked(List.of(tag));
        checked(tag, "deepCheck");
        client.progress();
        assertThat(client.failures()).as("failures the client saw").isEmpty();
        expect(tag, a(), b());
    }

    private void moved(String tag, Server to, Server from) {
        to.mainstay("resource", "in-service", tag);
        expect(tag, to, from);
    }

    private CountingClient reader(String name) {
        return keep(CountingClient.of(
                lab(),
                lab().directory().resolve("reader-" + name),
                "what is shared",
                "smbclient",
                "-s",
                "/dev/null",
                "//" + SHARE_ADDRESS + "/docs",
                "-N",
                "-t",
                "30",
                "-c",
                "get notice.txt -"));
    }

    private Process session() {
        try {
            Process session = new ProcessBuilder(lab().atClient(
                                    List.of("smbclient", "-s", "/dev/null", "//" + SHARE_ADDRESS + "/docs", "-N")))
                    .redirectErrorStream(true)
                    .redirectOutput(lab().directory().resolve("session").toFile())
                    .start();
            keep(session::destroy);
            OutputStream commands = session.getOutputStream();
            commands.write("open notice.txt\n".getBytes(StandardCharsets.UTF_8));
            commands.flush();
            return session;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CountingClient visitor(String name, Server server) {
        return keep(new CountingClient(
                lab(),
                lab().directory().resolve("visitor-" + name),
                server.machine().address(1),
                UNIT_PORT));
    }

    @Test
    void aNameIsFoundWhileItsKitIsReplaced() {
        Assumptions.assumeTrue(
                NameServer.installed(), "needs named and dig (Debian packages bind9 and bind9-dnsutils)");
        NameServer names = new NameServer(lab());
        create(
                "dns",
                "dns-web",
                List.of(
                        "name=web",
                        "domain=" + NameServer.DOMAIN,
                        "address=" + a().machine().address(1),
                        "servers=" + NameServer.ADDRESS,
                        "keyFile=" + names.keyFile()));
        a().mainstay(
                        "resource",
                        "extend",
                        "dns-web",
                        "--to",
                        "B",
                        "--set",
                        "address=" + b().machine().address(1));
        checkedOften("dns-web");
        String before = names.dig("", "SOA");
        CountingClient client = keep(CountingClient.of(
                lab(),
                lab().directory().resolve("resolver"),
                "10[.]77[.]1[.][12]",
                NameServer.question("web", "A").toArray(String[]::new)));

        replaced("dns", "dns", "dns-web", client);
        assertThat(client.servers()).isEqualTo(a().machine().address(1));
        assertThat(names.dig("", "SOA"))
                .as("nobody has written to the zone")
                .isEqualTo(before)
                .isNotEmpty();

        // the old answer stands until the new one is there: not even a move leaves the client without one
        moved("dns-web", b(), a());
        assertThat(names.dig("web", "A")).isEqualTo(b().machine().address(1));
        moved("dns-web", a(), b());
        assertThat(names.dig("web", "A")).isEqualTo(a().machine().address(1));
        client.progress();
        assertThat(client.failures()).isEmpty();
    }

    @Test
    void aShareIsReadWhileItsKitIsReplaced() throws IOException {
        Assumptions.assumeTrue(
                FileServer.installed(), "needs smbd and smbclient (Debian packages samba and smbclient)");
        Path image = lab().directory().resolve("files.img");
        Exec.run("truncate", "-s", "64M", image.toString()).orThrow();
        Exec.run("mkfs.ext4", "-q", image.toString()).orThrow();
        FileServer samba = FileServer.start(command -> on(a(), command));
        FileServer.start(command -> on(b(), command));
        create("ip", "vip", List.of("address=" + SHARE_ADDRESS + "/24"));
        create("volume", "files", List.of("device=" + image, "mount=" + MOUNT));
        on(a(), "sh", "-c", "mkdir " + MOUNT + "/docs && echo what is shared > " + MOUNT + "/docs/notice.txt")
                .orThrow();
        samba.share("docs", MOUNT + "/docs");
        create("volshare", "FSList.0", List.of("shares=docs", "config=" + FileServer.CONFIGURATION));
        a().mainstay("dependency", "create", "FSList.0", "vip");
        a().mainstay("resource", "extend", "FSList.0", "--to", "B");
        checkedOften("FSList.0");
        expect("files", a(), b());
        Process session = session();
        Await.until(
                "a client is in the share", LIMIT, () -> !samba.clients("docs").isEmpty());
        List<String> held = samba.clients("docs");
        String listener = samba.listener();
        CountingClient client = reader("before");

        replaced("share", "volshare", "FSList.0", client);
        assertThat(client.servers()).isEqualTo("what is shared");
        assertThat(session.isAlive()).isTrue();
        assertThat(samba.clients("docs")).as("the open session").containsAll(held);
        assertThat(samba.listener()).isEqualTo(listener);
        client.close();

        moved("FSList.0", b(), a());
        assertThat(samba.clients("docs")).isEmpty();
        CountingClient there = reader("there");
        assertThat(there.failures()).isEmpty();
        there.close();
        moved("FSList.0", a(), b());
        assertThat(reader("back").failures()).isEmpty();
    }

    @Test
    void aUnitServesWhileItsKitIsReplaced() {
        Assumptions.assumeTrue(Systemd.installed(), "needs systemd's programs on this machine");
        Path program = file("echo.pl", HotCase.SERVER);
        Path unit = file("web.service", """
                [Service]
                Type=forking
                ExecStart=/usr/bin/perl %s %d unit
                Restart=always
                """.formatted(program, UNIT_PORT));
        for (Server server : List.of(a(), b())) {
            on(server, "cp", unit.toString(), "/etc/systemd/system/web.service").orThrow();
            booted.get(server).systemctl("daemon-reload");
        }
        create("systemd", "web", List.of("unit=web"));
        a().mainstay("resource", "extend", "web", "--to", "B");
        checkedOften("web");
        String before = unit(a());
        assertThat(before).contains("Restart=no");
        CountingClient client = visitor("before", a());

        replaced("systemd", "systemd", "web", client);
        assertThat(client.servers()).matches("\\d+");
        assertThat(unit(a())).isEqualTo(before);
        client.close();

        moved("web", b(), a());
        assertThat(unit(a())).contains("MainPID=0", "Restart=always");
        CountingClient there = visitor("there", b());
        assertThat(there.failures()).isEmpty();
        there.close();
        moved("web", a(), b());
        assertThat(visitor("back", a()).failures()).isEmpty();
    }

    /** What a restart or a change of the unit would change. */
    private String unit(Server server) {
        return booted.get(server)
                .systemctl(
                        "show",
                        "web",
                        "--property=MainPID,ActiveEnterTimestampMonotonic,NRestarts,Restart,DropInPaths");
    }
}

package org.mainstay.itest.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Cluster;
import org.mainstay.itest.lab.Lab;
import org.mainstay.itest.lab.Server;

/** A console outside the cluster gets the traps of two servers. It knows no SNMP: it looks for the bytes that Net-SNMP would send. */
class SnmpIT extends ContractCase {
    private static final String CONSOLE = "10.77.1.200";
    private static final String PROGRAM = """
            import socket
            console = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            console.bind(("%s", 162))
            print("ready", flush=True)
            while True:
                message, sender = console.recvfrom(65535)
                print(sender[0], message.hex(), flush=True)
            """.formatted(CONSOLE);

    /** The value of snmpTrapOID: .1.3.6.1.4.1.7359.1.0.N, where N is one byte, or two from 128 on. */
    private static final Pattern NUMBER =
            Pattern.compile("060a2b060106030101040100" + "06(?:0a|0b)2b06010401b93f0100(?:81)?([0-9a-f]{2})30");

    private static final String VARIABLE = "06092b06010401b93f01";

    private Path received;

    /** A trap. @param from server's address */
    private record Seen(String from, int number, String hex) {
        static Seen of(String line) {
            String[] words = line.split(" ");
            Matcher match = NUMBER.matcher(words[1]);
            assertThat(match.find()).as("a trap of ours: %s", words[1]).isTrue();
            int low = Integer.parseInt(match.group(1), 16);
            boolean two = match.group().contains("010081");
            return new Seen(words[0], two ? 128 + low : low, words[1]);
        }

        boolean carries(int variable, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            HexFormat hex = HexFormat.of();
            return this.hex.contains(VARIABLE + hex.toHexDigits((byte) variable) + "04"
                    + hex.toHexDigits((byte) bytes.length) + hex.formatHex(bytes));
        }

        boolean hasMessage() {
            return hex.contains(VARIABLE + "0104");
        }
    }

    @Override
    void prepare(Lab opened) {
        Path program = opened.directory().resolve("console.py");
        received = opened.directory().resolve("received");
        try {
            Files.writeString(program, PROGRAM);
            Process console = new ProcessBuilder(opened.atClient(List.of("python3", program.toString())))
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(received.toFile())
                    .start();
            opened.attach(() -> {
                console.destroy();
                console.waitFor();
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Await.until("the console listens", LIMIT, () -> !lines().isEmpty());
        Cluster.form(opened, distribution(), List.of("A", "B"));
        ok(a(), "mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2");
        for (Server server : opened.servers()) {
            String file = server.home() + "/etc/default/LifeKeeper";
            server.machine()
                    .run("sh", "-c", "echo SNMP_TRAP_RECEIVERS=nonsense:0," + CONSOLE + " >> " + file)
                    .orThrow();
        }
    }

    private List<String> lines() {
        try {
            return Files.readAllLines(received);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Seen> traps() {
        List<String> lines = lines();
        return lines.subList(1, lines.size()).stream().map(Seen::of).toList();
    }

    private static String address(Server server) {
        return server.machine().address(1);
    }

    /** Waits for a trap after those seen so far; returns how many were seen with it. */
    private int await(int after, Server from, int number, int variable, String text) {
        int[] index = {-1};
        Await.until(
                "trap " + number + " of " + from.name() + " with '" + text + "'",
                LIMIT,
                () -> {
                    List<Seen> all = traps();
                    for (int i = after; i < all.size() && index[0] < 0; i++) {
                        Seen one = all.get(i);
                        if (one.from().equals(address(from)) && one.number() == number && one.carries(variable, text)) {
                            index[0] = i;
                        }
                    }
                    return index[0] >= 0;
                },
                () -> traps().toString());
        assertThat(traps().get(index[0]).hasMessage()).isTrue();
        return index[0] + 1;
    }

    private void application(String tag, String more) {
        String file = "/opt/" + tag + ".on";
        String start = script(tag + "-start", "touch " + file);
        ok(
                a(),
                "mainstay resource create app --tag " + tag + " --set restore=" + start + " --set remove="
                        + script(tag + "-stop", "rm -f " + file) + " --set quickCheck="
                        + script(tag + "-check", "test -f " + file) + " --set recover=" + start + more);
        ok(a(), "mainstay resource extend " + tag + " --to B");
        ok(a(), "ins_setchkint -t " + tag + " -c q -v 1");
        a().await(tag, "A", "ISP", LIMIT);
    }

    private void fail(String tag) {
        a().machine().run("rm", "-f", "/opt/" + tag + ".on").orThrow();
    }

    // covers SCN-020 SNMP-001 SNMP-003 SNMP-004 SNMP-010 SNMP-011 SNMP-012 SNMP-030
    @Test
    @Order(1)
    void scenario20TheProductStarts() {
        int seen = traps().size();
        ok(a(), "lkstop");
        seen = await(seen, a(), 101, 1, "Mainstay is being stopped on A");
        seen = await(seen, a(), 102, 1, "Mainstay was stopped on A");
        ok(a(), "lkstart");
        await(seen, a(), 100, 1, "Mainstay is ready on A");
        assertThat(traps().stream().filter(trap -> trap.number() == 100)).hasSize(1);
        assertThat(ok(a(), "mainstay status"))
                .contains("A: no SNMP traps are sent to 'nonsense:0'")
                .doesNotContain(CONSOLE);
    }

    // covers SCN-020 SNMP-019 SNMP-021 SNMP-031
    @Test
    @Order(2)
    void scenario20AResourceFailsAndIsRecovered() {
        application("here", " --set localRecovery=yes");
        int seen = traps().size();
        fail("here");
        seen = await(seen, a(), 130, 2, "here");
        await(seen, a(), 132, 2, "here");

        application("there", " --set localRecovery=no");
        seen = traps().size();
        fail("there");
        seen = await(seen, a(), 130, 2, "there");
        await(seen, b(), 132, 2, "there");
        a().await("there", "B", "ISP", LIMIT);
    }

    // covers SNMP-013 SNMP-014 SNMP-032
    @Test
    @Order(3)
    void anOperatorMovesAResource() {
        int seen = traps().size();
        ok(a(), "mainstay resource in-service there");
        seen = await(seen, a(), 110, 1, "switchover of there from B to A");
        await(seen, a(), 111, 3, "there");
        assertThat(traps().stream().filter(trap -> trap.number() == 110 || trap.number() == 111))
                .as("the other server does not tell it again")
                .allMatch(trap -> trap.from().equals(address(a())))
                .hasSize(2);
    }

    // covers SNMP-016 SNMP-017 SNMP-032
    @Test
    @Order(4)
    void aServerDies() {
        int seen = traps().size();
        a().machine().powerCut();
        seen = await(seen, b(), 120, 1, "COMM_DOWN: all comm paths from B to A are dead");
        int here = await(seen, b(), 121, 3, "here");
        assertThat(here).isPositive();
        await(seen, b(), 121, 3, "there");
        b().await("there", "B", "ISP", LIMIT);
    }
}

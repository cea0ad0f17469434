package org.mainstay.shell.internal.snmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.testing.Fixtures;
import org.mainstay.shell.testing.Waits;
import org.snmp4j.PDU;
import org.snmp4j.asn1.BER;
import org.snmp4j.asn1.BERInputStream;
import org.snmp4j.smi.OctetString;
import org.snmp4j.smi.VariableBinding;

/** Events become messages on the network; whatever is wrong with receivers, who adds an event is not held up. */
@Timeout(60)
class TrapForwarderTest {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final String UPTIME = "1.3.6.1.2.1.1.3.0";
    private static final String TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0";
    private static final String READY = "Mainstay is ready on A";
    private static final String FAILED = "quickCheck of pg on A failed: refused";
    private static final String REPAIRED = "pg was recovered on A: restarted";

    @TempDir
    private Path home;

    private final Log log = new Log();
    private DatagramSocket console;
    private TrapForwarder forwarder;

    /** An event log that calls its followers at once. */
    private static final class Log implements EventLog {
        private final List<Consumer<ClusterEvent>> followers = new CopyOnWriteArrayList<>();
        private final List<ClusterEvent> recent = new CopyOnWriteArrayList<>();
        private final AtomicLong sequence = new AtomicLong();

        void happen(String server, int number, String tag, String text) {
            happen(server, number, tag, text, "");
        }

        @Override
        public void addOfScript(int number, Level level, String script, String text) {
            happen("A", number, "", text, script);
        }

        private void happen(String server, int number, String tag, String text, String script) {
            ClusterEvent event = new ClusterEvent(
                    sequence.incrementAndGet(),
                    Clock.systemUTC().instant(),
                    server,
                    number,
                    Level.INFORMATION,
                    tag,
                    text,
                    script);
            recent.add(event);
            followers.forEach(follower -> follower.accept(event));
        }

        @Override
        public List<ClusterEvent> recent(int most) {
            return List.copyOf(recent);
        }

        @Override
        public void add(int number, Level level, String tag, String text) {
            happen("A", number, tag, text);
        }

        @Override
        public Registration follow(Consumer<ClusterEvent> listener) {
            followers.add(listener);
            return () -> followers.remove(listener);
        }
    }

    @BeforeEach
    void openConsole() throws IOException {
        console = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() {
        if (forwarder != null) {
            forwarder.close();
        }
        console.close();
    }

    private void settings(String... lines) {
        try {
            Path file = home.resolve("etc/default/LifeKeeper");
            Files.createDirectories(file.getParent());
            Files.write(file, List.of(lines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String receiver() {
        return "127.0.0.1:" + console.getLocalPort();
    }

    private void start(TrapReceiver.Network network) {
        forwarder = new TrapForwarder(log, home, () -> Fixtures.named("two servers"), network);
    }

    /** What a console sees of a trap: community, number, and the values by OID. */
    private record Seen(String community, int requestId, Map<String, String> values) {
        String trap() {
            return values.get(TRAP_OID);
        }

        String value(int variable) {
            return values.get("1.3.6.1.4.1.7359.1." + variable);
        }
    }

    private Seen receive() throws IOException {
        console.setSoTimeout((int) LIMIT.toMillis());
        DatagramPacket packet = new DatagramPacket(new byte[65_535], 65_535);
        console.receive(packet);
        return read(packet.getData(), packet.getLength());
    }

    private static Seen read(byte[] message, int length) throws IOException {
        BERInputStream in = new BERInputStream(ByteBuffer.wrap(message, 0, length));
        BER.MutableByte type = new BER.MutableByte();
        assertThat(BER.decodeHeader(in, type)).isPositive();
        assertThat(BER.decodeInteger(in, type)).as("version 2c").isEqualTo(1);
        OctetString community = new OctetString();
        community.decodeBER(in);
        PDU pdu = new PDU();
        pdu.decodeBER(in);
        assertThat(pdu.getType()).isEqualTo(PDU.NOTIFICATION);
        Map<String, String> values = new TreeMap<>();
        List<String> order = new ArrayList<>();
        for (VariableBinding binding : pdu.getVariableBindings()) {
            order.add(binding.getOid().toDottedString());
            values.put(binding.getOid().toDottedString(), binding.getVariable().toString());
        }
        assertThat(order).startsWith(UPTIME, TRAP_OID);
        return new Seen(community.toString(), pdu.getRequestID().getValue(), values);
    }

    // covers SNMP-001 SNMP-010 SNMP-019 SNMP-021 SNMP-030 SNMP-031
    @Test
    void eventsOfThisServerReachTheConsole() throws IOException {
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        start(TrapReceiver.Network.REAL);
        log.happen("A", 20100, "", READY);
        log.happen("B", 20100, "", "Mainstay is ready on B");
        log.happen("B", 20126, "pg", "quickCheck of pg on B failed: refused");
        log.happen("A", 20120, "pg", "pg is in service on A");
        log.happen("A", 20126, "pg", FAILED);
        log.happen("A", 20127, "pg", REPAIRED);
        Seen ready = receive();
        assertThat(ready.trap()).isEqualTo("1.3.6.1.4.1.7359.1.0.100");
        assertThat(ready.value(1)).isEqualTo(READY);
        assertThat(ready.community()).isEqualTo("public");
        Seen failed = receive();
        assertThat(failed.trap())
                .as("what other servers tell is theirs to send")
                .endsWith(".0.130");
        assertThat(failed.value(1)).isEqualTo(FAILED);
        assertThat(failed.value(2)).isEqualTo("pg");
        assertThat(failed.requestId()).isNotEqualTo(ready.requestId());
        Seen repaired = receive();
        assertThat(repaired.trap()).endsWith(".0.132");
        assertThat(repaired.value(2)).isEqualTo("pg");
        assertThat(forwarder.problems()).isEmpty();
    }

    @Test
    void aNumberOfAScriptIsNoneOfTheProduct() throws IOException {
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        log.addOfScript(20100, Level.INFORMATION, "restore.ksh", "restore.ksh: before this bundle was there");
        start(TrapReceiver.Network.REAL);
        log.addOfScript(20100, Level.INFORMATION, "restore.ksh", "restore.ksh: ready");
        log.happen("A", 20126, "pg", FAILED);
        assertThat(receive().value(1)).isEqualTo(FAILED);
    }

    // covers SNMP-010
    @Test
    void theCoreMayHaveBeenReadyBefore() throws IOException {
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        log.recent.add(new ClusterEvent(1, Instant.EPOCH, "A", 20100, Level.INFORMATION, "", "an earlier start"));
        log.happen("A", 20100, "", READY);
        start(TrapReceiver.Network.REAL);
        assertThat(receive().value(1)).isEqualTo(READY);
        log.happen("A", 20126, "pg", FAILED);
        assertThat(receive().value(1)).as("once").isEqualTo(FAILED);
    }

    // covers SNMP-012
    @Test
    void theLastWordsAreSent() throws IOException {
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        start(TrapReceiver.Network.REAL);
        log.happen("A", 20101, "", "Mainstay was stopped on A");
        forwarder.close();
        assertThat(receive().trap()).endsWith(".0.102");
        assertThat(log.followers).isEmpty();
    }

    @Test
    void settingsAreReadWhenUsed() throws IOException {
        start(TrapReceiver.Network.REAL);
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        log.happen("A", 20126, "pg", FAILED);
        assertThat(receive().community()).isEqualTo("public");
        Path community = home.resolve("community");
        Files.writeString(community, "n0t-public\n");
        Files.setPosixFilePermissions(community, PosixFilePermissions.fromString("rw-------"));
        settings("SNMP_TRAP_RECEIVERS=" + receiver(), "SNMP_TRAP_COMMUNITY_FILE=" + community);
        log.happen("A", 20127, "pg", REPAIRED);
        Seen seen = receive();
        assertThat(seen.community()).isEqualTo("n0t-public");
        assertThat(seen.value(1)).isEqualTo(REPAIRED);
    }

    @Test
    void badSettingsAreSaidAndGoodReceiversServed() throws IOException {
        settings("SNMP_TRAP_RECEIVERS=nonsense:0," + receiver());
        start(TrapReceiver.Network.REAL);
        log.happen("A", 20126, "pg", FAILED);
        assertThat(receive().value(1)).isEqualTo(FAILED);
        assertThat(forwarder.problems()).singleElement().asString().contains("'nonsense:0'", "correct the file");
        settings("SNMP_TRAP_RECEIVERS=" + receiver());
        assertThat(forwarder.problems()).as("as soon as it is mended").isEmpty();
    }

    /** One receiver's name server never answers: neither events nor the other receiver wait. */
    @Test
    void aSlowReceiverHoldsNobodyUp() throws Exception {
        settings("SNMP_TRAP_RECEIVERS=slow," + receiver());
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        start((host, port, message) -> {
            if (host.equals("slow")) {
                asked.countDown();
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("given up", e);
                }
            }
            TrapReceiver.Network.REAL.send(host, port, message);
        });
        int all = 3 * TrapReceiver.MOST_WAITING;
        for (int i = 0; i < all; i++) {
            log.happen("A", 20126, "pg", "failure " + i);
            assertThat(receive().value(1)).isEqualTo("failure " + i);
        }
        assertThat(asked.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(forwarder.problems())
                .singleElement()
                .asString()
                .contains("slow:162", "too many wait", "SNMP_TRAP_RECEIVERS");
    }

    @Test
    void aReceiverWithoutAddressIsSaidUntilItHasOne() throws Exception {
        settings("SNMP_TRAP_RECEIVERS=console");
        AtomicLong known = new AtomicLong();
        List<byte[]> sent = new CopyOnWriteArrayList<>();
        start((host, port, message) -> {
            if (known.get() == 0) {
                throw new UnknownHostException(host);
            }
            sent.add(message);
        });
        log.happen("A", 20126, "pg", FAILED);
        Waits.until(LIMIT, () -> !forwarder.problems().isEmpty());
        assertThat(forwarder.problems()).singleElement().asString().contains("console:162", "its name has no address");
        known.set(1);
        log.happen("A", 20127, "pg", REPAIRED);
        Waits.until(LIMIT, () -> forwarder.problems().isEmpty());
        assertThat(sent)
                .singleElement()
                .satisfies(message ->
                        assertThat(read(message, message.length).value(1)).isEqualTo(REPAIRED));
    }

    /** One line a minute, with how many were lost. */
    @Test
    void lossesDoNotFillTheLog() {
        AtomicLong nanos = new AtomicLong(5);
        AtomicLong tried = new AtomicLong();
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try (TrapReceiver receiver = new TrapReceiver(
                new TrapTarget("fd00::9", 162),
                (host, port, message) -> {
                    throw new IOException("Network is unreachable " + tried.incrementAndGet());
                },
                nanos::get)) {
            lose(receiver, tried, 10);
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(59));
            lose(receiver, tried, 20);
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
            lose(receiver, tried, 21);
        } finally {
            System.setErr(before);
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains("[fd00::9]:162")))
                .hasSize(2)
                .anyMatch(line -> line.contains("unreachable 1;") && line.contains("said last: 1)"))
                .anyMatch(line -> line.contains("unreachable 21;") && line.contains("said last: 20)"));
    }

    /** Sends until so many are lost. */
    private static void lose(TrapReceiver receiver, AtomicLong tried, int last) {
        for (long next = tried.get() + 1; next <= last; next++) {
            String word = "unreachable " + next + ";";
            receiver.send(new byte[0]);
            Waits.until(LIMIT, () -> receiver.problem().orElse("").contains(word));
        }
    }
}

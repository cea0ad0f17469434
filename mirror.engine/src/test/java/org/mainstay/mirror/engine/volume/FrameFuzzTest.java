package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/**
 * Well-formed frames in any order and with any numbers, to a target and to a source: nothing ends the engine, no data changes that may not,
 * nobody counts as current who is not. More runs: {@code -Dmainstay.mirror.fuzz=20000 -Dmainstay.mirror.seed=FIRST}.
 */
class FrameFuzzTest {
    private static final int SIZE = 6 * IntentLog.BLOCK;
    private static final MirrorSettings SETTINGS = new MirrorSettings(
            Map.of("CurrencyWindowMs", 400L, "PingInterval", 60L, "MaxPingMisses", 4L, "ResumeDelayMs", 20L));

    /** What takes whatever comes. */
    private abstract static class Peer implements LinkHandler {
        @Override
        public void received(Link from) {}

        @Override
        public void closed(Link from, String why) {}
    }

    private static final class Run {
        final SimWorld world;
        final Random random;
        final SimNode a;
        final SimNode b;
        final SimClient client;
        long pinged;
        long seq;
        SimLink link;
        boolean ended;
        /** Whether all frames of the session were in their order so far. */
        boolean begun;

        Run(long seed, boolean liar) {
            world = new SimWorld(new SplittableRandom(seed).nextLong());
            random = world.random;
            a = new SimNode(world, "A", SIZE, MirrorType.SYNC, SETTINGS);
            b = liar ? new Liar(world) : new SimNode(world, "B", SIZE, MirrorType.SYNC, SETTINGS);
            a.peer = b;
            b.peer = a;
            client = new SimClient(world, SIZE);
        }

        void start() throws Exception {
            a.start();
            b.start();
            a.volume.startSource(1, Trust.OWN);
            b.volume.startTarget(1, "A", false);
            world.run(300);
            client.act(a.volume);
            world.run(300);
        }

        // ---- to a target ----

        void target() throws Exception {
            start();
            a.volume.stop(500, behind -> {});
            world.run(1000);
            assertThat(b.volume.target().inStep()).isFalse();
            for (int i = 0; i < 4; i++) {
                session();
            }
            // An honest source finds a target that works.
            a.volume.startSource(2, Trust.OWN);
            b.volume.startTarget(2, "A", true);
            // What well-ordered frames wrote nobody can know of: everything is compared.
            a.volume.resync("B");
            for (int i = 0; i < 100 && a.volume.mirror("B").state() != MirrorState.MIRRORING; i++) {
                world.run(50);
            }
            assertThat(a.volume.mirror("B").state()).isEqualTo(MirrorState.MIRRORING);
            assertThat(java.util.Arrays.mismatch(b.disk.seen, a.disk.seen)).isNegative();
        }

        private void session() {
            connect();
            byte[] image = b.disk.seen.clone();
            VolumeState state = b.volume.state();
            for (int i = 0; i < 40; i++) {
                Frame frame = frame();
                ended |= begun && frame.type() == FrameType.END;
                begun |= frame.type() == FrameType.BEGIN;
                link.send(frame.type(), frame.seq(), frame.offset(), frame.length(), frame.payload(), null);
                world.run(random.nextInt(3) == 0 ? 1 : 0);
                check(image, state);
            }
            world.run(400);
            check(image, state);
        }

        private void check(byte[] image, VolumeState before) {
            VolumeState now = b.volume.state();
            assertThat(now.generations().follows(a.volume.state().generations())
                            || now.generations().equals(before.generations()))
                    .as(
                            "the target holds what the source introduced: %s",
                            now.generations().text())
                    .isTrue();
            assertThat(now.role()).isEqualTo(Role.TARGET);
            assertThat(b.volume.serving()).isFalse();
            if (b.volume.target().inStep()) {
                assertThat(ended).as("nobody is in step without BEGIN and END").isTrue();
            }
            if (!begun) {
                assertThat(b.disk.seen).as("nothing changes before BEGIN").isEqualTo(image);
            } else if (!java.util.Arrays.equals(b.disk.seen, image)) {
                assertThat(!now.consistent() || ended)
                        .as("a mixture is known to be one")
                        .isTrue();
            }
        }

        private void connect() {
            begun = false;
            ended = false;
            seq = random.nextInt(100);
            link = SimLink.pair(world, a, b);
            link.handler = new Peer() {
                @Override
                public void received(Link from, Frame frame) {
                    pinged = frame.type() == FrameType.PING ? frame.offset() : pinged;
                }
            };
            b.accept(link.far());
            VolumeState state = a.volume.state();
            Map<String, String> hello = new LinkedHashMap<>();
            hello.put("protocol", "1");
            hello.put("source", "A");
            hello.put("target", "B");
            hello.put("epoch", "1");
            hello.put("size", Integer.toString(SIZE));
            hello.put("generations", state.generations().text());
            hello.put("base", Long.toHexString(state.peer("B").generation()));
            hello.put("log", Boolean.toString(random.nextInt(4) > 0));
            hello.put("window", "400");
            hello.put("ping", "60");
            hello.put("silence", "240");
            link.send(FrameType.HELLO, 0, 0, 0, Frame.text(hello), null);
            world.run(20);
        }

        private Frame frame() {
            FrameType[] likely = {
                FrameType.BEGIN,
                FrameType.BLOCK,
                FrameType.ZERO,
                FrameType.SUMS,
                FrameType.END,
                FrameType.WRITE,
                FrameType.FLUSH,
                FrameType.GENERATION,
                FrameType.PONG,
                FrameType.ALIVE,
                FrameType.HANDOVER
            };
            FrameType type = random.nextInt(12) == 0
                    ? FrameType.values()[random.nextInt(FrameType.values().length)]
                    : begun ? likely[random.nextInt(likely.length)] : FrameType.BEGIN;
            long length = (long) random.nextInt(3) * IntentLog.BLOCK / (1 + random.nextInt(2));
            long offset = (long) random.nextInt(6) * IntentLog.BLOCK;
            ByteBuffer payload = ByteBuffer.allocate(0);
            switch (type) {
                case BEGIN, END, GENERATION, MARK -> payload = Frame.text(text());
                case WRITE, BLOCK -> payload = data((int) length);
                case SUMS -> payload = data((int) Comparison.bytes(length));
                case PONG, ALIVE -> offset = pinged;
                default -> {}
            }
            if (random.nextInt(15) == 0) {
                offset = odd(offset);
            }
            if (random.nextInt(15) == 0) {
                length = odd(length) & 0xffff_ffff_ffffL;
            }
            if (random.nextInt(20) == 0) {
                payload = data(random.nextInt(200));
            }
            boolean numbered = type != FrameType.PONG && type != FrameType.ALIVE;
            if (numbered) {
                seq = random.nextInt(25) == 0 ? odd(seq) : seq + 1;
            }
            return new Frame().set(type, numbered ? seq : 0, offset, length, payload);
        }

        private Map<String, String> text() {
            Generations mine = a.volume.state().generations();
            Generations said = random.nextInt(5) == 0
                    ? Generations.NONE.next(random.nextInt(50) + 1)
                    : random.nextInt(3) == 0 ? mine.next(random.nextInt(50) + 1) : mine;
            return Map.of(
                    "generations",
                    random.nextInt(10) == 0 ? "no number" : said.text(),
                    "full",
                    Boolean.toString(random.nextInt(4) > 0),
                    "snapshot",
                    "ab");
        }

        private ByteBuffer data(int length) {
            byte[] data = new byte[length];
            random.nextBytes(data);
            return ByteBuffer.wrap(data);
        }

        private long odd(long value) {
            return switch (random.nextInt(6)) {
                case 0 -> -1;
                case 1 -> Long.MAX_VALUE;
                case 2 -> Long.MIN_VALUE;
                case 3 -> value + 2;
                case 4 -> random.nextLong();
                default -> SIZE;
            };
        }

        // ---- to a source ----

        void source() throws Exception {
            Liar liar = (Liar) b;
            start();
            for (int i = 0; i < 20; i++) {
                if (client.outstanding < 60) {
                    client.act(a.volume);
                }
                world.run(100);
            }
            assertThat(liar.sessions).as("it was connected to").isPositive();
            assertThat(a.volume.serving()).isTrue();
            liar.honest = true;
            b.volume.startTarget(1, "A", true);
            // It said that it had what it had not: everything is compared.
            a.volume.resync("B");
            for (int i = 0;
                    i < 200 && (a.volume.mirror("B").state() != MirrorState.MIRRORING || client.outstanding > 0);
                    i++) {
                world.run(50);
            }
            assertThat(a.volume.mirror("B").state())
                    .as(a.volume.mirror("B").detail())
                    .isEqualTo(MirrorState.MIRRORING);
            for (int i = 0; i < 400 && !a.volume.mirror("B").queue().isEmpty(); i++) {
                world.run(5);
            }
            assertThat(client.outstanding).isZero();
            assertThat(client.failed).as("what a target says fails no request").isZero();
            assertThat(a.volume.mirror("B").queue().isEmpty()).isTrue();
            assertThat(java.util.Arrays.mismatch(b.disk.seen, a.disk.seen)).isNegative();
            client.adopt(a.disk.seen, true, "the source");
        }
    }

    /** A target that answers anything, until it is told to be honest. */
    private static final class Liar extends SimNode {
        private final SimWorld world;
        boolean honest;
        int sessions;

        Liar(SimWorld world) {
            super(world, "B", SIZE, MirrorType.SYNC, SETTINGS);
            this.world = world;
        }

        @Override
        void accept(SimLink link) {
            if (honest) {
                super.accept(link);
                return;
            }
            sessions++;
            link.handler = new Peer() {
                @Override
                public void received(Link from, Frame frame) {
                    if (frame.type() == FrameType.HELLO && world.random.nextInt(4) > 0) {
                        greet(from, frame.text());
                    } else {
                        answer(from, frame);
                    }
                }
            };
        }

        private void greet(Link link, Map<String, String> hello) {
            Map<String, String> account = new LinkedHashMap<>();
            account.put("generations", world.random.nextBoolean() ? hello.get("generations") : "0");
            account.put("base", "0");
            account.put("log", "true");
            account.put("consistent", Boolean.toString(world.random.nextBoolean()));
            link.send(FrameType.WELCOME, 0, 0, 0, Frame.text(account), null);
            if (world.random.nextBoolean()) {
                ByteBuffer runs =
                        ByteBuffer.allocate(16).putInt(world.random.nextInt(8)).putInt(world.random.nextInt());
                link.send(FrameType.BITS, 0, 0, 0, runs.putInt(0).putInt(2).flip(), null);
            }
            link.send(FrameType.READY, 0, 0, 0);
        }

        private void answer(Link link, Frame frame) {
            boolean honestly = world.random.nextInt(6) > 0;
            FrameType[] types = {
                FrameType.WELCOME,
                FrameType.BITS,
                FrameType.READY,
                FrameType.ACK,
                FrameType.DONE,
                FrameType.ERROR,
                FrameType.PING,
                FrameType.REFUSE,
                FrameType.HELLO,
                FrameType.WRITE,
                FrameType.END
            };
            FrameType type = switch (frame.type()) {
                case BLOCK, WRITE, ZERO -> FrameType.ACK;
                default -> FrameType.DONE;
            };
            int length = world.random.nextInt(64);
            ByteBuffer payload = ByteBuffer.allocate(length);
            world.random.nextBytes(payload.array());
            link.send(
                    honestly ? type : types[world.random.nextInt(types.length)],
                    honestly || world.random.nextBoolean() ? frame.seq() : world.random.nextLong(),
                    world.random.nextLong(),
                    honestly ? 0 : world.random.nextInt(100),
                    payload,
                    null);
        }
    }

    private interface Body {
        void run(Run run) throws Exception;
    }

    private static void all(boolean liar, Body body) {
        long first = Long.getLong("mainstay.mirror.seed", 1);
        long count = Long.getLong("mainstay.mirror.fuzz", 150);
        for (long seed = first; seed < first + count; seed++) {
            Run run = new Run(seed, liar);
            try {
                body.run(run);
            } catch (Exception | Error e) {
                throw new AssertionError("seed " + seed + "\n" + run.client.tail(), e);
            }
        }
    }

    @Test
    void aTargetStandsAnyFrames() {
        all(false, Run::target);
    }

    @Test
    void aSourceStandsAnyFrames() {
        all(true, Run::source);
    }
}

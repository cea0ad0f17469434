package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/** A target whose disk hangs in the midst of a write: it goes on being told what to do, and nothing comes out of order. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HungDiskTest {
    private static final int SIZE = 4 * IntentLog.BLOCK;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final SimDisk disk = new SimDisk(SIZE);
    private final CountDownLatch hangs = new CountDownLatch(1);
    private final CountDownLatch works = new CountDownLatch(1);
    private final List<String> sent = new CopyOnWriteArrayList<>();
    private Volume volume;

    @BeforeEach
    void target() throws Exception {
        LocalIo io = new LocalIo(disk, threads, sent::add, System::nanoTime);
        volume = new Volume("v", "B", new Threads(), io, new Memory(), io.disk().size());
        volume.startTarget(1, "A", false);
    }

    @AfterEach
    void end() {
        works.countDown();
        threads.shutdown();
    }

    private LinkHandler session() {
        return session(1);
    }

    private LinkHandler session(long epoch) {
        return session(epoch, 600_000);
    }

    private LinkHandler session(long epoch, long millis) {
        Map<String, String> hello = new LinkedHashMap<>();
        hello.put("protocol", Integer.toString(SourceSession.PROTOCOL));
        hello.put("source", "A");
        hello.put("target", "B");
        hello.put("epoch", Long.toString(epoch));
        hello.put("generations", "7");
        hello.put("size", Integer.toString(SIZE));
        List.of("window", "ping", "silence").forEach(name -> hello.put(name, Long.toString(millis)));
        Sent link = new Sent();
        LinkHandler target = volume.accept(link, hello);
        if (target == null) {
            return null;
        }
        Source source = new Source(target, link);
        source.received(null, new Frame().set(FrameType.BEGIN, 0, 0, 0, Frame.text(Map.of("full", "true"))));
        return source;
    }

    /** Numbers what it sends; what comes before the end are blocks of the resynchronisation. */
    private final class Source implements LinkHandler {
        private final LinkHandler target;
        private final Sent link;
        private boolean ended;
        private long seq;

        Source(LinkHandler target, Sent link) {
            this.target = target;
            this.link = link;
        }

        @Override
        public void received(Link from, Frame frame) {
            if (frame.type() == FrameType.ALIVE) {
                target.received(from, frame.set(FrameType.ALIVE, 0, link.pinged, 0, frame.payload()));
                return;
            }
            ended |= frame.type() == FrameType.END;
            FrameType type = frame.type() == FrameType.WRITE && !ended ? FrameType.BLOCK : frame.type();
            target.received(from, frame.set(type, ++seq, frame.offset(), frame.length(), frame.payload()));
        }

        @Override
        public void received(Link from) {
            target.received(from);
        }

        @Override
        public void closed(Link from, String why) {
            target.closed(from, why);
        }
    }

    /** Who waits for the own disk hears nothing. */
    @Test
    void aSlowDiskIsNoSilenceOfTheSource() throws Exception {
        CompletableFuture<Void> writing = hang(session(1, 20));
        long pings = pings();
        while (pings() < pings + 10) {
            assertThat(volume.status().volume()).as("%s", sent).containsEntry("connected", true);
            Thread.onSpinWait();
        }
        works.countDown();
        writing.get(60, TimeUnit.SECONDS);
        while (volume.status().volume().get("connected").equals(true)) {
            Thread.onSpinWait();
        }
        assertThat(sent).anyMatch(line -> line.contains("nothing was heard of the source for 20 ms"));
    }

    private long pings() {
        return sent.stream().filter(line -> line.startsWith("PING")).count();
    }

    private static Frame write(int value) {
        byte[] data = new byte[IntentLog.BLOCK];
        Arrays.fill(data, (byte) value);
        return new Frame().set(FrameType.WRITE, value, 0, data.length, ByteBuffer.wrap(data));
    }

    private static Frame endFrame() {
        return new Frame().set(FrameType.END, 9, 0, 0, Frame.text(Map.of("generations", "7")));
    }

    /** Lets the disk hang in the first write, on the thread of its connection. */
    private CompletableFuture<Void> hang(LinkHandler session) throws InterruptedException {
        AtomicInteger changes = new AtomicInteger();
        disk.hook(() -> {
            if (changes.incrementAndGet() == 1) {
                hangs.countDown();
                await(works);
            }
        });
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> session.received(null, write(1)), threads);
        hangs.await();
        return writing;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void commandsDoNotWaitForTheDisk() throws Exception {
        LinkHandler session = session();
        session.received(null, new Frame().set(FrameType.ALIVE, 0, 0, 0, ByteBuffer.allocate(0)));
        session.received(null, endFrame());
        assertThat(volume.status().volume()).containsEntry("inStep", true);
        CompletableFuture<Void> writing = hang(session);
        assertThatThrownBy(() -> new RoleChange(volume, 500).source(2, Trust.OWN))
                .as("what is on its way to the disk may still change it")
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the disk of v hangs");
        assertThat(volume.status().volume())
                .as("it may become source once the disk works")
                .containsEntry("current", true);
        CountDownLatch stopped = new CountDownLatch(1);
        volume.resign();
        volume.startTarget(2, "A", false);
        volume.stop(0, behind -> stopped.countDown());
        assertThat(volume.hasRole()).as("nobody may take the disk away").isTrue();
        assertThat(stopped.getCount()).isOne();
        works.countDown();
        stopped.await();
        writing.get(60, TimeUnit.SECONDS);
        assertThat(volume.hasRole()).isFalse();
    }

    @Test
    void aTakeoverDoesNotWaitForASnapshotWhoseFileHangs() throws Exception {
        LinkHandler session = session();
        session.received(null, new Frame().set(FrameType.ALIVE, 0, 0, 0, ByteBuffer.allocate(0)));
        session.received(null, endFrame());
        session.received(null, write(1));
        SimDisk file = new SimDisk(SIZE);
        file.hook(() -> {
            hangs.countDown();
            await(works);
        });
        volume.snapshots().prepare("a1", IntentLog.BLOCK, new Room(file));
        session.received(null, new Frame().set(FrameType.MARK, 5, 0, 0, Frame.text(Map.of("snapshot", "a1"))));
        assertThat(volume.snapshots().export()).isEqualTo("v@snapshot-a1");
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> session.received(null, write(2)), threads);
        hangs.await();
        // Less than a target waits for a snapshot's file.
        new RoleChange(volume, 3_000).source(2, Trust.OWN);
        assertThat(volume.serving()).isTrue();
        assertThat(volume.snapshots().export()).isEmpty();
        assertThat(works.getCount()).as("the file hangs still").isOne();
        writing.get(60, TimeUnit.SECONDS);
        assertThat(disk.seen[0]).as("what was not kept is not changed").isEqualTo((byte) 1);
    }

    private final class Room implements SnapshotRoom {
        private final SimDisk file;

        Room(SimDisk file) {
            this.file = file;
        }

        @Override
        public SimDisk file() {
            return file;
        }

        @Override
        public Executor copier() {
            return threads;
        }

        @Override
        public Executor clients() {
            return threads;
        }

        @Override
        public void close() {
            // Nothing is kept.
        }
    }

    @Test
    void itBecomesSourceWhenTheDiskWorksAgain() throws Exception {
        LinkHandler session = session();
        session.received(null, new Frame().set(FrameType.ALIVE, 0, 0, 0, ByteBuffer.allocate(0)));
        session.received(null, endFrame());
        CompletableFuture<Void> writing = hang(session);
        assertThatThrownBy(() -> new RoleChange(volume, 500).source(2, Trust.OWN))
                .hasMessageContaining("hangs");
        works.countDown();
        writing.get(60, TimeUnit.SECONDS);
        volume.startSource(2, Trust.OWN);
        assertThat(volume.serving()).isTrue();
        assertThat(disk.seen[0]).isEqualTo((byte) 1);
    }

    @Test
    void whatAnEarlierConnectionLeftUnderWayIsNotAppliedOverWhatCameLater() throws Exception {
        CompletableFuture<Void> first = hang(session());
        LinkHandler again = session();
        assertThat(again).as("the source connects while the disk hangs").isNotNull();
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Void> second = CompletableFuture.runAsync(
                () -> {
                    begun.countDown();
                    again.received(null, write(2));
                    again.received(null, endFrame());
                },
                threads);
        begun.await();
        assertThat(volume.status().volume()).containsEntry("inStep", false).containsEntry("connected", true);
        works.countDown();
        first.get(60, TimeUnit.SECONDS);
        second.get(60, TimeUnit.SECONDS);
        assertThat(disk.seen[0]).isEqualTo((byte) 2);
        assertThat(disk.seen[IntentLog.BLOCK - 1]).isEqualTo((byte) 2);
        assertThat(volume.status().volume()).containsEntry("inStep", true);
    }

    /** A thread that waited for the disk for ever would keep the place of its connection, of which there are few for all volumes. */
    @Test
    void aConnectionThatHasEndedDoesNotWaitForTheDisk() throws Exception {
        CompletableFuture<Void> first = hang(session());
        LinkHandler again = session();
        CompletableFuture<Void> second = CompletableFuture.runAsync(() -> again.received(null, write(2)), threads);
        assertThat(session()).as("the source connects once more").isNotNull();
        second.get(60, TimeUnit.SECONDS);
        assertThat(first).isNotDone();
        works.countDown();
        first.get(60, TimeUnit.SECONDS);
        assertThat(disk.seen[0]).isEqualTo((byte) 1);
    }

    private void inStep() {
        LinkHandler session = session();
        session.received(null, new Frame().set(FrameType.ALIVE, 0, 0, 0, ByteBuffer.allocate(0)));
        session.received(null, endFrame());
        assertThat(volume.status().volume()).containsEntry("inStep", true);
    }

    /** Begins to become source, and lets the flush hang. */
    private CompletableFuture<Void> promotion(Trust trust) throws InterruptedException {
        disk.hook(() -> {
            hangs.countDown();
            await(works);
        });
        CompletableFuture<Void> promotion = CompletableFuture.runAsync(
                () -> {
                    try {
                        volume.startSource(2, trust);
                    } catch (RefusedException e) {
                        throw new CompletionException(e);
                    }
                },
                threads);
        hangs.await();
        assertThat(volume.status().volume()).containsEntry("leaving", true);
        return promotion;
    }

    @Test
    void aSourceOfANewerEpochEndsAPromotionThatHangs() throws Exception {
        inStep();
        CompletableFuture<Void> promotion = promotion(Trust.OWN);
        assertThat(session(3)).as("this side takes nothing yet").isNull();
        works.countDown();
        assertThatThrownBy(promotion::join).hasMessageContaining("epoch 2 is over");
        assertThat(volume.serving()).isFalse();
        assertThat(volume.status().volume()).containsEntry("current", false);
        assertThat(session(3)).isNotNull();
    }

    @Test
    void aStopEndsAPromotionThatHangs() throws Exception {
        inStep();
        CompletableFuture<Void> promotion = promotion(Trust.FORCED);
        CountDownLatch stopped = new CountDownLatch(1);
        volume.stop(0, behind -> stopped.countDown());
        stopped.await();
        works.countDown();
        assertThatThrownBy(promotion::join).hasMessageContaining("stopped meanwhile");
        assertThat(volume.serving()).isFalse();
    }

    @Test
    void aFlushThatHangsIsGivenUpAndDoneAgainLater() throws Exception {
        inStep();
        disk.hook(() -> await(works));
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> new RoleChange(volume, 200).source(2, Trust.OWN))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("the disk of v hangs");
        }
        assertThat(volume.status().volume()).containsEntry("current", true).containsEntry("leaving", false);
        works.countDown();
        volume.startSource(2, Trust.OWN);
        assertThat(volume.serving()).isTrue();
    }

    /** Real threads. */
    private final class Threads implements Environment {
        private final Buffers buffers = new Buffers(8 << 20);
        private final AtomicInteger generations = new AtomicInteger(100);

        @Override
        public void run(Runnable job) {
            threads.execute(job);
        }

        @Override
        public void after(long millis, Runnable job) {
            // Only what ends soon is waited for here: the end of a stop, not the next ping.
            if (millis <= 1_000) {
                threads.execute(() -> {
                    java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
                    job.run();
                });
            }
        }

        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public long bootNanos() {
            return System.nanoTime();
        }

        @Override
        public long newGeneration() {
            return generations.incrementAndGet();
        }

        @Override
        public Buffers buffers() {
            return buffers;
        }

        @Override
        public void dial(String address, LinkHandler handler, Dialed connected) {
            connected.done(null, "nobody is there");
        }

        @Override
        public void log(String line) {
            sent.add(line);
        }

        @Override
        public void event(String line) {
            sent.add(line);
        }
    }

    private static final class Memory implements StateStore {
        private VolumeState state;

        @Override
        public VolumeState load() {
            return state;
        }

        @Override
        public void save(VolumeState now) {
            state = now;
        }
    }

    /** What is sent to the source is noted. */
    private final class Sent implements Link {
        private volatile long pinged;

        @Override
        public void send(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable done) {
            pinged = type == FrameType.PING ? offset : pinged;
            sent.add(type + " " + seq);
        }

        @Override
        public void kick() {
            // Sent already.
        }

        @Override
        public void close(String why) {
            sent.add("closed " + why);
        }

        @Override
        public void shape(long kilobitsPerSecond, int compression, boolean background) {
            // As fast as it can.
        }

        @Override
        public String peer() {
            return "A";
        }
    }
}

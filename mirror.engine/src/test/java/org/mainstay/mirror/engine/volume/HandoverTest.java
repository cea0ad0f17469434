package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.mirror.engine.io.BlockRequest;
import org.mainstay.mirror.engine.link.FrameType;

/** The orderly end of a source. */
class HandoverTest {
    private static BlockRequest read(SimPair pair, int cell) {
        SimClient.Request read = pair.client.new Request(BlockRequest.Kind.READ, cell, 0, false);
        pair.client.outstanding++;
        pair.a.volume.submit(new BlockRequest[] {read}, 1);
        pair.world.run(100);
        return read;
    }

    private static int result(BlockRequest request) {
        return ((SimClient.Request) request).result;
    }

    /** NBD clients connect again as soon as they are disconnected. */
    @Test
    void whoComesDuringTheHandoverIsDisconnectedAndReadsNothingAfterIt() throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of()).start().inStep();
        boolean[] stopped = new boolean[1];
        int[] closed = new int[1];
        AutoCloseable client = () -> closed[0]++;
        assertThat(pair.a.volume.attach(client)).isTrue();
        pair.world.lost = type -> type == FrameType.DONE;
        pair.a.volume.stop(500, behind -> stopped[0] = true);
        assertThat(closed[0]).isOne();
        pair.a.volume.detach(client);
        assertThat(pair.a.volume.attach(client)).as("it is source yet").isTrue();
        assertThat(result(read(pair, 3))).isZero();
        pair.until(() -> stopped[0]);
        assertThat(closed[0]).isEqualTo(2);
        assertThat(pair.a.volume.attach(client)).isFalse();
        pair.world.lost = type -> false;
        pair.b.volume.startSource(2, Trust.FORCED);
        pair.a.volume.startTarget(2, "B", false);
        assertThat(result(read(pair, 3))).isEqualTo(BlockRequest.ESHUTDOWN);
        assertThat(result(pair.client.write(pair.a.volume, 3, false))).isEqualTo(BlockRequest.ESHUTDOWN);
    }

    /** From the handover on the target may be source, and write. */
    @Test
    void nothingIsReadFromTheHandoverOn() throws Exception {
        SimPair pair = new SimPair(MirrorType.SYNC, Map.of()).start().inStep();
        // The flush is answered at once, the handover never.
        boolean[] handover = new boolean[1];
        pair.world.lost = type -> {
            handover[0] |= type == FrameType.HANDOVER;
            return handover[0] && type == FrameType.DONE;
        };
        pair.a.volume.stop(60_000, behind -> {});
        pair.until(() -> pair.a.volume.path().refuses());
        assertThat(pair.a.volume.serving()).isTrue();
        assertThat(result(read(pair, 3))).isEqualTo(BlockRequest.ESHUTDOWN);
    }

    /** The manager asks the side that stopped: with the same id it would say that the target has everything. */
    @Test
    void whoRanOutOfTimeDoesNotHoldTheSameDataAsItsTarget() throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of("DontFlushAsyncQueue", 1L))
                .start()
                .inStep();
        long before = pair.b.volume.state().generations().current();
        assertThat(pair.a.volume.state().generations().current()).isEqualTo(before);
        // The network takes longer for it than the stop has.
        pair.world.perFrame = 150_000_000;
        for (int cell = 0; cell < 5; cell++) {
            SimClient.Request write = pair.client.write(pair.a.volume, cell, false);
            pair.until(() -> write.result == 0);
        }
        assertThat(pair.mirror().state()).isEqualTo(MirrorState.MIRRORING);
        List<String> late = new ArrayList<>();
        pair.a.volume.stop(50, late::addAll);
        pair.until(() -> !late.isEmpty());
        assertThat(late).containsExactly("B");
        assertThat(pair.world.trace).contains("v was not handed over in time: what was answered is not on B");
        assertThat(pair.b.volume.state().generations().current()).isEqualTo(before);
        assertThat(pair.a.volume.state().generations().current()).isNotEqualTo(before);
        // It goes on where it was, and sends what is missing.
        pair.world.perFrame = 0;
        pair.a.volume.startSource(2, Trust.OWN);
        pair.b.volume.startTarget(2, "A", false);
        pair.inStep();
    }

    @Test
    void whoHandedEverythingOverKeepsItsId() throws Exception {
        SimPair pair = new SimPair(MirrorType.ASYNC, Map.of()).start().inStep();
        pair.written(3);
        List<List<String>> late = new ArrayList<>();
        pair.a.volume.stop(60_000, late::add);
        pair.until(() -> !late.isEmpty());
        assertThat(late).containsExactly(List.of());
        assertThat(pair.a.volume.state().generations().current())
                .isEqualTo(pair.b.volume.state().generations().current());
    }
}

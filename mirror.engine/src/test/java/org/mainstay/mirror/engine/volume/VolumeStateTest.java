package org.mainstay.mirror.engine.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The state as it is kept: engines of other releases read it too. */
class VolumeStateTest {
    private static final VolumeState.Peer PEER = new VolumeState.Peer(7, true, false, false, 400, 0xabc);

    private static VolumeState state() {
        return VolumeState.NEW.size(4096).generations(Generations.NONE.next(7)).peer("B", PEER);
    }

    @Test
    void survivesItsText() {
        assertThat(VolumeState.fromLines(state().toLines())).isEqualTo(state());
    }

    /** It takes five values of a peer, and no lines that it does not know along. */
    @Test
    void isReadByTheReleaseBeforeWhileAFullResynchronisationRuns() {
        Map<String, String> lines = state().toLines();
        assertThat(lines.get("peer.B").split(" ")).hasSize(5);
        lines.keySet()
                .retainAll(VolumeState.NEW
                        .peer("B", VolumeState.Peer.NEW)
                        .toLines()
                        .keySet());
        assertThat(VolumeState.fromLines(lines).peer("B"))
                .as("what it saves names none: all is sent")
                .isEqualTo(PEER.sync(0));
    }

    /** It takes no lines that it does not know along, so it goes on as it always did. */
    @Test
    void aFailedFlushIsALineOfItsOwn() {
        Map<String, String> lines = state().lost(true).toLines();
        assertThat(VolumeState.fromLines(lines)).isEqualTo(state().lost(true));
        assertThat(lines.remove("lost")).isEqualTo("true");
        assertThat(lines).isEqualTo(state().toLines());
        assertThat(VolumeState.fromLines(lines)).isEqualTo(state());
    }
}

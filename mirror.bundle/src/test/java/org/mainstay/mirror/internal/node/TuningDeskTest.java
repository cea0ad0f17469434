package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Reply;
import org.mainstay.mirror.internal.engine.EngineLink;

class TuningDeskTest {
    private final List<String> sent = new ArrayList<>();

    private Reply set(int atA, int atB) throws Exception {
        TuningDesk desk = new TuningDesk((server, tag, words) -> {
            sent.add(server + " " + tag + " " + String.join(" ", words));
            int exit = server.equals("A") ? atA : atB;
            return new EngineLink.Answer(exit, exit == 0 ? List.of() : List.of("no"));
        });
        return desk.set("data", "data-1", "A", "B", Map.of("BandwidthThrottle", 2000L));
    }

    // covers MGUIDE-508
    @Test
    void theValueIsThereAfterASwitchover() throws Exception {
        assertThat(set(0, 0).succeeded()).isTrue();
        assertThat(sent)
                .containsExactly(
                        "A data set data-1 B BandwidthThrottle=2000", "B data set data-1 A BandwidthThrottle=2000");
    }

    @Test
    void whatTheSourceRefusesIsNotSetAtTheTarget() throws Exception {
        assertThat(set(2, 0).succeeded()).isFalse();
        assertThat(sent).hasSize(1);
    }

    @Test
    void aTargetThatCannotBeReachedIsNamed() throws Exception {
        Reply reply = set(0, 9);
        assertThat(reply.succeeded()).isFalse();
        assertThat(reply.message())
                .contains("set on A, not on B: no")
                .contains("After a switchover its own values count");
    }
}

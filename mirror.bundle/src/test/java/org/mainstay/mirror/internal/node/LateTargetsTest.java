package org.mainstay.mirror.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Registration;
import org.mainstay.mirror.internal.volume.Mirrored;

/** What a stop left behind (MIR-119, MIR-135). */
class LateTargetsTest {
    private final List<String> told = new ArrayList<>();
    private final Log log = new Log();

    private void tell(boolean reached, String... answer) throws InterruptedException {
        Mirrored volume = Mirrored.of("data", Map.of("device", "/dev/x", "mount", "/srv", "mirror", "10.0.0.1"))
                .orElseThrow();
        LateTargets.Telling way = (target, name, epoch, source) -> {
            told.add(target + " " + name.equals(volume.volume()) + " " + epoch + " " + source);
            return reached;
        };
        new LateTargets(way, "A", log).tell(volume, 7, List.of(answer));
    }

    // covers MIR-135 MIR-119
    @Test
    void eachTargetThatIsBehindIsToldThatItIsNotCurrent() throws InterruptedException {
        tell(true, "behind B", "behind C");
        assertThat(told).containsExactly("B true 7 A", "C true 7 A");
        assertThat(log.texts).hasSize(2).allMatch(text -> !text.contains("could not be told"));
        assertThat(log.texts.get(0)).contains("mainstay mirror force data --on B");
    }

    @Test
    void whoCannotBeToldIsNamed() throws InterruptedException {
        tell(false, "behind B");
        assertThat(log.texts).singleElement().asString().contains("B could not be told");
    }

    @Test
    void aCompleteHandoverTellsNobody() throws InterruptedException {
        tell(true);
        assertThat(told).isEmpty();
        assertThat(log.texts).isEmpty();
    }

    private static final class Log implements EventLog {
        private final List<String> texts = new ArrayList<>();

        @Override
        public void add(int number, ClusterEvent.Level level, String tag, String text) {
            texts.add(text);
        }

        @Override
        public void addOfScript(int number, ClusterEvent.Level level, String script, String text) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ClusterEvent> recent(int most) {
            return List.of();
        }

        @Override
        public Registration follow(java.util.function.Consumer<ClusterEvent> listener) {
            return () -> {};
        }
    }
}

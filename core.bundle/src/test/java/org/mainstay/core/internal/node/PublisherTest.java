package org.mainstay.core.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.core.decision.state.CoreState;

class PublisherTest {
    private final AtomicReference<List<String>> problems = new AtomicReference<>(List.of());
    private final Publisher publisher = new Publisher(
            CoreState.initial(Lcd.empty("A", 1), Map.of()), Runnable::run, new PeerViews(), problems::get);

    /** A refused setting or a silent disk is no change of the cluster's state: nothing else would show it. */
    @Test
    void whatTheRuntimeReportsIsShownWithoutAnyOtherChange() {
        AtomicInteger told = new AtomicInteger();
        publisher.listen(snapshot -> told.incrementAndGet());
        publisher.refresh();
        assertThat(told).as("nothing is new").hasValue(0);
        problems.set(List.of("QUORUM_MODE=majority needs 3 or more servers, this cluster has 2"));
        publisher.refresh();
        publisher.refresh();
        assertThat(told).hasValue(1);
        assertThat(publisher.snapshot().problems()).containsAll(problems.get());
        problems.set(List.of());
        publisher.refresh();
        assertThat(publisher.snapshot().problems()).noneMatch(text -> text.contains("QUORUM_MODE"));
    }
}

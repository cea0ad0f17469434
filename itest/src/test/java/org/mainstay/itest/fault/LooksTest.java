package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mainstay.itest.lab.LabException;

/** Whoever did not look may not say that nothing had two owners. */
class LooksTest {
    private final Looks looks = new Looks();

    private void look(String what, int good, int failed) {
        for (int i = 0; i < good; i++) {
            looks.at(what, () -> {});
        }
        for (int i = 0; i < failed; i++) {
            looks.at(what, () -> {
                throw new IllegalStateException("torn line");
            });
        }
        looks.round();
    }

    @Test
    void nobodyLookedIsNoProof() {
        assertThatThrownBy(looks::verify).isInstanceOf(LabException.class).hasMessageContaining("nobody looked");
        looks.round();
        assertThatCode(looks::verify).as("a single server has nobody beside it").doesNotThrowAnyException();
    }

    @Test
    void aFewLooksMayFail() {
        look("A and B", 11, 10);
        look("A and C", 1_000, 100);
        assertThatCode(looks::verify).doesNotThrowAnyException();
    }

    @Test
    void onePairThatWasSeldomSeenFailsBesideOthersThatWere() {
        look("A and B", 1_000, 0);
        look("A and C", 1_000, 400);
        assertThatThrownBy(looks::verify)
                .isInstanceOf(LabException.class)
                .hasMessageContaining("400 of 1400 looks at A and C")
                .hasRootCauseMessage("torn line");
    }

    @Test
    void aPairThatWasNeverSeenFails() {
        look("A and B", 100, 0);
        look("B and C", 0, 1);
        assertThatThrownBy(looks::verify).hasMessageContaining("1 of 1 looks at B and C");
    }

    @Test
    void aFailureHidesNoOtherPair() {
        AtomicInteger second = new AtomicInteger();
        look("A and B", 0, 1);
        looks.at("A and C", second::incrementAndGet);
        assertThat(second).hasValue(1);
    }

    @Test
    void aWatcherThatDiedIsTold() {
        look("A and B", 100, 0);
        looks.broken(new OutOfMemoryError("no thread"));
        assertThatThrownBy(looks::verify).hasMessageContaining("nobody looks any more");
    }
}

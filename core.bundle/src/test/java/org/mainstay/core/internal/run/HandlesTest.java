package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HandlesTest {
    private final List<String> told = new ArrayList<>();
    private int open;
    private int most = 1000;
    private Runnable between = () -> {};
    private final Handles handles = new Handles(
            () -> {
                if (open + 2 > most) {
                    throw new IOException("Too many open files");
                }
                open += 2;
                return () -> open -= 2;
            },
            () -> between.run(),
            e -> told.add(e.getMessage()));

    @Test
    void whoHasHandlesIsToldNothingAndKeepsNoneOpen() {
        handles.check();
        handles.look();
        assertThat(told).isEmpty();
        assertThat(open).isZero();
        new Handles(e -> told.add(e.getMessage())).check();
        assertThat(told).as("the real ones").isEmpty();
    }

    @Test
    void tooFewToStartACommandAreNone() {
        most = 6;
        handles.check();
        assertThat(told).containsExactly("Too many open files");
        assertThat(open).isZero();
    }

    /** Others look at the same time, and a switch that dies makes many things fail at once. */
    @Test
    void aShortageOfAMomentIsNone() {
        most = 0;
        between = () -> most = 1000;
        handles.check();
        assertThat(told).isEmpty();
    }

    /** Somebody may have had many for a moment. */
    @Test
    void fromTimeToTimeTheThirdLookInARowCounts() {
        most = 0;
        handles.look();
        handles.look();
        most = 1000;
        handles.look();
        most = 0;
        handles.look();
        handles.look();
        assertThat(told).isEmpty();
        handles.look();
        assertThat(told).containsExactly("Too many open files");
    }
}

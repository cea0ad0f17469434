package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.GuardControl.GuardNews;

class NewsBoardTest {
    private static final GuardNews DEAD = new GuardNews.PathState("p1", "B", false);
    private static final GuardNews ALIVE = new GuardNews.PathState("p1", "B", true);
    private static final GuardNews AWAY = new GuardNews.Link(false);
    private static final GuardNews BACK = new GuardNews.Link(true);

    private final List<GuardNews> told = new ArrayList<>();
    private final NewsBoard board = new NewsBoard(Runnable::run);

    @BeforeEach
    void listen() {
        board.listen(told::add);
    }

    /** Comm forgets what a guard said that is away, and would use a path that is dead. */
    @Test
    void aPathIsToldAnewWhenTheGuardIsBack() {
        List.of(BACK, DEAD, AWAY, BACK, DEAD).forEach(board::publish);
        assertThat(told).containsExactly(BACK, DEAD, AWAY, BACK, DEAD);
    }

    @Test
    void aGuardThatRepeatsItselfIsToldOnce() {
        List.of(BACK, ALIVE, ALIVE, AWAY, BACK, ALIVE, ALIVE, DEAD, DEAD).forEach(board::publish);
        assertThat(told).containsExactly(BACK, ALIVE, AWAY, BACK, ALIVE, DEAD);
    }
}

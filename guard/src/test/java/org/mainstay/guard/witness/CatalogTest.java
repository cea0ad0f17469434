package org.mainstay.guard.witness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CatalogTest {
    private final Catalog catalog = new Catalog();

    @Test
    void aProblemIsToldWhenItBeginsAndWhenItEnds() {
        Problem absent = new Problem(Problem.ABSENT, "/x does not exist");
        catalog.problem("/x", absent, 0);
        catalog.problem("/x", absent, 1000);
        catalog.fine("/x", "/x can be read again", 2000);
        catalog.fine("/x", "/x can be read again", 3000);
        assertThat(catalog.take()).containsExactly("18149 E /x does not exist", "18211 I /x can be read again");
        assertThat(catalog.take()).isEmpty();
    }

    @Test
    void anotherProblemOfTheSamePlaceIsToldAtOnce() {
        catalog.problem("/x", new Problem(Problem.ABSENT, "absent"), 0);
        catalog.problem("/x", new Problem(Problem.WRONG_CHECKSUM, "torn"), 1);
        assertThat(catalog.take()).containsExactly("18149 E absent", "18146 E torn");
    }

    @Test
    void whatComesAndGoesIsToldOnceAMinute() {
        Problem torn = new Problem(Problem.WRONG_CHECKSUM, "torn");
        for (int second = 0; second <= 120; second++) {
            catalog.problem("/x", torn, second * 1000L);
            catalog.fine("/x", "whole", second * 1000L);
        }
        assertThat(catalog.take().stream().filter(text -> text.contains("torn")))
                .hasSize(3);
    }

    // covers MSG-032
    @Test
    void anOldCopyIsAWarning() {
        catalog.say("/x", Catalog.SEQUENCE_WENT_BACK, "back", 0);
        assertThat(catalog.take()).containsExactly("18154 W back");
    }
}

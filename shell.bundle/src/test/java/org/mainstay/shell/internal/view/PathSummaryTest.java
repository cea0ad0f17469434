package org.mainstay.shell.internal.view;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathSummaryTest {
    // covers ADM-035 ADM-036 ADM-037 ADM-038 ADM-039 ADM-040
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0, NONE DEFINED",
        "1, 0, 0, FAILED",
        "3, 0, 0, FAILED",
        "2, 0, 1, UNKNOWN",
        "1, 1, 0, WARNING",
        "2, 1, 0, WARNING",
        "3, 2, 0, DEGRADED",
        "2, 2, 0, NORMAL",
        "4, 4, 0, NORMAL"
    })
    void eachCaseHasOneName(int defined, int alive, int unknown, String summary) {
        assertThat(PathSummary.summary(defined, alive, unknown)).isEqualTo(summary);
    }
}

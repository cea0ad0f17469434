package org.mainstay.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BootTimeTest {

    @Test
    void readsSecondsWithTwoDecimals() {
        assertThat(BootTime.parse("350735.47 234388.90\n")).isEqualTo(350_735_470L);
        assertThat(BootTime.parse("0.01 0.00\n")).isEqualTo(10L);
    }

    @Test
    void neverGoesBack() {
        long first = BootTime.millis();
        assertThat(BootTime.millis()).isGreaterThanOrEqualTo(first);
    }
}

package org.mainstay.guard.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordsTest {

    @Test
    void everythingTravels() {
        List<String> words = List.of("MOUNT\t/srv/a b\t/dev/loop0", "", "-", "100%", "größe\n", "x");
        assertThat(Words.parse(Words.line(words.toArray()))).isEqualTo(words);
    }

    @Test
    void aLineHoldsNothingThatEndsIt() {
        assertThat(Words.line("a\nb", "\t", " ")).isEqualTo("a%0Ab %09 %20");
    }

    @Test
    void malformedEscapesAreRefused() {
        for (String bad : List.of("a%", "a%2", "%zz", "%2z")) {
            assertThatThrownBy(() -> Words.parse(bad)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}

package org.mainstay.guard.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.mainstay.guard.util.Words;

class PathConfigTest {
    private static PathConfig parse(Object... words) {
        return PathConfig.parse(Words.parse(Words.line(words)));
    }

    @Test
    void survivesItsFile() {
        PathConfig four = parse("path", "p 1", "größe", "10.0.0.1", 1500, "10.0.0.2", 1501, 50, 3, FakeNetwork.KEY);
        PathConfig six = parse("path", "p2", "B", "fd00::1", 1500, "fd00::2", 1500, 500, 6, FakeNetwork.KEY);
        assertThat(PathConfig.parse(Words.parse(four.encode()))).isEqualTo(four);
        assertThat(PathConfig.parse(Words.parse(six.encode()))).isEqualTo(six);
        assertThat(four.detectionNanos()).isEqualTo(150_000_000L);
    }

    @Test
    void neverShowsItsKey() {
        assertThat(parse("path", "p", "B", "10.0.0.1", 1, "10.0.0.2", 1, 50, 3, FakeNetwork.KEY)
                        .toString())
                .doesNotContain(FakeNetwork.KEY);
    }

    @Test
    void refusesWhatCannotBeServed() {
        refused("host names", "path", "p", "B", "localhost", 1, "10.0.0.2", 1, 50, 3, FakeNetwork.KEY);
        refused("intervals", "path", "p", "B", "10.0.0.1", 1, "10.0.0.2", 1, 49, 3, FakeNetwork.KEY);
        refused("misses", "path", "p", "B", "10.0.0.1", 1, "10.0.0.2", 1, 50, 1, FakeNetwork.KEY);
        refused("keys", "path", "p", "B", "10.0.0.1", 1, "10.0.0.2", 1, 50, 3, "abcd");
        refused("one address", "path", "p", "B", "10.0.0.1", 1, "10.0.0.1", 1, 50, 3, FakeNetwork.KEY);
        refused("words", "path", "p");
    }

    private static void refused(String what, Object... words) {
        assertThatThrownBy(() -> parse(words)).as(what).isInstanceOf(IllegalArgumentException.class);
    }
}

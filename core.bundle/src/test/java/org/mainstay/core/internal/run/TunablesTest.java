package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tunables file is read at each use (CORE-080, CORE-082). */
class TunablesTest {
    @TempDir
    Path directory;

    @Test
    void linesCommentsQuotesAndLaterLines() throws Exception {
        Path file = directory.resolve("LifeKeeper");
        Tunables tunables = new Tunables(file);
        assertThat(tunables.get("A", "none")).isEqualTo("none");
        Files.writeString(file, "# A=no\nA=1\n B = \"two words\" \nC='x'\nA=2\nbroken\n=empty\nURL=a=b\n");
        assertThat(tunables.get("A", "none")).isEqualTo("2");
        assertThat(tunables.get("B", "")).isEqualTo("two words");
        assertThat(tunables.get("C", "")).isEqualTo("x");
        assertThat(tunables.get("URL", "")).isEqualTo("a=b");
        assertThat(tunables.all()).hasSize(4);
        Files.writeString(file, "A=3\n");
        assertThat(tunables.get("A")).contains("3");
    }

    @Test
    void numbersOutsideTheirRangeAreNotUsed() throws Exception {
        Path file = directory.resolve("LifeKeeper");
        Files.writeString(file, "GOOD=7\nBAD=seven\nLOW=-1\nEMPTY=\n");
        Tunables tunables = new Tunables(file);
        assertThat(tunables.number("GOOD", 3, 0)).isEqualTo(7);
        assertThat(tunables.number("BAD", 3, 0)).isEqualTo(3);
        assertThat(tunables.number("LOW", 3, 0)).isEqualTo(3);
        assertThat(tunables.number("EMPTY", 3, 0)).isEqualTo(3);
        assertThat(tunables.number("ABSENT", 3, 0)).isEqualTo(3);
    }
}

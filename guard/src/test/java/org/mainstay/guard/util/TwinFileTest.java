package org.mainstay.guard.util;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TwinFileTest {
    @TempDir
    Path folder;

    private Path first;
    private Path second;
    private TwinFile file;

    @BeforeEach
    void begin() {
        first = folder.resolve("kept");
        second = folder.resolve("kept.2");
        file = new TwinFile(first);
    }

    @Test
    void whatWasNeverWrittenIsEmptyAndWhole() throws IOException {
        assertThat(file.read()).isEqualTo(new TwinFile.Content(List.of(), ""));
    }

    @Test
    void whatWasWrittenIsReadAgain() throws IOException {
        file.write(List.of("one", "end of it all"));
        file.write(List.of());
        assertThat(file.read()).isEqualTo(new TwinFile.Content(List.of(), ""));
        file.write(List.of("two", "three"));
        assertThat(new TwinFile(first).read()).isEqualTo(new TwinFile.Content(List.of("two", "three"), ""));
    }

    @Test
    void aFileOfAnEarlierReleaseIsReadAsItIs() throws IOException {
        Files.writeString(first, "boot 1\nallowed B\n");
        assertThat(file.read().lines()).containsExactly("boot 1", "allowed B");
        file.write(List.of("boot 2"));
        assertThat(file.read()).isEqualTo(new TwinFile.Content(List.of("boot 2"), ""));
    }

    @Test
    void eitherCopyMayBeDamagedInAnyWay() throws IOException {
        for (Path bad : List.of(first, second)) {
            file.write(List.of("allowed B", "announced C 99"));
            Files.writeString(bad, Files.readString(bad).replace("99", "9"));
            assertRead("its checksum is wrong", bad);
            Files.writeString(bad, "allowed B\n");
            assertRead("is cut off", bad);
            Files.writeString(bad, "allowed B\nannounced C 99\nend");
            assertRead("is cut off", bad);
            Files.write(bad, new byte[0]);
            assertRead("is cut off", bad);
            Files.write(bad, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
            assertRead("cannot be read", bad);
            Files.delete(bad);
            assertRead("is missing", bad);
            Files.createDirectory(bad);
            assertRead("cannot be read", bad);
            Files.delete(bad);
        }
    }

    private void assertRead(String damage, Path bad) throws IOException {
        TwinFile.Content content = file.read();
        assertThat(content.lines()).containsExactly("allowed B", "announced C 99");
        assertThat(content.damage()).contains(bad.toString()).contains(damage);
    }

    @Test
    void ofTwoWholeCopiesTheNewerOneCounts() throws IOException {
        file.write(List.of("old"));
        byte[] older = Files.readAllBytes(first);
        file.write(List.of("new"));
        Files.write(first, older);
        assertThat(file.read().lines()).as("a crash between the two").containsExactly("new");
        assertThat(file.read().damage())
                .as("so that the older one does not count when this one is damaged too")
                .contains(first + " is older than " + second);
    }

    @Test
    void ofAStepBackToAnEarlierReleaseTheOlderCopyDoesNotCount() throws IOException {
        file.write(List.of("allowed B"));
        file.write(List.of("allowed B", "announced C 99"));
        for (String written : List.of("allowed C\n", "allowed B\nannounced C 99\nannounced D 5\n", "boot 7\n")) {
            Files.writeString(first, written);
            assertThatThrownBy(file::read)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(first + " has no checksum")
                    .hasMessageContaining("an earlier release");
        }
        file.write(List.of("allowed C"));
        assertThat(file.read()).isEqualTo(new TwinFile.Content(List.of("allowed C"), ""));
    }

    @Test
    void alsoTheOnlyCopyThatWasEverWrittenIsOlderThanWhatAnEarlierReleaseWroteThen() throws IOException {
        file.write(List.of("allowed B"));
        Files.writeString(first, "allowed C\n");
        assertThatThrownBy(file::read)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(first + " has no checksum")
                .hasMessageContaining("an earlier release");
    }

    @Test
    void aFirstWriteThatWasCutOffBetweenTheCopiesCounts() throws IOException {
        Files.writeString(first, "allowed B\n");
        Path obstacle = folder.resolve("kept.2.new");
        Files.createDirectories(obstacle.resolve("in the way"));
        assertThatThrownBy(() -> file.write(List.of("allowed C")))
                .as("the other copy")
                .isInstanceOf(IOException.class);
        assertThat(file.read().lines()).containsExactly("allowed C");
        assertThat(file.read().damage()).contains(second + " is missing");
        assertThat(second)
                .as("what an earlier release would leave behind as older")
                .doesNotExist();
    }

    @Test
    void aSectorOfZeroesIsDamage() throws IOException {
        file.write(List.of("one"));
        file.write(List.of("two"));
        Files.write(first, new byte[512]);
        assertThat(file.read().lines()).containsExactly("two");
        assertThat(file.read().damage()).contains(first + " is damaged");
        Files.delete(second);
        assertThatThrownBy(file::read).isInstanceOf(IOException.class);
    }

    @Test
    void withoutAWholeCopyNothingIsMadeUp() throws IOException {
        file.write(List.of("allowed B"));
        Files.writeString(first, "allowed B\n");
        Files.writeString(second, "allowed B\nend 1 00\n");
        assertThatThrownBy(file::read)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(first + " is cut off")
                .hasMessageContaining(second + " is damaged");
        file.write(List.of("allowed C"));
        assertThat(file.read()).isEqualTo(new TwinFile.Content(List.of("allowed C"), ""));
    }
}

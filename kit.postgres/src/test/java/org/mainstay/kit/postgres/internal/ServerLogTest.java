package org.mainstay.kit.postgres.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerLogTest {
    @TempDir
    Path folder;

    private ServerLog log() {
        return new ServerLog(folder.resolve("log"));
    }

    private void append(String text) throws IOException {
        Files.writeString(log().file(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    @Test
    void aLogThatIsNotThereSaysNothing() throws IOException {
        assertThat(log().size()).isZero();
        assertThat(log().tail()).isEmpty();
        assertThat(log().lastLine()).isEmpty();
        assertThat(log().since(7)).isEmpty();
    }

    /** More than an array can hold, and more than the heap of any manager. */
    @Test
    void ofAHugeLogOnlyWhatIsShownIsRead() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(log().file().toFile(), "rw")) {
            file.setLength(3L << 30);
        }
        long before = log().size();
        append("FATAL:  cause\nLOG:  shut down\n");
        assertThat(log().lastLine()).isEqualTo("; its log says: LOG:  shut down");
        assertThat(log().since(before)).isEqualTo("; its log says: FATAL:  cause | LOG:  shut down");
        assertThat(log().tail()).isEqualTo("FATAL:  cause\nLOG:  shut down\n");
    }

    @Test
    void howMuchIsShownHasABound() throws IOException {
        append("first\n" + "x".repeat(10_000) + "\nlast\n");
        assertThat(log().tail()).hasSize(4096).endsWith("x\nlast\n");
        assertThat(log().since(0)).hasSizeLessThan(650).startsWith("; its log says: first | xxx");
    }

    @Test
    void aLogThatWasBegunAnewIsReadFromItsBeginning() throws IOException {
        append("FATAL:  cause\n");
        assertThat(log().since(1_000_000)).isEqualTo("; its log says: FATAL:  cause");
    }

    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        Files.createDirectory(log().file());
        assertThat(log().tail()).contains(log().file() + " cannot be read");
        assertThat(log().since(0)).contains(log().file() + " cannot be read");
    }
}

package org.mainstay.core.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputTailTest {

    @Test
    void keepsShortOutputAsItIs() {
        OutputTail tail = new OutputTail();
        tail.fill(new ByteArrayInputStream("grün\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(tail.text()).isEqualTo("grün\n");
    }

    @Test
    void keepsExactlyTheLastPartWhateverTheSizesOfThePieces() {
        Random random = new Random(7);
        StringBuilder all = new StringBuilder();
        OutputTail tail = new OutputTail();
        for (int i = 0; i < 400; i++) {
            String piece = String.valueOf((char) ('a' + i % 26)).repeat(1 + random.nextInt(4000));
            all.append(piece);
            byte[] bytes = piece.getBytes(StandardCharsets.US_ASCII);
            tail.append(bytes, bytes.length);
            assertThat(tail.text())
                    .as("after piece " + i)
                    .isEqualTo(all.substring(Math.max(0, all.length() - OutputTail.LIMIT)));
        }
    }

    @Test
    void aPieceLargerThanTheLimitKeepsItsEnd() {
        OutputTail tail = new OutputTail();
        byte[] bytes = ("x".repeat(OutputTail.LIMIT * 2) + "end").getBytes(StandardCharsets.US_ASCII);
        tail.append(bytes, bytes.length);
        assertThat(tail.text()).hasSize(OutputTail.LIMIT).endsWith("xend");
    }

    @Test
    void leavesOutACharacterThatWasCut() {
        OutputTail tail = new OutputTail();
        byte[] bytes = ("ü" + "x".repeat(OutputTail.LIMIT - 1)).getBytes(StandardCharsets.UTF_8);
        tail.append(bytes, bytes.length);
        assertThat(tail.text()).isEqualTo("x".repeat(OutputTail.LIMIT - 1));
    }
}

package org.mainstay.core.internal.lcd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.lcd.BegunAction;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.message.CoreMessage;

/**
 * What schema 1.0 wrote before a begun action counted its interruptions: after a crash the journal has such rows, and during a
 * rolling upgrade peers send them. The texts are as that release wrote them.
 */
class EarlierReleaseTest {
    private static final String ROW =
            "{\"tag\":\"vip\",\"action\":\"restore\",\"epoch\":5,\"operation\":\"op-1\",\"escalate\":false}";
    private static final String CHANGE = "{\"section\":\"actions\",\"key\":\"vip\",\"value\":" + ROW + "}";
    private static final String DATABASE =
            "{\"schema\":\"1.0\",\"server\":\"A\",\"incarnation\":7,\"version\":3,\"bootId\":\"boot\","
                    + "\"sections\":{\"actions\":{\"vip\":" + ROW + "}}}";
    private static final String RECORD =
            "{\"schema\":\"1.0\",\"origin\":{\"who\":\"mainstay\",\"from\":\"A\",\"at\":1700000000000,\"operation\":\"op-1\"},"
                    + "\"documents\":[{\"server\":\"A\",\"kind\":\"UPDATE\",\"incarnation\":7,\"fromVersion\":2,\"toVersion\":3,"
                    + "\"bootId\":\"boot\",\"changes\":[" + CHANGE + "]}]}";
    private static final String DELTA =
            "{\"type\":\"LcdDelta\",\"incarnation\":7,\"from\":2,\"to\":3,\"bootId\":\"boot\",\"changes\":[" + CHANGE
                    + "]}";
    private static final String COPY = "{\"type\":\"Snapshot\",\"lcd\":" + DATABASE + "}";

    private final LcdCodec codec = new LcdCodec();
    private final PolymorphicCodec<CoreMessage> messages = codec.polymorphic(CoreMessage.class);

    private static void assertNeverInterrupted(BegunAction begun) {
        assertThat(begun).isEqualTo(new BegunAction("vip", "restore", 5, "op-1", false, 0, false));
    }

    private static void assertNeverInterrupted(List<LcdChange<?>> changes) {
        assertThat(changes).hasSize(1);
        assertThat(changes.get(0).section()).isEqualTo(LcdSection.ACTIONS);
        assertNeverInterrupted((BegunAction) changes.get(0).value());
    }

    private static void assertNeverInterrupted(Lcd lcd) {
        assertNeverInterrupted(lcd.row(LcdSection.ACTIONS, "vip").orElseThrow());
    }

    @Test
    void aRowIsRead() {
        assertNeverInterrupted(codec.decode(DATABASE));
        assertNeverInterrupted(codec.decodeChanges("[" + CHANGE + "]"));
    }

    @Test
    void aJournalRecordIsRead() {
        JournalBody record = JournalBody.decode(codec, RECORD.getBytes(StandardCharsets.UTF_8));
        assertThat(record.documents()).hasSize(1);
        assertNeverInterrupted(record.documents().get(0).changes());
    }

    @Test
    void aPeersMessageIsRead() {
        assertNeverInterrupted(((CoreMessage.LcdDelta) messages.decode(DELTA)).changes());
        assertNeverInterrupted(((CoreMessage.Snapshot) messages.decode(COPY)).lcd());
    }
}

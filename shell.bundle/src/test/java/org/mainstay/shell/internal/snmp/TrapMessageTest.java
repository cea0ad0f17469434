package org.mainstay.shell.internal.snmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What goes over the network is, byte for byte, what the Net-SNMP program snmptrap sends for the same trap. */
class TrapMessageTest {
    /** {@code snmptrap -v 2c -c public HOST 12345 .1.3.6.1.4.1.7359.1.0.132 ...1.1 s '...' ...1.2 s pg}, Net-SNMP 5.9.3. */
    private static final String RECOVERED = "30818602010104067075626c6963a779020432aa0235020100020100306b300e0608"
            + "2b06010201010300430230393019060a2b060106030101040100060b2b06010401b93f01008104302d06092b0601"
            + "0401b93f01010420706720776173207265636f7665726564206f6e20413a20726573746172746564300f06092b06"
            + "010401b93f010204027067";

    /** With another community, the greatest time, and lengths of two bytes: trap 100 and 200 letters. */
    private static final String STARTED = "30820129020101040a6e30742d7075626c6963a782011602041f254adb020100020100"
            + "30820106301106082b06010201010300430500ffffffff3018060a2b060106030101040100060a2b06010401b93f"
            + "0100643081d606092b06010401b93f01010481c8" + "78".repeat(200);

    private static String hex(Trap trap, String community, long upTime, int requestId) {
        return HexFormat.of()
                .formatHex(TrapMessage.encode(trap, community.getBytes(StandardCharsets.UTF_8), upTime, requestId));
    }

    // covers SNMP-004 SNMP-021 SNMP-030 SNMP-031
    @Test
    void theMessageIsThatOfNetSnmp() {
        Trap trap = Trap.of(132, "pg was recovered on A: restarted").with(Trap.TAG, "pg");
        assertThat(hex(trap, "public", 12_345, 0x32aa0235)).isEqualTo(RECOVERED);
    }

    // covers SNMP-004 SNMP-010
    @Test
    void longTextsAndTheGreatestTimeAreThoseOfNetSnmp() {
        Trap trap = Trap.of(100, "x".repeat(200));
        assertThat(hex(trap, "n0t-public", 0xFFFFFFFFL, 0x1f254adb)).isEqualTo(STARTED);
        assertThat(hex(trap, "n0t-public", 0x2FFFFFFFFL, 0x1f254adb))
                .as("the time begins again at 0 after 497 days")
                .isEqualTo(STARTED);
    }

    @Test
    void aTextThatIsTooLongIsCutBetweenCharacters() {
        String text = "a" + "\u00e9".repeat(TrapMessage.MOST_BYTES);
        String hex = hex(Trap.of(100, text), "public", 0, 1);
        String cut = "61" + "c3a9".repeat((TrapMessage.MOST_BYTES - 1) / 2);
        assertThat(hex).endsWith("048203ff" + cut);
    }
}

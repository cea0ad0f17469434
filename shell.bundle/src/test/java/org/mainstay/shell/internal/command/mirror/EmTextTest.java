package org.mainstay.shell.internal.command.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.Mirrors.Link;
import org.mainstay.cluster.Mirrors.Side;

/** Times in what emcmd prints, from ages that the engine tells. */
class EmTextTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2008-11-05T12:00:00Z"), ZoneOffset.UTC);

    private static String print(int code, Map<String, Long> counters, BiConsumer<EmText, Side> what) {
        Link link = new Link("B", "[fd00::2]:1501", code, "STATE", "SYNC", "NONE", "", counters);
        Side side = new Side(
                "A", "data", "data-1", "SOURCE", 1, 2_151_608_320L, 2_151_608_320L, false, false, List.of(link));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        EmText text =
                new EmText(new PrintStream(out, true, StandardCharsets.UTF_8), List.of(side), tag -> Map.of(), NOON);
        what.accept(text, side);
        return out.toString(StandardCharsets.UTF_8);
    }

    // covers EMC-123
    @Test
    void aResynchronisationThatRunsBeganWhenItsTimeBegan() {
        assertThat(print(2, Map.of("stateSeconds", 90L, "resyncSeconds", 60L), EmText::resync))
                .contains("Target 0 (Target System fd00::2)")
                .contains("NumberOfBlocks  = 32831")
                .contains("ResyncStartTime = Wed Nov 05 11:59:00 2008")
                .contains("LastResyncTime  = Wed Nov 05 12:00:00 2008");
    }

    @Test
    void oneThatIsDoneEndedWhenTheMirrorCameIntoStep() {
        assertThat(print(1, Map.of("stateSeconds", 3600L, "resyncSeconds", 60L), EmText::resync))
                .contains("ResyncPhase     = 3")
                .contains("ResyncStartTime = Wed Nov 05 10:59:00 2008")
                .contains("LastResyncTime  = Wed Nov 05 11:00:00 2008");
    }

    @Test
    void whatIsNotKnownIsNotInvented() {
        assertThat(print(4, Map.of("stateSeconds", 5L), EmText::resync)).contains("LastResyncTime  = N/A");
        assertThat(print(1, Map.of(), (text, side) -> text.info(side, 1))).contains("Last Modified = N/A");
    }

    // covers EMC-129
    @Test
    void aVolumeWasModifiedWhenItsStateWas() {
        assertThat(print(1, Map.of("stateSeconds", 60L), (text, side) -> text.info(side, 1)))
                .contains("Last Modified = Wed Nov 05 11:59:00 2008");
    }
}

package org.mainstay.shell.internal.command.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mainstay.cluster.EventLog;

/** Who changed what, in words. */
class AuditTextTest {
    private static EventLog.Change change(String... rows) {
        return new EventLog.Change(7, Instant.EPOCH, "root", "A shell", "4711", "B", List.of(rows));
    }

    @Test
    void anOperationIsOneLineThatSaysWhatItDid() {
        assertThat(AuditText.line(change("operations/4711 (PREPARED comm path to B)"), false))
                .isEmpty();
        assertThat(AuditText.line(change("-operations/4711"), false)).isEmpty();
        assertThat(AuditText.line(change("operations/4711 (COMMITTED comm path to B)", "paths/p1"), false))
                .hasValueSatisfying(line -> assertThat(line).endsWith("  root  A shell  comm path to B: paths/p1"));
    }

    @Test
    void nothingIsHiddenFromWhoAsksForAll() {
        assertThat(AuditText.line(change("-operations/4711"), true))
                .hasValueSatisfying(line -> assertThat(line).endsWith("  -operations/4711"));
        assertThat(AuditText.line(change(), false))
                .hasValueSatisfying(line -> assertThat(line).endsWith("(all)"));
    }
}

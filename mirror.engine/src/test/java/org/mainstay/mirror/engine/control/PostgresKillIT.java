package org.mainstay.mirror.engine.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A database with checksums on a synchronous mirror: kills of the engine and of the database, then a takeover, cost no acknowledged row.
 * More kills: {@code -Dmainstay.postgres.kills=N}.
 */
class PostgresKillIT {
    private static final int KILLS = Integer.getInteger("mainstay.postgres.kills", 2);

    @TempDir
    Path work;

    @Test
    void aTakeoverAfterKillsLosesNoAcknowledgedRow() throws Exception {
        EngineScript.needs(
                "ls /usr/lib/postgresql/*/bin/pg_amcheck && command -v python3", "PostgreSQL 14 or later, python3");
        Map<String, String> kills = Map.of("KILLS", Integer.toString(KILLS));
        assertThat(EngineScript.run("engine-postgres.sh", work, 240 + 30L * KILLS, kills))
                .contains("all found")
                .contains("nothing damaged");
    }
}

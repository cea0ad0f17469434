package org.mainstay.itest.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Server;

/** The power of either server is cut at each step of a planned switchover. */
class HandoverIT extends FaultCase {
    private SteppedDatabase database;

    @Override
    protected void formed() {
        database = SteppedDatabase.create(lab(), a(), List.of(b()));
    }

    @ParameterizedTest(name = "the {2} server loses its power when {1} of {0} begins")
    @CsvSource({
        "top, remove, giving",
        "top, remove, taking",
        "bottom, remove, giving",
        "bottom, remove, taking",
        "bottom, restore, giving",
        "bottom, restore, taking",
        "top, restore, giving",
        "top, restore, taking"
    })
    void powerIsCut(String level, String action, String who) {
        Server giving = a().state("top", "A").equals("ISP") ? a() : b();
        Server taking = giving == a() ? b() : a();
        expect("top", giving, taking);
        App app = database.app(level);
        Server acting = action.equals("remove") ? giving : taking;
        Server victim = who.equals("giving") ? giving : taking;
        Server survivor = who.equals("giving") ? taking : giving;
        long before = app.count(acting, action, "begin");
        app.hold(action, acting);
        later(taking, "resource", "in-service", "top");
        app.awaitStep(acting, action, "begin", before);

        victim.machine().powerCut();
        app.let(action, acting);

        // before the other one counts as dead the records still show the time before the move
        awaitServer(survivor, victim, "DEAD");
        Await.until(
                "the hierarchy serves on " + survivor.name(),
                LIMIT,
                () -> SteppedDatabase.TAGS.stream().allMatch(tag -> serves(survivor, tag)),
                () -> survivor.bin("mainstay", "status").output() + survivor.logs());
        database.serves(LIMIT);
        victim.machine().powerOn();
        victim.start();
        meet();
        expect("top", survivor, victim);
        for (App one : database.apps()) {
            assertThat(one.processes(survivor))
                    .as(one.tag() + " on " + survivor.name())
                    .hasSize(1);
            assertThat(one.processes(victim))
                    .as(one.tag() + " on " + victim.name())
                    .isEmpty();
        }
        database.serves(LIMIT);
        assertThat(database.lost()).as("acknowledged rows that are lost").isEqualTo(Set.of());
    }

    private static boolean serves(Server server, String tag) {
        return row(server, tag, server.name())
                .map(row -> text(row, "state").equals("ISP")
                        && text(row, "transition").isEmpty())
                .orElse(false);
    }
}

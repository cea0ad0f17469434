package org.mainstay.itest.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mainstay.itest.fault.App;
import org.mainstay.itest.fault.SteppedDatabase;
import org.mainstay.itest.lab.Await;
import org.mainstay.itest.lab.Server;

/**
 * Three servers in mode majority: at each step of a planned switchover, either server loses its cables, its manager or its guard. Every
 * pair of step and fault is there once; {@code -Dmainstay.switchover.all=true} plays both sides of each.
 */
class SwitchoverFaultsIT extends MajorityCase {
    private SteppedDatabase database;

    @Override
    protected void formed() {
        super.formed();
        lab().servers().forEach(server -> awaitRight(server, "held"));
        database = SteppedDatabase.create(lab(), a(), List.of(b(), c()));
    }

    enum Fault {
        CABLES,
        MANAGER,
        GUARD
    }

    static Stream<Arguments> cases() {
        boolean all = Boolean.getBoolean("mainstay.switchover.all");
        List<Arguments> cases = new ArrayList<>();
        int number = 0;
        for (String step : List.of("top remove", "bottom remove", "bottom restore", "top restore")) {
            for (Fault fault : Fault.values()) {
                String[] words = step.split(" ");
                for (String who : all ? List.of("giving", "taking") : List.of(number % 2 == 0 ? "giving" : "taking")) {
                    cases.add(Arguments.of(words[0], words[1], fault, who));
                }
                number++;
            }
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{2} of the {3} server when {1} of {0} begins")
    @MethodSource("cases")
    void aSwitchoverIsHit(String level, String action, Fault fault, String who) {
        Server giving = awaitOwner(SteppedDatabase.TOP, a(), b(), c());
        Server taking = giving == a() ? b() : a();
        Server victim = who.equals("giving") ? giving : taking;
        Server acting = action.equals("remove") ? giving : taking;
        App app = database.app(level);
        long before = app.count(acting, action, "begin");
        app.hold(action, acting);
        later(taking, "resource", "in-service", SteppedDatabase.TOP);
        app.awaitStep(acting, action, "begin", before);

        strike(fault, victim, () -> app.let(action, acting));

        database.serves(LIMIT);
        if (fault == Fault.CABLES) {
            // The others are a majority: nobody has to mend a cable first.
            Server[] others =
                    lab().servers().stream().filter(server -> server != victim).toArray(Server[]::new);
            awaitOwner(SteppedDatabase.TOP, others);
            cables(victim, true);
        }
        meet();
        Server owner = settled();
        for (App one : database.apps()) {
            for (Server server : lab().servers()) {
                assertThat(one.processes(server))
                        .as(one.tag() + " on " + server.name() + ", in service on " + owner.name())
                        .hasSize(server == owner ? 1 : 0);
            }
        }
        database.serves(LIMIT);
        assertThat(database.lost()).as("acknowledged rows that are lost").isEqualTo(Set.of());
        lab().servers().forEach(server -> awaitRight(server, "held"));
    }

    private void strike(Fault fault, Server victim, Runnable goOn) {
        switch (fault) {
            case CABLES -> {
                cables(victim, false);
                goOn.run();
            }
            case MANAGER -> dies(victim, victim::managerProcesses, goOn);
            case GUARD -> dies(victim, victim::guardProcesses, goOn);
        }
    }

    private static void dies(Server victim, Supplier<List<Long>> processes, Runnable goOn) {
        List<Long> old = processes.get();
        assertThat(old).hasSize(1);
        victim.machine().signal(old.get(0), "KILL");
        goOn.run();
        Await.until(
                "a new process runs on " + victim.name(),
                LIMIT,
                () -> processes.get().stream().anyMatch(pid -> !old.contains(pid)),
                victim::logs);
    }

    /** Waits until all servers agree that the whole hierarchy is in service on one of them, and at rest. */
    private Server settled() {
        Await.until(
                "the hierarchy is in service on one server, as all see it",
                LIMIT,
                () -> owner().isPresent(),
                () -> a().bin("mainstay", "status").output() + a().logs() + b().logs() + c().logs());
        return owner().orElseThrow();
    }

    private Optional<Server> owner() {
        return lab().servers().stream()
                .filter(owner -> lab().servers().stream()
                        .allMatch(from -> SteppedDatabase.TAGS.stream()
                                .allMatch(tag -> lab().servers().stream()
                                        .allMatch(on -> row(from, tag, on.name())
                                                .map(row -> text(row, "state").equals(on == owner ? "ISP" : "OSU")
                                                        && text(row, "transition")
                                                                .isEmpty())
                                                .orElse(false)))))
                .findFirst();
    }
}

package org.mainstay.guard.reserve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mainstay.guard.util.Await;
import org.mainstay.guard.util.Result;

class ReservationsTest {
    private final UUID idOfA = UUID.randomUUID();
    private Path folder;
    private Path area;

    private final List<Server> servers = new ArrayList<>();

    /** In memory where possible: hundreds of claims wait for the slowest of all I/O. */
    @BeforeEach
    void begin() throws IOException {
        Path memory = Path.of("/dev/shm");
        folder = Files.isWritable(memory)
                ? Files.createTempDirectory(memory, "mngd")
                : Files.createTempDirectory("mngd");
        area = folder.resolve("image.reservation");
    }

    private Server server(String name) {
        return added(Server.of(name, folder));
    }

    private Server added(Server server) {
        servers.add(server);
        return server;
    }

    /** Returns A, which made the area and holds it. */
    private Server holder() throws Exception {
        return claimed(server("A"));
    }

    private static Server claimed(Server server) throws Exception {
        assertThat(server.initialise().done()).isTrue();
        assertThat(server.claim().done()).isTrue();
        return server;
    }

    /** A run of A's guard. @param place what another boot has another of */
    private Server runOfA(String place) {
        return added(new Server("A", idOfA, folder, area, place));
    }

    /** The run before, which held the area. */
    private void runOfAThatHeldItAndDied(String place) throws Exception {
        claimed(runOfA(place)).crash();
    }

    /** Neither copy of what A holds can be read any more. */
    private void damageTheListOfA() throws IOException {
        for (String copy : List.of("reservations-A", "reservations-A.2")) {
            Files.write(folder.resolve(copy), new byte[64]);
        }
    }

    private static long millisOfClaim(Server server) throws Exception {
        long began = System.nanoTime();
        assertThat(server.claim().done()).isTrue();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        for (Server server : servers) {
            server.close();
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** Each server follows its own paths: the impatient one must not take a slow renewal for a death. */
    @Test
    void aHolderThatRenewsSlowlyIsNotTakenForDeadByOneWithShorterTimes() throws Exception {
        Server slow = added(Server.of("A", folder, 800, 2400));
        Server quick = added(Server.of("B", folder, 20, 60));
        assertThat(slow.initialise().done()).isTrue();
        assertThat(quick.observe().done()).isTrue();
        assertThat(slow.claim().done()).isTrue();
        for (int i = 0; i < 3; i++) {
            Result refused = quick.claim();
            assertThat(refused.done()).isFalse();
            assertThat(refused.message()).contains("held by A, which renews it");
        }
        assertThat(slow.lost).isEmpty();
        slow.crash();
        assertThat(quick.claim().done()).isTrue();
    }

    @Test
    void oneOfManyGetsItAndTheOthersHearWho() throws Exception {
        Server a = server("A");
        Server b = server("B");
        assertThat(a.initialise().done()).isTrue();
        assertThat(b.observe().done()).isTrue();
        assertThat(a.claim().done()).isTrue();
        assertThat(a.claim().message()).contains("held already");
        Result refused = b.claim();
        assertThat(refused.done()).isFalse();
        assertThat(refused.message()).contains("held by A");
        assertThat(a.check().done()).isTrue();
        assertThat(b.check().message()).contains("held by A");
        assertThat(a.lost).isEmpty();
    }

    @Test
    void aReleasedAreaIsClaimedAtOnce() throws Exception {
        Server a = holder();
        Server b = server("B");
        b.observe();
        assertThat(a.release().done()).isTrue();
        assertThat(millisOfClaim(b)).isLessThan(Server.STALE);
        assertThat(a.claim().message()).contains("held by B");
        assertThat(a.release().done()).isTrue();
        assertThat(b.check().done()).isTrue();
    }

    @Test
    void aDeadHolderThatWasObservedCostsNoWait() throws Exception {
        Server a = holder();
        Server b = server("B");
        b.observe();
        a.crash();
        long died = System.nanoTime();
        Await.until(
                "the holder counts as gone", 30_000, () -> System.nanoTime() - died > 2L * Server.STALE * 1_000_000);
        assertThat(millisOfClaim(b)).isLessThan(Server.STALE);
        assertThat(b.check().done()).isTrue();
    }

    @Test
    void aDeadHolderThatWasNeverObservedIsWatchedForTheWholeTime() throws Exception {
        Server a = holder();
        a.crash();
        Server b = server("B");
        assertThat(millisOfClaim(b)).isGreaterThanOrEqualTo(Server.STALE);
    }

    @Test
    void forceTakesItAndTheOldHolderLearnsThatItLost() throws Exception {
        Server a = holder();
        Server b = server("B");
        assertThat(b.force().message()).contains("by force");
        Await.until("the old holder is told", 30_000, () -> !a.lost.isEmpty());
        assertThat(a.lost).singleElement().asString().contains("taken over by B");
        assertThat(a.superseding).containsExactly(area.toString());
        assertThat(a.check().message()).contains("held by B");
        assertThat(a.claim().done()).isFalse();
        assertThat(b.check().done()).isTrue();
    }

    @Test
    void exactlyOneWinsEveryRace() throws Exception {
        Server a = server("A");
        Server b = server("B");
        a.initialise();
        b.initialise();
        int wonByA = 0;
        for (int run = 0; run < 200; run++) {
            CompletableFuture<Result> one = a.perform("claim", false);
            CompletableFuture<Result> two = b.perform("claim", false);
            boolean first = one.get(20, TimeUnit.SECONDS).done();
            boolean second = two.get(20, TimeUnit.SECONDS).done();
            assertThat(first ^ second)
                    .as("run %d: %s, %s", run, one.get(), two.get())
                    .isTrue();
            assertThat((first ? a : b).check().done()).isTrue();
            assertThat((first ? b : a).check().done()).isFalse();
            assertThat((first ? a : b).release().done()).isTrue();
            wonByA += first ? 1 : 0;
        }
        assertThat(a.lost).isEmpty();
        assertThat(b.lost).isEmpty();
        assertThat(wonByA).isPositive();
    }

    @Test
    void theNextRunOfTheGuardGoesOnRenewing() throws Exception {
        runOfAThatHeldItAndDied("here");
        Server second = runOfA("here");
        assertThat(second.check().done()).isTrue();
        assertThat(server("B").claim().message()).contains("held by A");
        assertThat(second.lost).isEmpty();
    }

    /** Neither copy can be read: what is in service here says which areas count, and the areas what is held. */
    @Test
    void aListThatCannotBeReadIsNotTakenForNothingHeld() throws Exception {
        runOfAThatHeldItAndDied("here");
        damageTheListOfA();
        Server second = runOfA("here");
        assertThat(second.trouble).singleElement().asString().contains("cannot be read");
        assertThat(second.check().message()).contains("held by this server, claim 1");
        assertThat(server("B").claim().message()).contains("held by A");
        assertThat(second.lost).isEmpty();
        second.crash();
        Server third = runOfA("here");
        assertThat(third.trouble).as("the list is whole again").isEmpty();
        assertThat(third.check().done()).isTrue();
    }

    private void damageList() throws IOException {
        for (String copy : List.of("reservations-A", "reservations-A.2")) {
            Files.write(folder.resolve(copy), new byte[64]);
        }
    }

    /** Nor can what is in service: a list written now would say that nothing is held, and the run after it would believe that. */
    @Test
    void aListLostTogetherWithWhatIsInServiceIsNotReplacedByAnEmptyOne() throws Exception {
        UUID id = UUID.randomUUID();
        Path area = folder.resolve("image.reservation");
        Server first = new Server("A", id, folder, area, "here");
        first.initialise();
        first.claim();
        first.crash();
        damageList();
        Server second = Server.withoutInService("A", id, folder, area);
        servers.add(second);
        second.reservations
                .perform("observe", folder.resolve("other").toString(), false)
                .get(120, TimeUnit.SECONDS);
        second.crash();
        Server third = Server.withoutInService("A", id, folder, area);
        servers.add(third);
        assertThat(third.trouble).singleElement().asString().contains("cannot be read");
        third.reservations.inUse(Set.of(area.toString()));
        assertThat(third.check().message()).contains("held by this server, claim 1");
        third.crash();
        Server fourth = new Server("A", id, folder, area, "here");
        servers.add(fourth);
        assertThat(fourth.trouble).as("the list is whole again").isEmpty();
        assertThat(fourth.check().done()).isTrue();
        assertThat(server("B").claim().message()).contains("held by A");
    }

    /** Somebody looks at the area before the manager says that it is in use. */
    @Test
    void anAreaThatWasObservedBeforeTheManagerSpokeIsHeldAllTheSame() throws Exception {
        UUID id = UUID.randomUUID();
        Path area = folder.resolve("image.reservation");
        Server first = new Server("A", id, folder, area, "here");
        first.initialise();
        first.claim();
        first.crash();
        damageList();
        Server second = Server.withoutInService("A", id, folder, area);
        servers.add(second);
        assertThat(second.observe().done()).isTrue();
        second.reservations.inUse(Set.of(area.toString()));
        assertThat(second.check().message()).contains("held by this server, claim 1");
        assertThat(server("B").claim().message()).contains("held by A");
        assertThat(second.lost).isEmpty();
    }

    /** A full disk took no list, or somebody removed it; what is in use is looked up on the storage. */
    @Test
    void ofWhatIsInUseAndNotInTheListTheSlotTells() throws Exception {
        UUID id = UUID.randomUUID();
        Path area = folder.resolve("image.reservation");
        Server first = new Server("A", id, folder, area, "here");
        first.initialise();
        first.claim();
        first.crash();
        Files.delete(folder.resolve("reservations-A"));
        Files.delete(folder.resolve("reservations-A.2"));
        Server second = new Server("A", id, folder, area, "here");
        servers.add(second);
        assertThat(second.check().message()).contains("held by this server, claim 1");
        assertThat(second.release().done()).isTrue();
        second.crash();
        Files.delete(folder.resolve("reservations-A"));
        Files.delete(folder.resolve("reservations-A.2"));
        Server third = new Server("A", id, folder, area, "here");
        servers.add(third);
        assertThat(third.check().message()).as("a free slot is no loss").contains("held by nobody");
        assertThat(third.lost).isEmpty();
    }

    @Test
    void whatWasTakenOverWhileTheListCouldNotBeReadIsLost() throws Exception {
        runOfAThatHeldItAndDied("here");
        assertThat(server("B").claim().done()).isTrue();
        damageTheListOfA();
        Server second = runOfA("here");
        Await.until("its users are ended", 30_000, () -> !second.superseding.isEmpty());
        assertThat(second.check().message()).contains("held by B");
    }

    @Test
    void oneDamagedCopyOfTheListCostsNothingAndTheFormOfBeforeIsRead() throws Exception {
        Path list = folder.resolve("reservations-A");
        runOfAThatHeldItAndDied("here");
        List<String> lines = Files.readAllLines(list);
        Files.write(list, new byte[64]);
        Server second = runOfA("here");
        assertThat(second.trouble).singleElement().asString().contains("is damaged");
        assertThat(second.check().done()).isTrue();
        second.crash();
        Files.delete(folder.resolve("reservations-A.2"));
        Files.write(list, lines.subList(0, 1));
        Server third = runOfA("here");
        assertThat(third.trouble).isEmpty();
        assertThat(third.check().message()).contains("held by this server, claim 1");
    }

    @Test
    void afterARebootNothingIsHeld() throws Exception {
        runOfAThatHeldItAndDied("boot 1");
        Server second = runOfA("boot 2");
        assertThat(second.check().done()).isFalse();
        assertThat(server("B").claim().done()).isTrue();
    }

    @Test
    void aGuardThatComesBackAfterATakeoverLearnsThatItLost() throws Exception {
        runOfAThatHeldItAndDied("here");
        assertThat(server("B").claim().done()).isTrue();
        Server second = runOfA("here");
        Await.until("it is told", 30_000, () -> !second.lost.isEmpty());
        assertThat(second.check().message()).contains("held by B");
    }

    @Test
    void storageThatVanishesIsReportedAndNotReleased() throws Exception {
        Server a = holder();
        Files.move(area, folder.resolve("elsewhere"));
        assertThat(a.check().message()).contains("does not exist any more");
        try (var channel = java.nio.channels.FileChannel.open(
                folder.resolve("elsewhere"), java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(100);
        }
        Await.until("it is told", 30_000, () -> !a.lost.isEmpty());
        assertThat(a.lost.get(0)).contains("could not be renewed");
        assertThat(a.superseding).isEmpty();
    }

    @Test
    void aDamagedSlotMeansNobodyCanTellWhoHoldsIt() throws Exception {
        Server a = server("A");
        a.initialise();
        byte[] bytes = Files.readAllBytes(area);
        bytes[20 * Slot.BYTES + 50] = 1;
        Files.write(area, bytes);
        assertThat(a.claim().message()).contains("damaged");
        assertThat(a.force().done()).isTrue();
    }

    @Test
    void anObserverThatStoodStillStartsToWatchAnew() throws Exception {
        AtomicLong jump = new AtomicLong();
        Server a = holder();
        Server b =
                added(new Server("B", UUID.randomUUID(), folder, area, "here", () -> System.nanoTime() + jump.get()));
        b.observe();
        // B's whole machine was asleep for an hour: A's counter had no chance to be seen moving
        jump.addAndGet(TimeUnit.HOURS.toNanos(1));
        assertThat(b.claim().message()).contains("held by A");
        assertThat(a.lost).isEmpty();
    }

    @Test
    void thirtyTwoServersFitAndTheNextIsTold() throws Exception {
        try (AreaFile file = AreaFile.initialise(area)) {
            for (int i = 0; i < AreaFile.SLOTS; i++) {
                file.write(i, new Slot(UUID.randomUUID(), "S" + i, Slot.State.FREE, 0, 1, 20, 500));
            }
        }
        assertThat(server("A").claim().message()).contains("all 32 slots");
        // a server that was installed anew finds its old slot by name
        assertThat(server("S7").claim().done()).isTrue();
    }

    @Test
    void relativePathsAndUnknownVerbsAreRefused() {
        Server a = server("A");
        assertThat(a.reservations.perform("claim", "image", false).join().message())
                .contains("absolute");
        assertThat(a.perform("steal", false).join().message()).contains("unknown");
    }
}

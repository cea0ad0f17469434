package org.mainstay.shell.internal.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Messenger;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.testing.Captured;
import org.mainstay.shell.testing.FakeNetwork;
import org.mainstay.shell.testing.SocketHome;
import org.mainstay.shell.testing.Waits;

/** Commands on other servers. */
@Timeout(60)
class RemoteCommandsTest {
    private final FakeNetwork network = new FakeNetwork();
    private final SocketHome bodyOfB = new SocketHome(java.nio.file.Path.of("target"));
    private final RemoteCommands a = new RemoteCommands(
            network.of("A"), new SocketHome(java.nio.file.Path.of("target")), java.nio.file.Path.of("target"));
    private final RemoteCommands b = new RemoteCommands(network.of("B"), bodyOfB, java.nio.file.Path.of("target"));
    private final Captured captured = Captured.administrator();

    @AfterEach
    void close() {
        a.close();
        b.close();
        network.close();
    }

    private int run(String... arguments) throws CommandException, InterruptedException {
        return a.run("B", new CommandCall("ins_list", List.of(arguments)), captured.context());
    }

    private CompletableFuture<Integer> start() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return run();
            } catch (CommandException e) {
                throw new IllegalStateException(e.exitCode() + " " + e.getMessage(), e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void outputErrorsAndExitCodeComeBackUnderTheCallersName() throws Exception {
        AtomicReference<Caller> caller = new AtomicReference<>();
        bodyOfB.runs((call, context) -> {
            caller.set(context.caller());
            context.out().print("out " + call.arguments() + context.forwarded());
            context.err().print("err");
            return 7;
        });
        assertThat(run("-t", "pg")).isEqualTo(7);
        assertThat(captured.out()).isEqualTo("out [-t, pg]true");
        assertThat(captured.err()).isEqualTo("err");
        assertThat(caller.get()).isEqualTo(new Caller("root", Caller.Role.ADMINISTRATOR, "A bin"));
    }

    @Test
    void muchOutputArrivesWholeAndNeverMoreThanTheWindowIsOnItsWay() throws Exception {
        byte[] bytes = new byte[3_000_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + i % 26);
        }
        bodyOfB.runs((call, context) -> {
            context.out().write(bytes, 0, bytes.length);
            return 0;
        });
        network.refuseEvery(50);
        assertThat(run()).isZero();
        assertThat(captured.out()).hasSize(bytes.length);
        assertThat(captured.out().getBytes(java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo(bytes);
    }

    /** A command or file that a message begins before the sessions are known would outlive its session. */
    @Test
    void sessionsAreKnownBeforeTheMessagesThatWaitedForTheShell() {
        List<String> order = new ArrayList<>();
        Messenger target = network.of("C");
        Messenger recording = (Messenger) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Messenger.class}, (proxy, method, arguments) -> {
                    order.add(method.getName());
                    return method.invoke(target, arguments);
                });
        new RemoteCommands(recording, new SocketHome(java.nio.file.Path.of("target")), java.nio.file.Path.of("target"))
                .close();
        assertThat(order).as("of copies, then of commands").containsExactly("sessions", "handle", "sessions", "handle");
    }

    @Test
    void anUnreachableServerIsExitCodeNine() {
        network.cut();
        assertThatThrownBy(() -> run()).isInstanceOfSatisfying(CommandException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(9);
            assertThat(e).hasMessageStartingWith("no communication with B");
        });
    }

    @Test
    void aLostSessionEndsBothSides() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        bodyOfB.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            running.countDown();
            cancelled.await();
            return 0;
        });
        CompletableFuture<Integer> command = start();
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        network.cut();
        assertThatThrownBy(() -> command.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("9 no communication with B");
        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void ctrlCIsPassedOn() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        bodyOfB.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            running.countDown();
            cancelled.await();
            context.err().print("cancelled there");
            return 130;
        });
        CompletableFuture<Integer> command = start();
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        captured.context().cancellation().cancel();
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        assertThat(captured.err()).isEqualTo("cancelled there");
    }

    @Test
    void newsOfALostSessionDoNotWaitForCommandsToEnd() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        bodyOfB.runs((call, context) -> {
            context.cancellation().whenCancelled(() -> {
                told.countDown();
                try {
                    ended.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            running.countDown();
            ended.await();
            return 0;
        });
        CompletableFuture<Integer> command = start();
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        // returns although the command takes its time to end
        network.cut();
        assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
        ended.countDown();
        assertThat(command).failsWithin(Duration.ofSeconds(30));
    }

    @Test
    void aCancelOfAStubbornCommandHoldsUpNoOtherCommand() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        bodyOfB.runs((call, context) -> {
            if (call.arguments().isEmpty()) {
                context.cancellation().whenCancelled(() -> {
                    try {
                        ended.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                running.countDown();
                ended.await();
            }
            return 4;
        });
        CompletableFuture<Integer> stubborn = start();
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        captured.context().cancellation().cancel();
        assertThat(a.run(
                        "B",
                        new CommandCall("ins_list", List.of("-t", "pg")),
                        Captured.administrator().context()))
                .isEqualTo(4);
        ended.countDown();
        assertThat(stubborn.get(30, TimeUnit.SECONDS)).isIn(4, 130);
    }

    @Test
    void anErrorInACommandIsExitCodeThree() throws Exception {
        bodyOfB.runs((call, context) -> {
            throw new NoClassDefFoundError("org/example/Replaced");
        });
        assertThat(run()).isEqualTo(3);
        assertThat(captured.err()).contains("ins_list: internal error", "Replaced");
    }

    @Test
    void aServerWhoseCommandsStopEndsTheRun() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        bodyOfB.runs((call, context) -> {
            running.countDown();
            new CountDownLatch(1).await();
            return 0;
        });
        CompletableFuture<Integer> command = start();
        assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
        b.close();
        assertThat(command.get(10, TimeUnit.SECONDS)).isEqualTo(130);
        Waits.until(Duration.ofSeconds(5), () -> captured.err().contains("stopping"));
    }

    @Test
    void aCommandWhoseStartWasAnsweredTooLateIsCancelledThere() throws Exception {
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        byte[] much = new byte[1_000_000];
        bodyOfB.runs((call, context) -> {
            context.cancellation().whenCancelled(cancelled::countDown);
            cancelled.await();
            // nobody acknowledges it
            context.out().write(much, 0, much.length);
            context.out().flush();
            ended.countDown();
            return 0;
        });
        network.answersLate();
        assertThatThrownBy(() -> run())
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.exitCode()).isEqualTo(9));
        assertThat(cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ended.await(30, TimeUnit.SECONDS))
                .as("its thread is free again")
                .isTrue();
    }

    @Test
    void malformedMessagesAreRefused() {
        for (byte[] payload :
                List.of(new byte[0], new byte[] {0, 0, 0, 9, 1}, new byte[] {0, 0, 0, 1, 'x', 'Q', 0, 0, 0, 0})) {
            assertThat(network.of("A")
                            .request("B", RemoteCommands.TOPIC, payload, Duration.ofSeconds(5))
                            .toCompletableFuture())
                    .failsWithin(Duration.ofSeconds(5));
        }
    }
}

package org.mainstay.core.internal.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.slf4j.LoggerFactory;

/** An action that was given up can do nothing on the machine any more (I1). */
@Timeout(30)
class FencedHostTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Command COMMAND = Command.of("start-it").build();

    private final Workers workers = new Workers(3, 2);
    private final List<String> commands = new CopyOnWriteArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch inside = new CountDownLatch(1);
    private final FakeHosts hosts = new FakeHosts(
            command -> {
                commands.add(command.arguments().get(0));
                if (command.arguments().get(0).equals("slow")) {
                    inside.countDown();
                    uninterruptibly();
                }
                return new CommandResult(0, "", "");
            },
            null);

    @AfterEach
    void close() {
        release.countDown();
        workers.close();
    }

    private void uninterruptibly() {
        boolean waited = false;
        while (!waited) {
            try {
                release.await();
                waited = true;
            } catch (InterruptedException e) {
                // as native code does
            }
        }
    }

    private Host host(CallControl control) {
        return FencedHost.of(hosts.forAction("vip", control, LoggerFactory.getLogger("test")), control);
    }

    private <T> CompletionStage<Ended<T>> change(Duration limit, Call.Body<T> body) {
        return workers.submit(new Call<>("restore vip", "vip", Call.Kind.CHANGE, limit, this, body))
                .result();
    }

    @Test
    void everyCallIsRefusedOnceTheTimeIsUpOrTheCallWasCancelled() {
        CallControl late = new CallControl(Duration.ZERO);
        assertThatThrownBy(() -> host(late).run(COMMAND))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("time is over");
        CallControl cancelled = new CallControl(LONG);
        Host host = host(cancelled);
        assertThat(host.run(COMMAND).succeeded()).isTrue();
        cancelled.cancel();
        assertThatThrownBy(() -> host.run(COMMAND)).isInstanceOf(CancellationException.class);
        assertThatThrownBy(host::processes).isInstanceOf(CancellationException.class);
        assertThat(commands).containsExactly("start-it");
    }

    @Test
    void theExceptionsOfTheHostComeThrough() {
        Host host = host(new CallControl(LONG));
        assertThatThrownBy(host::network)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("no network");
        assertThat(Set.of(host)).contains(host);
        assertThat(host.toString()).startsWith("fenced ");
    }

    @Test
    void codeThatHangsAndComesBackLateStartsNothing() throws Exception {
        CountDownLatch came = new CountDownLatch(1);
        AtomicReference<Exception> refused = new AtomicReference<>();
        Ended<Boolean> ended = change(Duration.ofMillis(50), control -> {
                    Host host = host(control);
                    uninterruptibly();
                    try {
                        return host.run(COMMAND).succeeded();
                    } catch (CancellationException e) {
                        refused.set(e);
                        throw e;
                    } finally {
                        came.countDown();
                    }
                })
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        assertThat(ended.how()).isEqualTo(Ended.How.TIMED_OUT);
        assertThat(workers.hang("vip")).isEqualTo(Hang.FENCED);
        assertThat(workers.hang("other")).isEqualTo(Hang.NONE);
        release.countDown();
        assertThat(came.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(refused.get()).isNotNull();
        assertThat(commands).isEmpty();
    }

    @Test
    void aCallOfTheHostThatHangsItselfIsNotFenced() throws Exception {
        CompletionStage<Ended<Boolean>> call = change(
                Duration.ofMillis(50),
                control -> host(control).run(Command.of("slow").build()).succeeded());
        assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(call.toCompletableFuture().get(10, TimeUnit.SECONDS).how()).isEqualTo(Ended.How.TIMED_OUT);
        assertThat(workers.hang("vip")).isEqualTo(Hang.LOOSE);
    }
}

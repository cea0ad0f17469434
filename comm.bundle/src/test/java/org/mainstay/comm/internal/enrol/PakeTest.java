package org.mainstay.comm.internal.enrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The password-authenticated exchange and the code's limits. */
class PakeTest {
    private final SecureRandom random = new SecureRandom();
    private boolean begun;
    private boolean proved;

    private final JoinChannel.Progress progress = new JoinChannel.Progress() {
        @Override
        public void begun() {
            begun = true;
        }

        @Override
        public void proved() {
            proved = true;
        }
    };

    private static void close(IOException error, JoinWire wire, CompletableFuture<?> done) {
        wire.close();
        done.completeExceptionally(error);
    }

    private CompletableFuture<JoinChannel> side(boolean joiner, JoinWire wire, String code) {
        CompletableFuture<JoinChannel> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            JoinChannel channel = new JoinChannel(wire, joiner);
            try {
                channel.authenticate(code, progress, random);
                done.complete(channel);
            } catch (IOException e) {
                close(e, wire, done);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    @Test
    void theSameCodeGivesASealedChannel() throws Exception {
        Pipe[] pipe = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, pipe[0], "12345678");
        JoinChannel member = side(false, pipe[1], "12345678").get(20, TimeUnit.SECONDS);
        assertThat(proved).isTrue();
        joiner.get(20, TimeUnit.SECONDS).send(new JoinMessages.Ready(true));
        byte[] onTheWire = pipe[1].in.peek();
        assertThat(new String(onTheWire, StandardCharsets.ISO_8859_1)).doesNotContain("ready");
        assertThat(member.receive(JoinMessages.Ready.class).ready()).isTrue();
        member.send(new JoinMessages.Done(true));
        assertThat(joiner.get().receive(JoinMessages.Done.class).done()).isTrue();
    }

    @Test
    void anotherCodeProvesNothingAndTheMemberNeverSendsItsProof() {
        Pipe[] pipe = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, pipe[0], "12345678");
        CompletableFuture<JoinChannel> member = side(false, pipe[1], "12345679");
        assertThatThrownBy(() -> member.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(Pake.WrongCode.class);
        assertThat(begun).isTrue();
        assertThat(proved).isFalse();
        assertThatThrownBy(() -> joiner.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    }

    /** Changes one byte of one of the six messages on its way. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void whoChangesAMessageOnItsWayGetsNothing(int victim) {
        Pipe[] left = Pipe.pair();
        Pipe[] right = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, left[0], "12345678");
        CompletableFuture<JoinChannel> member = side(false, right[1], "12345678");
        for (int message = 0; message < 6; message++) {
            try {
                byte[] frame = message % 2 == 0 ? left[1].read() : right[0].read();
                if (message == victim) {
                    int digit = frame.length - 6;
                    frame[digit] = (byte) (frame[digit] == '1' ? '2' : '1');
                }
                (message % 2 == 0 ? right[0] : left[1]).write(frame);
            } catch (IOException e) {
                break; // one side noticed and closed
            }
        }
        left[1].close();
        right[0].close();
        assertThatThrownBy(() -> joiner.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        if (victim != 5) {
            assertThatThrownBy(() -> member.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
            assertThat(proved).isFalse();
        }
    }

    @Test
    void whoStandsBetweenWithoutTheCodeCannotFoolEitherSide() {
        Pipe[] left = Pipe.pair();
        Pipe[] right = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, left[0], "12345678");
        CompletableFuture<JoinChannel> member = side(false, right[1], "12345678");
        CompletableFuture<JoinChannel> falseMember = side(false, left[1], "00000000");
        CompletableFuture<JoinChannel> falseJoiner = side(true, right[0], "00000000");
        for (CompletableFuture<JoinChannel> each : List.of(joiner, member, falseMember, falseJoiner)) {
            assertThatThrownBy(() -> each.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        }
    }

    @Test
    void arecordedExchangeCannotBeReplayed() throws Exception {
        Pipe[] left = Pipe.pair();
        Pipe[] right = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, left[0], "12345678");
        CompletableFuture<JoinChannel> member = side(false, right[1], "12345678");
        List<byte[]> recorded = new ArrayList<>();
        for (int message = 0; message < 6; message++) {
            byte[] frame = message % 2 == 0 ? left[1].read() : right[0].read();
            (message % 2 == 0 ? right[0] : left[1]).write(frame);
            if (message % 2 == 0) {
                recorded.add(frame);
            }
        }
        joiner.get(20, TimeUnit.SECONDS);
        member.get(20, TimeUnit.SECONDS);
        proved = false;
        Pipe[] again = Pipe.pair();
        CompletableFuture<JoinChannel> victim = side(false, again[1], "12345678");
        recorded.forEach(again[0]::write);
        assertThatThrownBy(() -> victim.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThat(proved).isFalse();
    }

    @Test
    void ownMessagesReflectedAreRefused() {
        Pipe[] pipe = Pipe.pair();
        CompletableFuture<JoinChannel> joiner = side(true, pipe[0], "12345678");
        Thread mirror = new Thread(() -> {
            try {
                while (true) {
                    pipe[1].write(pipe[1].read());
                }
            } catch (IOException e) {
                pipe[1].close();
            }
        });
        mirror.setDaemon(true);
        mirror.start();
        assertThatThrownBy(() -> joiner.get(20, TimeUnit.SECONDS)).hasMessageContaining("wrong side");
    }

    @Test
    void aCodeHasEightDigitsThreeTriesTenMinutesAndOnePlace() throws Exception {
        AtomicLong now = new AtomicLong(5);
        Invitation invitation = new Invitation(now::get, random);
        assertThat(invitation.enter()).isFalse();
        String code = invitation.renew();
        assertThat(code).matches("\\d{8}");
        assertThat(invitation.enter()).isTrue();
        assertThat(invitation.enter()).as("one at a time").isFalse();
        invitation.leave();
        for (int i = 0; i < 3; i++) {
            assertThat(invitation.enter()).isTrue();
            invitation.used(invitation.code());
            invitation.leave();
        }
        assertThat(invitation.enter()).as("used up").isFalse();
        String second = invitation.renew();
        now.addAndGet(Duration.ofMinutes(10).toNanos() - 1);
        assertThat(invitation.enter()).isTrue();
        invitation.used(second);
        now.incrementAndGet();
        assertThatThrownBy(() -> invitation.proved(second)).hasMessageContaining("expired");
        invitation.leave();
        assertThat(invitation.enter()).as("expired").isFalse();
        String third = invitation.renew();
        invitation.renew();
        assertThatThrownBy(() -> invitation.used(third)).as("replaced").isInstanceOf(IOException.class);
    }
}

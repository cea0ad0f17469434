package org.mainstay.core.internal.admin;

import com.google.gson.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.lcd.PolymorphicCodec;
import org.mainstay.core.internal.node.PeerLinks;

/** Asks servers for steps, this one without a message. Thread-safe; waits. */
final class Peers {
    private final PeerLinks links;
    private final LcdCodec codec;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final PolymorphicCodec<Step> steps;
    private final Function<Step, Step.Answer> here;
    private final java.util.function.Supplier<String> self;

    Peers(PeerLinks links, LcdCodec codec, java.util.function.Supplier<String> self, Function<Step, Step.Answer> here) {
        this.links = links;
        this.codec = codec;
        this.steps = codec.polymorphic(Step.class);
        this.self = self;
        this.here = here;
    }

    boolean reachable(String server) {
        return server.equals(self.get()) || links.peers().contains(server);
    }

    /** Waits for a server that may just be starting. @return whether it can be reached */
    boolean awaitReachable(String server, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (!reachable(server)) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    Step read(byte[] payload) {
        return steps.decodeBytes(payload);
    }

    byte[] write(Step.Answer answer) {
        return LcdCodec.utf8(codec.write(answer, Step.Answer.class));
    }

    /** Asks a server and returns its answer whatever it is. @throws Refusal 9 if it did not answer, 3 if it could not */
    Step.Answer ask(String server, Step step, Duration limit) throws Refusal {
        if (server.equals(self.get())) {
            return here.apply(step);
        }
        try {
            byte[] answer = links.request(server, Step.TOPIC, steps.encodeBytes(step), limit)
                    .toCompletableFuture()
                    .get(limit.toMillis() + 5_000, TimeUnit.MILLISECONDS);
            return codec.read(new String(answer, StandardCharsets.UTF_8), Step.Answer.class);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(ExitCode.NO_COMMUNICATION, "Mainstay ends here");
        } catch (TimeoutException e) {
            throw new Refusal(ExitCode.NO_COMMUNICATION, server + " did not answer within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            boolean lost = e.getCause() instanceof Messenger.NoCommunicationException;
            throw new Refusal(
                    lost ? ExitCode.NO_COMMUNICATION : ExitCode.INTERNAL_ERROR,
                    server + ": " + e.getCause().getMessage());
        } catch (JsonParseException e) {
            throw new Refusal(
                    ExitCode.INTERNAL_ERROR,
                    server + " answered what this release does not understand: " + e.getMessage());
        }
    }

    /** Asks a server. @throws Refusal with its exit code if it refuses, naming it */
    Step.Answer demand(String server, Step step, Duration limit) throws Refusal {
        Step.Answer answer = ask(server, step, limit);
        if (answer.exitCode() != ExitCode.SUCCESS) {
            throw new Refusal(answer.exitCode(), server + ": " + answer.message());
        }
        return answer;
    }
}

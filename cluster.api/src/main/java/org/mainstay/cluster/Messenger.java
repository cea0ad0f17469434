package org.mainstay.cluster;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Authenticated messages between servers, over the best comm path alive, moved to the next path without loss, duplication or
 * reordering when one dies. Thread-safe; never blocks.
 *
 * <p>A <i>session</i> with a peer lasts while at least one path to it works (TCP connection established) and both sides keep
 * running; within a session every sent message arrives once, and messages of a topic arrive in the order they were sent. Topics do not wait for
 * each other: long messages are cut up, and those of topic {@code core} overtake all others. When a session ends, what was not
 * delivered is lost and both sides are told; the next session starts empty. Nothing of a session is handed over before its
 * beginning or after its end was told (a handler that holds a message longer than a second excepted).
 *
 * <p>A message of a topic that nothing handles yet waits for its handler some seconds, so that bundles can be replaced.
 */
@ProviderType
public interface Messenger {

    /** Longest payload in bytes; longer ones are refused by the sender. */
    int MAX_PAYLOAD = 64 * 1024 * 1024;

    /**
     * Sends a message within the present session. The payload is not copied: it must not change any more.
     *
     * @return false if there is no session with the peer or its queue is full (flow control; each topic has a queue of its
     *     own): nothing was sent
     * @throws IllegalArgumentException if the payload is longer than {@link #MAX_PAYLOAD} or the topic is not 1 to 64 letters,
     *     digits, dots, dashes or underscores
     */
    boolean send(String peer, String topic, byte[] payload);

    /**
     * Sends a message within one session only: for what makes no sense to a peer that has not heard what went before it.
     *
     * @param session {@link Session#id}; the next session may exist before its beginning is told
     * @return false also if this session with the peer is over
     * @throws IllegalArgumentException as {@link #send(String, String, byte[])}
     */
    boolean send(String peer, long session, String topic, byte[] payload);

    /**
     * Sends a request and waits for its answer. Completes exceptionally with {@link NoCommunicationException} when there is no
     * session, the session ends, or the time is up; with {@link RemoteException} when the peer's handler failed.
     */
    CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit);

    /**
     * Handles messages and requests of a topic; one handler per topic. Called in order per peer and topic; must return at once.
     * Nothing is handed to it before the listeners of {@link #sessions} that were added before it were told of the sessions that
     * exist: who needs to know the session of a message adds its listener first.
     */
    Registration handle(String topic, Handler handler);

    /** Calls the listener when sessions begin and end, in order, and at once for those that exist. */
    Registration sessions(Consumer<Session> listener);

    /** Handler of a topic. */
    @FunctionalInterface
    interface Handler {
        /** @return the answer to a request; for messages sent with {@link #send} it is ignored and may be null */
        CompletionStage<byte[]> handle(String from, byte[] payload);
    }

    /**
     * A session began or ended.
     *
     * @param id distinguishes sessions with the same peer
     */
    record Session(String peer, long id, boolean open) {}

    /** The peer cannot be reached. */
    class NoCommunicationException extends Exception {
        private static final long serialVersionUID = 1L;

        public NoCommunicationException(String message) {
            super(message);
        }
    }

    /** The peer's handler failed; the message is the peer's. */
    class RemoteException extends Exception {
        private static final long serialVersionUID = 1L;

        public RemoteException(String message) {
            super(message);
        }
    }
}

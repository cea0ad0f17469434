package org.mainstay.comm.internal.wire;

import java.util.List;

/** A frame between two members. */
public sealed interface Frame {

    /**
     * First frame of the dialling side: which path the connection serves and which session it wants to carry.
     *
     * @param versions lowest and highest frame version the sender speaks
     * @param name name of the sender
     * @param path id of the comm path; empty for the connection that joins and creates paths
     * @param instance distinguishes runs of the sender
     * @param session number of the session within that instance
     * @param resume whether the sender has had this session confirmed before
     * @param received sequence number up to which it has received everything
     * @param epoch epoch of its membership
     */
    record Hello(
            List<Integer> versions,
            String name,
            String path,
            String instance,
            long session,
            boolean resume,
            long received,
            long epoch)
            implements Frame {}

    /**
     * Answer to a hello.
     *
     * @param version frame version to speak on this connection
     * @param status what the accepting side says
     * @param reason for people, if refused
     * @param received sequence number up to which it has received everything of the session
     * @param epoch epoch of its membership
     */
    record Welcome(int version, Status status, String reason, long received, long epoch) implements Frame {
        /** Answers to a hello. */
        public enum Status {
            /** The connection now carries the session. */
            OK,
            /** The session is over or never was: propose a new one on this connection. */
            GONE,
            /** Not now. */
            REFUSED
        }
    }

    /**
     * A piece of a message.
     *
     * @param sequence rises by one within a session and direction, from 1
     * @param lane number the sender gave to the topic
     * @param head present in the first piece of a message only, else null
     * @param last whether the message ends with it
     * @param source array that holds the bytes
     * @param offset where they begin
     * @param length how many
     */
    record Data(long sequence, int lane, Head head, boolean last, byte[] source, int offset, int length)
            implements Frame {}

    /**
     * What a message is.
     *
     * @param kind what it is
     * @param correlation pairs requests and answers; 0 for plain messages
     * @param total length of the payload in bytes
     * @param topic its topic
     */
    record Head(Kind kind, long correlation, int total, String topic) {}

    /** What a message is. */
    enum Kind {
        MESSAGE,
        REQUEST,
        ANSWER,
        /** The peer's handler failed; the payload is a sentence in UTF-8. */
        FAILURE
    }

    /**
     * What has arrived.
     *
     * @param received sequence number up to which everything arrived
     * @param consumed by lane: cost of all messages handed to their handlers since the session began
     */
    record Ack(long received, List<Consumed> consumed) implements Frame {
        public Ack {
            consumed = List.copyOf(consumed);
        }
    }

    /** Cost consumed in a lane of the sender of messages. */
    record Consumed(int lane, long total) {}

    /** Asks for a sign of life. */
    record Ping() implements Frame {}

    /** Answers a ping. */
    record Pong() implements Frame {}

    /** The session ends on purpose. */
    record Bye(String reason) implements Frame {}
}

package org.mainstay.mirror.engine.link;

/** What a frame says. The numbers travel and never change. */
public enum FrameType {
    /** Source to target, first: who and what (text). */
    HELLO(1),
    /** Target to source: its account of itself (text). */
    WELCOME(2),
    /** Either: no, and why (text); the connection ends. */
    REFUSE(3),
    /** Target to source: blocks it may hold that the source does not know (pairs of first block and count). */
    BITS(4),
    /** Target to source: that was all. */
    READY(5),
    /** Source to target: resynchronisation begins, what you hold is not consistent until it ends. Answered by DONE. */
    BEGIN(6),
    /** Source to target: data of whole blocks. */
    BLOCK(7),
    /** Source to target: digests of blocks. Answered by DONE with a bit for each block that differs. */
    SUMS(8),
    /** Source to target: resynchronisation ended, you now hold this generation (text). Answered by DONE. */
    END(9),
    WRITE(10),
    ZERO(11),
    TRIM(12),
    /** Source to target: bring everything before to stable storage. Answered by DONE. */
    FLUSH(13),
    /** Source to target: from here on the data is of this generation (text). Answered by DONE. */
    GENERATION(14),
    /** Target to source: everything up to this sequence number is applied. */
    ACK(15),
    /** Target to source: the frame of this number is carried out; length is the error number. */
    DONE(16),
    /** Target to source: the frame of this number could not be applied and nothing after it is; length is the error number. */
    ERROR(17),
    /** Target to source, with the target's time in offset; echoed by PONG while the target is current. */
    PING(18),
    PONG(19),
    /** Echo of a ping while the target is not current: says only that the source is there. */
    ALIVE(20),
    /** Source to target, the last: this source ends in order and writes no more; you are current. Answered by DONE. */
    HANDOVER(21),
    /** Source to target: the snapshot that was prepared (text) is of this moment. Answered by DONE. Sent only where one was prepared. */
    MARK(22);

    private static final FrameType[] BY_CODE = new FrameType[32];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Returns the type of a number; null if it is none of this version's. */
    static FrameType of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}

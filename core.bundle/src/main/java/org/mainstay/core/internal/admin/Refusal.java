package org.mainstay.core.internal.admin;

import org.mainstay.cluster.Reply;

/** A request is refused: exit code (CMD-010) and a sentence that says what was wrong, what is allowed, what to do. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int exitCode;

    Refusal(int exitCode, String message) {
        super(message, null, false, false);
        this.exitCode = exitCode;
    }

    static Refusal of(Reply reply) {
        return new Refusal(reply.exitCode(), reply.message());
    }

    Reply reply() {
        return Reply.failed(exitCode, getMessage());
    }

    int exitCode() {
        return exitCode;
    }
}

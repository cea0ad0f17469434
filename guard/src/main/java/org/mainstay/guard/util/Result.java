package org.mainstay.guard.util;

/**
 * Whether something asked of the guard was done.
 *
 * @param message the evidence or the reason in one sentence
 * @param code a word of PROTOCOL.md that programs may act on; empty: none
 */
public record Result(boolean done, String message, String code) {
    public Result(boolean done, String message) {
        this(done, message, "");
    }

    /** Returns the same result with a code. */
    public Result withCode(String value) {
        return new Result(done, message, value);
    }

    public static Result done(String message) {
        return new Result(true, message);
    }

    public static Result failed(String message) {
        return new Result(false, message);
    }
}

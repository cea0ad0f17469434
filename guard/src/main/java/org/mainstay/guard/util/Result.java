package org.mainstay.guard.util;

/** Whether something asked of the guard was done, and the evidence or the reason in one sentence. */
public record Result(boolean done, String message) {
    public static Result done(String message) {
        return new Result(true, message);
    }

    public static Result failed(String message) {
        return new Result(false, message);
    }
}

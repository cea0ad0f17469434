package org.mainstay.quorum.internal.fence;

/**
 * How a call of an agent ended.
 *
 * @param exitCode the agent's; -1 if it could not be started, -2 if it took too long and was killed
 * @param output the end of what it printed, in one line
 */
record AgentRun(int exitCode, String output) {
    static final int NOT_STARTED = -1;
    static final int TIMED_OUT = -2;
    /** What {@code status} ends with when the plug is off. */
    static final int OFF = 2;

    boolean succeeded() {
        return exitCode == 0;
    }

    /** Returns the result for people. */
    String text() {
        String what = switch (exitCode) {
            case NOT_STARTED -> "could not be started";
            case TIMED_OUT -> "took too long and was ended";
            default -> "ended with " + exitCode;
        };
        return output.isEmpty() ? what : what + ": " + output;
    }
}

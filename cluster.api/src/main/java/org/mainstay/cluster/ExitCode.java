package org.mainstay.cluster;

/** Exit codes of all commands (CMD-010). */
public final class ExitCode {
    public static final int SUCCESS = 0;
    /** A system or library call, or an action of a kit, failed. */
    public static final int SYSTEM_ERROR = 1;

    public static final int SYNTAX = 2;
    public static final int INTERNAL_ERROR = 3;
    public static final int EXISTS = 4;
    public static final int INVALID_ARGUMENT = 5;
    public static final int OUT_OF_RANGE = 6;
    public static final int NOT_FOUND = 7;
    public static final int IN_USE = 8;
    public static final int NO_COMMUNICATION = 9;

    private ExitCode() {}
}

package org.mainstay.core.internal.run;

/** What an action that was given up, but whose code has not come back, can still do. */
public enum Hang {
    /** No action of the instance hangs. */
    NONE,
    /** Its code hangs, but every call of the host is refused to it. */
    FENCED,
    /** It is inside a call of the host: what that call starts may still come. */
    LOOSE
}

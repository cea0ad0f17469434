package org.mainstay.mirror.engine.volume;

/** A role was asked for that the data does not allow; the message is the reason, for people. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param reason what is wrong and what would help */
    public RefusedException(String reason) {
        super(reason);
    }
}

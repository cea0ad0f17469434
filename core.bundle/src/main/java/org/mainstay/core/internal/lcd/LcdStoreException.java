package org.mainstay.core.internal.lcd;

import java.io.IOException;
import java.nio.file.Path;

/** Why the configuration database cannot be opened or a commit was refused; the message is a sentence for the operator. */
public final class LcdStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure; each leaves the acknowledged state as it was. */
    public enum Kind {
        /** Another process has it open. */
        IN_USE,
        /** There is no database. */
        MISSING,
        /** There is one already. */
        EXISTS,
        /** A release with a higher major schema version wrote it. */
        NEWER_SCHEMA,
        /** Acknowledged data is damaged in both copies: read-only until repaired. */
        DAMAGED,
        /** Writing failed and was undone, as with a full disk: the same commit may be tried again. */
        NOT_WRITTEN,
        /** It is not certain what the disk holds: the next commit first writes everything anew. */
        FAILED,
        /** The change does not fit the state of the document. */
        CONFLICT,
        /** The store has been closed. */
        CLOSED
    }

    private final Kind kind;

    public LcdStoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public LcdStoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** Writing failed and was undone. */
    static LcdStoreException notWritten(Path directory, IOException cause) {
        return new LcdStoreException(
                Kind.NOT_WRITTEN,
                "the change was not stored, the configuration database is as before: " + text(cause)
                        + "; free space on or repair the disk of " + directory + " and repeat",
                cause);
    }

    /** Writing failed so that the files are in doubt. @param what what could not be written */
    static LcdStoreException failed(String what, Path directory, IOException cause) {
        return new LcdStoreException(
                Kind.FAILED,
                what + " could not be written: " + text(cause) + "; free space on or repair the disk of " + directory
                        + " and repeat",
                cause);
    }

    static String text(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    public Kind kind() {
        return kind;
    }
}

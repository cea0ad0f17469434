package org.mainstay.kit;

import java.util.Objects;
import org.osgi.annotation.versioning.ProviderType;

/** How an action ended: success or failure, with a sentence for people. Immutable. */
@ProviderType
public final class Outcome {
    private final boolean succeeded;
    private final String message;
    private final String detail;
    private final String code;

    private Outcome(boolean succeeded, String message, String detail, String code) {
        this.succeeded = succeeded;
        this.message = Objects.requireNonNull(message, "message");
        this.detail = Objects.requireNonNull(detail, "detail");
        this.code = Objects.requireNonNull(code, "code");
    }

    /** @param message what was done, in one line */
    public static Outcome success(String message) {
        return new Outcome(true, message, "", "");
    }

    /** @param message what was wrong and what to do, in one line */
    public static Outcome failed(String message) {
        return new Outcome(false, message, "", "");
    }

    /**
     * @param message what was wrong and what to do, in one line
     * @param detail output of a command or a stack trace, for the log; may have many lines
     */
    public static Outcome failed(String message, String detail) {
        return new Outcome(false, message, detail, "");
    }

    /**
     * Returns the same outcome with a word that programs may act on, as the message is for people only.
     *
     * @param value one of the constants of the type that documents the call; empty: none
     */
    public Outcome withCode(String value) {
        return new Outcome(succeeded, message, detail, value);
    }

    public boolean succeeded() {
        return succeeded;
    }

    public String message() {
        return message;
    }

    /** Returns what goes to the log only; empty if there is nothing more to say. */
    public String detail() {
        return detail;
    }

    /** Returns what programs may act on; empty if the call says nothing but its success and message. */
    public String code() {
        return code;
    }

    @Override
    public String toString() {
        return (succeeded ? "success: " : "failed: ") + message;
    }
}

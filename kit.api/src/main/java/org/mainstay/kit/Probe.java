package org.mainstay.kit;

import java.util.Objects;
import org.osgi.annotation.versioning.ProviderType;

/** What a resource is on this machine at this moment. Immutable. */
@ProviderType
public final class Probe {

    /** The four answers of a probe; only {@link #STOPPED} allows the resource to be started elsewhere. */
    public enum State {
        /** Serves here. */
        RUNNING,
        /** Nothing of it is left here. */
        STOPPED,
        /** Some of it is here: neither serving nor gone. */
        PARTIAL,
        /** Cannot be told; never counts as stopped. */
        UNKNOWN
    }

    private final State state;
    private final String message;

    private Probe(State state, String message) {
        this.state = Objects.requireNonNull(state, "state");
        this.message = Objects.requireNonNull(message, "message");
    }

    public static Probe running(String message) {
        return new Probe(State.RUNNING, message);
    }

    public static Probe stopped(String message) {
        return new Probe(State.STOPPED, message);
    }

    public static Probe partial(String message) {
        return new Probe(State.PARTIAL, message);
    }

    public static Probe unknown(String message) {
        return new Probe(State.UNKNOWN, message);
    }

    public State state() {
        return state;
    }

    /** Returns the evidence in one line, such as {@code 10.77.1.100/24 is on eth0}. */
    public String message() {
        return message;
    }

    @Override
    public String toString() {
        return state + ": " + message;
    }
}

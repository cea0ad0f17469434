package org.mainstay.core.internal.run;

import java.time.Duration;
import java.util.Objects;

/**
 * A call into a kit, to be run by {@link Workers}.
 *
 * @param name for logs and the thread, such as {@code restore vip}
 * @param lane tag of the instance: calls of one lane do not run at the same time; empty for those that need no turn
 * @param kind how it behaves towards others in its lane
 * @param limit how long it may run
 * @param urgent whether it ends something or finds out whether it has ended: workers are kept for that, whatever else hangs
 * @param owner the kit, so that the call can be cancelled when the kit goes; its class loader is the thread's during the call
 * @param body what to do
 * @param <T> type of the result
 */
record Call<T>(String name, String lane, Kind kind, Duration limit, boolean urgent, Object owner, Body<T> body) {

    /** How a call behaves towards others of its lane. */
    enum Kind {
        /** Changes the machine: waits for its turn, and a check that runs is cancelled for it. */
        CHANGE,
        /** Looks at the machine now and then: not run if it is not its turn. */
        CHECK,
        /** Looks at the machine on demand: runs beside everything else. */
        LOOK
    }

    /** What a call does; exceptions are failures. */
    @FunctionalInterface
    interface Body<T> {
        T run(CallControl control) throws Exception;
    }

    Call(String name, String lane, Kind kind, Duration limit, Object owner, Body<T> body) {
        this(name, lane, kind, limit, false, owner, body);
    }

    Call {
        Objects.requireNonNull(body, "body");
        if (kind != Kind.LOOK && lane.isEmpty()) {
            throw new IllegalArgumentException(name + ": a call that needs a turn needs a lane");
        }
    }
}

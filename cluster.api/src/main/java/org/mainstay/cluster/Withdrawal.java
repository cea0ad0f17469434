package org.mainstay.cluster;

/**
 * Takes a request back while it only waits, as for the administrative lock: from then on it never begins. One for one request; either
 * it begins or it is withdrawn, never both. Thread-safe.
 */
public final class Withdrawal {
    private enum State {
        WAITING,
        BEGUN,
        WITHDRAWN
    }

    private State state = State.WAITING;
    private Runnable takeBack;

    /**
     * Of the caller: nobody waits any more. What was given already and not kept yet is taken back before this returns, which may take
     * as long as servers need to answer.
     *
     * @return whether the request does not begin, or what it gave was taken back; false if it has begun and goes on to its end
     */
    public boolean withdraw() {
        Runnable given;
        synchronized (this) {
            if (state != State.WAITING) {
                return state == State.WITHDRAWN;
            }
            state = State.WITHDRAWN;
            given = takeBack;
            takeBack = null;
        }
        if (given != null) {
            given.run();
        }
        return true;
    }

    /**
     * Of the provider: the request begins now; again and again is harmless. Of the caller: it keeps what it was given.
     *
     * @return false if it was withdrawn before
     */
    public synchronized boolean begin() {
        if (state == State.WITHDRAWN) {
            return false;
        }
        state = State.BEGUN;
        takeBack = null;
        return true;
    }

    /**
     * Of the provider: the caller has what it waited for, until it either keeps it or takes it back.
     *
     * @param undo takes it back, on the caller's thread
     * @return false if it was withdrawn before: then the provider takes it back itself
     */
    public synchronized boolean give(Runnable undo) {
        if (state == State.WAITING) {
            takeBack = undo;
        }
        return state != State.WITHDRAWN;
    }

    public synchronized boolean withdrawn() {
        return state == State.WITHDRAWN;
    }
}

package org.mainstay.guard.lease;

/** A witness the test speaks for; every use of it is a new start. */
final class FakeWitness implements Witness {
    Settings settings;
    Listener listener;
    String refusal = "";
    int closed;
    int started;

    @Override
    public void start(Settings with, Listener to) {
        started++;
        if (!refusal.isEmpty()) {
            throw new IllegalArgumentException(refusal);
        }
        settings = with;
        listener = to;
    }

    @Override
    public void close() {
        closed++;
    }
}

package org.mainstay.kit.testkit;

/** A context whose action can be given up while it runs, so that what it waits for ends at once. */
interface Cancellable {

    /** Gives the action up. Any thread. */
    void cancel();
}

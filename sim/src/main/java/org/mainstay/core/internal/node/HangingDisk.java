package org.mainstay.core.internal.node;

import java.util.Optional;
import org.mainstay.core.decision.DecisionCore;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.CoreState;

/** What the loop says to who asks while its disk hangs. */
public final class HangingDisk {
    /** As in {@link Loop}: a commit that takes longer is overdue. */
    public static final long OVERDUE_MILLIS = 2_000;

    private HangingDisk() {}

    /**
     * Returns the answer to an event that waits; empty if it goes on waiting.
     *
     * @param before the state that is in force
     * @param after the state that will be when the commit under way succeeds
     * @param at wall clock
     */
    public static Optional<Effect> answer(DecisionCore core, CoreState before, CoreState after, Event event, long at) {
        return Overdue.question(event)
                ? new Overdue(core::decide, before, after).answer(event, "the disk has not answered for 2 s", at)
                : Optional.empty();
    }
}

package org.mainstay.core.decision;

import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.rule.Rules;
import org.mainstay.core.decision.state.CoreState;

/**
 * Decides what a server does. Equal arguments give equal decisions; the only thing it keeps is a computed view of the last
 * database, which saves time and decides nothing. For one thread at a time.
 */
public final class DecisionCore {
    private final Rules.Decider decider = new Rules.Decider();

    /** Returns what follows from an event. Never throws for anything a peer, kit or operator can cause. */
    public Decision decide(CoreState before, Input input) {
        return decider.decide(before, input);
    }
}

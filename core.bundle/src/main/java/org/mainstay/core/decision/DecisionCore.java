package org.mainstay.core.decision;

import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.rule.Rules;
import org.mainstay.core.decision.state.CoreState;

/** Decides what a server does. Stateless and pure: equal arguments give equal decisions. */
public final class DecisionCore {
    /** Returns what follows from an event. Never throws for anything a peer, kit or operator can cause. */
    public Decision decide(CoreState before, Input input) {
        return Rules.decide(before, input);
    }
}

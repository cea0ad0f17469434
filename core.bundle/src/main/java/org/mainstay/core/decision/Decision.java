package org.mainstay.core.decision;

import java.util.List;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.state.CoreState;

/**
 * What follows from an event.
 *
 * @param state the new state
 * @param effects what is to be done after the new state is stored, in order
 * @param origin who is to be recorded with the change of the own database, if there is one
 */
public record Decision(CoreState state, List<Effect> effects, Origin origin) {
    public Decision {
        effects = List.copyOf(effects);
    }
}

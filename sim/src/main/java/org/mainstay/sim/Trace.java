package org.mainstay.sim;

import java.io.PrintStream;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;

/** Writes down what happens, for whoever looks for the cause of a violation. */
interface Trace {
    Trace NONE = new Trace() {};

    default void decided(Machine machine, Event event, Decision decision) {}

    default void noted(Machine machine, String text) {}

    default void say(long at, String text) {}

    /** Writes to a stream. @param all decisions too, not only what an operator could see */
    static Trace to(PrintStream out, boolean all) {
        return new Trace() {
            private static final int WIDTH = 420;

            private void line(long at, String text) {
                out.println(String.format("%9.3f  ", at / 1000.0) + text.substring(0, Math.min(WIDTH, text.length())));
            }

            @Override
            public void decided(Machine machine, Event event, Decision decision) {
                if (!all || routine(event, decision)) {
                    return;
                }
                long at = machine.now();
                line(at, machine + " <- " + event);
                for (Effect effect : decision.effects()) {
                    boolean dull = effect instanceof Effect.Send send
                            && (send.message() instanceof CoreMessage.LcdReceived
                                    || send.message() instanceof CoreMessage.LcdDelta);
                    if (!dull) {
                        line(at, "        " + machine + " -> " + effect);
                    }
                }
            }

            private boolean routine(Event event, Decision decision) {
                return decision.effects().isEmpty()
                        && (event instanceof Event.RightChanged
                                || event instanceof Event.PeerInfo
                                || event instanceof Event.MessageReceived);
            }

            @Override
            public void noted(Machine machine, String text) {
                line(machine.now(), machine + ": " + text);
            }

            @Override
            public void say(long at, String text) {
                line(at, text);
            }
        };
    }
}

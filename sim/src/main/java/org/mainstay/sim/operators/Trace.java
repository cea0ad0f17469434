package org.mainstay.sim.operators;

import java.io.PrintStream;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;

/** Writes down what happens, for whoever looks for the cause of a violation. */
final class Trace implements Watcher {
    private final PrintStream out;

    Trace(PrintStream out) {
        this.out = out;
    }

    private void say(Server server, String text) {
        out.println(server.time() + " " + server + " " + text);
    }

    @Override
    public void decided(Server server, Event event, Decision decision) {
        if (event instanceof Event.MessageReceived received
                && (received.message() instanceof CoreMessage.LcdReceived
                        || received.message() instanceof CoreMessage.LcdDelta)) {
            if (decision.effects().stream()
                    .noneMatch(effect ->
                            effect instanceof Effect.Send send && send.message() instanceof CoreMessage.LcdDelta)) {
                return;
            }
        }
        String text = event.toString();
        say(server, "<- " + text.substring(0, Math.min(text.length(), 300)));
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.Send send && send.message() instanceof CoreMessage.LcdDelta delta) {
                for (LcdChange<?> change : delta.changes()) {
                    say(server, "      " + change.section().name() + " " + change.key() + " = " + change.value());
                }
            }
        }
        decision.effects().stream()
                .filter(effect -> !(effect instanceof Effect.Send send
                        && (send.message() instanceof CoreMessage.LcdDelta
                                || send.message() instanceof CoreMessage.LcdReceived)))
                .forEach(effect -> {
                    String one = effect.toString();
                    say(server, "   -> " + one.substring(0, Math.min(one.length(), 300)));
                });
    }

    @Override
    public void dies(Server server, boolean machine) {
        say(server, machine ? "loses power" : "loses its manager");
    }

    @Override
    public void starts(Server server) {
        say(server, "starts its manager");
    }

    @Override
    public void kills(Server server, String tag, boolean succeeds) {
        say(server, "kills " + tag + (succeeds ? "" : " in vain"));
    }

    @Override
    public void answers(Server server, String requestId, Reply reply) {
        say(server, "answers " + requestId + ": " + reply);
    }
}

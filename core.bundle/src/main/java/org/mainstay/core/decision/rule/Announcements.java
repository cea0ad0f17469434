package org.mainstay.core.decision.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.message.CoreMessage.Standing;
import org.mainstay.core.decision.state.PeerView;

/** What the peers are told at the end of each step: the change of the own database and how this server stands. */
final class Announcements {
    private Announcements() {}

    static List<Effect> of(Step step) {
        List<Effect> effects = new ArrayList<>();
        Lcd old = step.before.own();
        Lcd own = step.own();
        List<LcdChange<?>> changes = own == old ? List.of() : own.changesSince(old);
        boolean replaced = own.incarnation() != old.incarnation();
        boolean changed = replaced || !changes.isEmpty() || !own.bootId().equals(old.bootId());
        Lcd stored = changed ? own.committed() : own;
        if (!changed && own != old) {
            step.own(old);
        }
        Standing standing = standing(step);
        Standing before = step.before.standing();
        for (Map.Entry<String, PeerView> entry : step.peers().entrySet()) {
            String name = entry.getKey();
            PeerView peer = entry.getValue();
            if (!peer.session()) {
                continue;
            }
            if (step.greet.contains(name)) {
                Lcd copy = peer.lcd();
                effects.add(new Effect.Send(
                        name,
                        peer.sessionId(),
                        new CoreMessage.Hello(
                                stored,
                                step.start.run(),
                                step.start.loaded(),
                                standing,
                                copy.incarnation(),
                                copy.version())));
                continue;
            }
            if (replaced || step.resend.contains(name)) {
                effects.add(new Effect.Send(name, peer.sessionId(), new CoreMessage.Snapshot(stored)));
            } else if (changed) {
                effects.add(new Effect.Send(
                        name,
                        peer.sessionId(),
                        new CoreMessage.LcdDelta(
                                own.incarnation(), own.version(), stored.version(), own.bootId(), changes)));
            }
            if (!standing.equals(before)) {
                effects.add(new Effect.Send(name, peer.sessionId(), standing));
            }
        }
        step.standing = standing;
        return effects;
    }

    private static Standing standing(Step step) {
        TreeSet<String> alive = new TreeSet<>();
        TreeSet<String> withheld = new TreeSet<>();
        TreeSet<String> certain = new TreeSet<>();
        Knowledge knowledge = new Knowledge(step);
        Verdicts verdicts = new Verdicts(step);
        Promises promises = new Promises(step);
        for (String peer : step.peers().keySet()) {
            if (step.settings.safety().leased() && knowledge.alive(peer)) {
                alive.add(peer);
            }
            if (promises.over(peer)) {
                withheld.add(peer);
            }
            if (!verdicts.fate(peer).certain().isEmpty()) {
                certain.add(peer);
            }
        }
        return new Standing(step.phase(), step.kits, step.right().granted(), alive, withheld, certain);
    }
}

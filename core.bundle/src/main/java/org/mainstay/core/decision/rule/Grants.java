package org.mainstay.core.decision.rule;

import java.util.List;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Fate;

/**
 * To whom the guard here grants the right to run (design.md section 10). A server that is down and whose last grant is over
 * gets no new one before it is here again, has stored everything this server promised meanwhile, and its own database says that
 * it runs nothing of what was promised to others: a manager that dies in between leaves it without the right to run.
 */
final class Grants {
    private static final String TIMER = "grants:";

    private final Step step;
    private final Knowledge knowledge;

    Grants(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void lapsed(Event.Lapsed event) {
        change(event.peer(), fate -> fate.withLapsed(event.lapsed()));
    }

    void withheld(Event.Withheld event) {
        step.cancelTimer(TIMER + event.peer());
        Fate.Grants grants = event.withheld() ? Fate.Grants.WITHHELD : Fate.Grants.ALLOWED;
        change(event.peer(), fate -> fate.withGrants(grants));
    }

    void witness(Event.WitnessSaid event) {
        change(event.peer(), fate -> fate.withWitness(event.word()));
    }

    /** Nothing the guard said of the others counts any more. */
    void guardAway() {
        for (String peer : List.copyOf(step.peers().keySet())) {
            change(
                    peer,
                    fate -> fate.withLapsed(false)
                            .withGrants(Fate.Grants.UNKNOWN)
                            .withWitness(Fate.Word.UNKNOWN));
        }
    }

    private void change(String peer, java.util.function.UnaryOperator<Fate> change) {
        step.peer(peer, view -> {
            Fate changed = change.apply(view.fate());
            return changed.equals(view.fate()) ? view : view.withFate(changed);
        });
    }

    /** Returns whether a confirmation of the database may let a peer have the right to run again. */
    static boolean pending(Step step) {
        return step.settings.safety().leased()
                && step.peers().values().stream()
                        .anyMatch(view -> view.session() && view.fate().grants() != Fate.Grants.ALLOWED);
    }

    void settle() {
        if (!step.settings.safety().leased() || step.start.bootId().isEmpty()) {
            return;
        }
        for (String peer : Members.of(step)) {
            if (peer.equals(step.self()) || !step.peers().containsKey(peer) || step.timers.contains(TIMER + peer)) {
                continue;
            }
            Fate fate = step.peer(peer).fate();
            boolean over = fate.lapsed() || !new Verdicts(step).certain(peer).isEmpty();
            if (knowledge.down(peer) && over && fate.grants() != Fate.Grants.WITHHELD) {
                ask(peer, new Effect.Withhold(peer));
            } else if (informed(peer) && fate.grants() != Fate.Grants.ALLOWED) {
                ask(peer, new Effect.Allow(peer));
            }
        }
    }

    private boolean informed(String peer) {
        return knowledge.usable(peer)
                && step.own() == step.before.own()
                && step.peer(peer).received() >= step.own().version()
                && stopped(peer);
    }

    /** Returns whether a server runs nothing that was promised to another one, by its own word. */
    private boolean stopped(String peer) {
        Lcd lcd = step.lcd(peer);
        for (Instance theirs : lcd.instances().values()) {
            if (Knowledge.occupied(lcd, theirs) && promisedAway(peer, theirs)) {
                return false;
            }
        }
        return true;
    }

    private boolean promisedAway(String peer, Instance theirs) {
        long epoch = theirs.ownership().epoch();
        String tag = step.topology().mine(peer, theirs.tag());
        if (tag != null && step.instance(tag) != null) {
            Ownership mine = step.instance(tag).ownership();
            if (Epochs.reaches(step, mine.epoch(), epoch)
                    && !mine.owner().isEmpty()
                    && !mine.owner().equals(peer)) {
                return true;
            }
        }
        return step.own().rows(LcdSection.PROMISES).values().stream()
                .anyMatch(row -> row.has(peer, theirs.tag())
                        && Epochs.reaches(step, row.epoch(), epoch)
                        && !row.owner().isEmpty()
                        && !row.owner().equals(peer));
    }

    private void ask(String peer, Effect effect) {
        step.effect(effect);
        step.startTimer(TIMER + peer, step.settings.persistRetry());
    }
}

package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.List;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.Ownership;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.event.ServiceRequest;

/** Applies configuration changes to the own database without disturbing what the core itself keeps in it. */
final class Changes {
    private final Step step;

    Changes(Step step) {
        this.step = step;
    }

    void changeOwn(String requestId, ServiceRequest.ChangeOwn request) {
        Reply refusal = refusal(request.changes());
        if (refusal != null) {
            step.answer(requestId, refusal);
            return;
        }
        for (LcdChange<?> change : request.changes()) {
            if (change.value() instanceof Instance wanted && step.instance(wanted.tag()) != null) {
                setState(wanted);
            } else if (!outdated(step.own(), change)) {
                step.own(step.own().apply(List.of(change)));
            }
        }
        step.answer(requestId, Reply.success(request.description()));
    }

    /** Returns why a state cannot be set by hand; null if it can. */
    Reply refuseState(Instance wanted) {
        return refusal(List.of(LcdChange.put(LcdSection.INSTANCES, wanted.tag(), wanted)));
    }

    private Reply refusal(Collection<LcdChange<?>> changes) {
        for (LcdChange<?> change : changes) {
            if (!change.section().equals(LcdSection.INSTANCES)) {
                continue;
            }
            String tag = change.key();
            String locked = Agreements.lock(step, tag);
            if (!locked.isEmpty()) {
                return Reply.failed(ExitCode.IN_USE, locked);
            }
            if (!step.claimedByOperation(tag)) {
                Reply twice = twice(tag, change.value());
                if (twice != null) {
                    return twice;
                }
            } else {
                return Reply.failed(
                        ExitCode.IN_USE,
                        "another operation works on " + tag + " on " + step.self() + ": wait for its end");
            }
        }
        return null;
    }

    private Reply twice(String tag, Object row) {
        boolean claims = row instanceof Instance wanted
                && wanted.state().inService()
                && step.instance(tag) != null
                && !step.inService(tag);
        if (claims && !step.mayStart()) {
            return Reply.failed(ExitCode.SYSTEM_ERROR, tag + " cannot be set in service: " + step.whyNot());
        }
        Knowledge.Occupant occupant = claims ? new Knowledge(step).occupant(tag) : null;
        return occupant == null
                ? null
                : Reply.failed(ExitCode.IN_USE, tag + " cannot be set in service: " + occupant.text());
    }

    /**
     * Takes an operator's word on a state; ownership and wanted state follow from it. That something is out of service does not say
     * that it was stopped: it counts as possibly running until a remove or a confirmation (I1, docs/decisions/0190).
     */
    void setState(Instance wanted) {
        String tag = wanted.tag();
        Instance old = step.instance(tag);
        Knowledge knowledge = new Knowledge(step);
        Ownership ownership = old.ownership();
        boolean was = old.state().inService();
        boolean will = wanted.state().inService();
        if (was != will) {
            Ownership newest = knowledge.wanted(tag);
            Wanted word = will ? Wanted.IN : Wanted.OUT;
            ownership = ownership.withWanted(word, newest.wantedRevision() + 1).withReleased(false);
        }
        if (will && !was) {
            ownership = ownership.withEpoch(Epochs.claimed(step, knowledge.newestEpoch(tag), false), step.self());
        }
        Instance changed = wanted.withOwnership(ownership);
        if (wanted.state() != old.state()) {
            changed = changed.withState(wanted.state(), wanted.reason(), step.at);
        }
        step.own(step.own().with(changed));
    }

    /**
     * Sees to instances that lose their last partner by changes which are about to be applied: one that is out of service here is not
     * wanted any more, or it would start beside the one it was paired with.
     */
    static void separate(Step step, Collection<LcdChange<?>> changes) {
        boolean ends = changes.stream()
                .anyMatch(change -> change.section().equals(LcdSection.EQUIVALENCIES) && change.value() == null);
        if (!ends) {
            return;
        }
        Lcd after = apply(step.own(), changes);
        for (Instance instance : after.instances().values()) {
            String tag = instance.tag();
            if (!instance.state().inService() && paired(step.own(), tag) && !paired(after, tag)) {
                long revision = new Knowledge(step).wanted(tag).wantedRevision() + 1;
                step.ownership(tag, one -> one.withWanted(Wanted.OUT, revision));
            }
        }
    }

    private static boolean paired(Lcd lcd, String tag) {
        return lcd.rows(LcdSection.EQUIVALENCIES).values().stream()
                .anyMatch(row -> row.server().equals(lcd.server()) && row.tag().equals(tag)
                        || row.otherServer().equals(lcd.server())
                                && row.otherTag().equals(tag));
    }

    /**
     * Says whether a newer copy of a job is there already. Who copied it from another server looked some time ago, and an operation may
     * end late: what came in between stays (EMC-024).
     */
    private static boolean outdated(Lcd lcd, LcdChange<?> change) {
        return change.value() instanceof MirrorJob job
                && lcd.row(LcdSection.JOBS, change.key())
                        .filter(own -> own.isNewerThan(job))
                        .isPresent();
    }

    /** Returns a database with the changes of an operation over several servers: states and ownership stay as they are. */
    static Lcd apply(Lcd lcd, Collection<LcdChange<?>> changes) {
        Lcd result = lcd;
        for (LcdChange<?> change : changes) {
            if (change.value() instanceof Instance wanted
                    && result.instance(wanted.tag()).isPresent()) {
                Instance old = result.instances().get(wanted.tag());
                Instance merged = wanted.withState(old.state(), old.reason(), old.changedAt())
                        .withFailed(old.failed())
                        .withOwnership(old.ownership());
                result = result.with(merged);
            } else if (!outdated(result, change)) {
                result = result.apply(List.of(change));
            }
        }
        return result;
    }
}

package org.mainstay.core.decision;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;

/**
 * What is said to who asks while a commit hangs: the same as if the disk had refused. The decision core is asked what it would say,
 * and only that is carried out; nothing changes by it.
 */
public final class Overdue {
    /** A commit that takes longer is overdue, in milliseconds. */
    public static final long MILLIS = 2_000;

    private final BiFunction<CoreState, Input, Decision> decider;
    private final CoreState before;
    private final CoreState after;

    /**
     * @param decider {@link DecisionCore#decide}
     * @param before the state that is in force
     * @param after the state that will be when the commit that is under way succeeds
     */
    public Overdue(BiFunction<CoreState, Input, Decision> decider, CoreState before, CoreState after) {
        this.decider = decider;
        this.before = before;
        this.after = after;
    }

    /** Returns whether somebody waits for the answer of an event, so that refusing it leaves nothing undone. */
    public static boolean question(Event event) {
        return event instanceof Event.Requested
                || event instanceof Event.MessageReceived received
                        && (received.message() instanceof CoreMessage.ClaimRequest
                                || received.message() instanceof CoreMessage.TakeOut
                                || received.message() instanceof CoreMessage.StoppedWord
                                || received.message() instanceof CoreMessage.Prepare);
    }

    /**
     * Returns the answer to a question; empty if it goes on waiting.
     *
     * @param question an event for which {@link #question} holds
     * @param reason why the commit is not done, for who asked
     * @param at wall clock, as in {@link Input}
     */
    public Optional<Effect> answer(Event question, String reason, long at) {
        if (question instanceof Event.Requested requested && requested.request() instanceof ServiceRequest.Stop) {
            return Optional.of(new Effect.Answer(
                    requested.requestId(),
                    Reply.failed(
                            ExitCode.SYSTEM_ERROR,
                            "Mainstay on " + before.self() + " cannot be stopped now: " + reason
                                    + "; what runs goes on; try again when the disk answers")));
        }
        Optional<Effect> now = said(before, question, reason, at);
        Optional<Effect> then = said(after, question, reason, at);
        // Whether the commit succeeds is not known: a claim is refused if it would be in either case.
        return now.filter(Overdue::refuses).isPresent() || then.isEmpty() ? now : then;
    }

    private static boolean refuses(Effect effect) {
        return !(effect instanceof Effect.Send send
                && send.message() instanceof CoreMessage.ClaimAnswer answer
                && answer.granted());
    }

    private Optional<Effect> said(CoreState state, Event question, String reason, long at) {
        Decision decision = decider.apply(state, new Input(at, new Event.PersistFailed(question, reason)));
        List<Effect> effects = decision.effects();
        return effects.stream().filter(effect -> answers(effect, question)).findFirst();
    }

    private static boolean answers(Effect effect, Event question) {
        if (question instanceof Event.Requested requested) {
            return effect instanceof Effect.Answer answer && answer.requestId().equals(requested.requestId());
        }
        return question instanceof Event.MessageReceived received
                && effect instanceof Effect.Send send
                && send.peer().equals(received.peer())
                && answers(send.message(), received.message());
    }

    private static boolean answers(CoreMessage answer, CoreMessage question) {
        if (question instanceof CoreMessage.ClaimRequest claim) {
            return answer instanceof CoreMessage.ClaimAnswer its
                    && its.claimId().equals(claim.claimId());
        } else if (question instanceof CoreMessage.TakeOut takeOut) {
            return answer instanceof CoreMessage.RequestDone its
                    && its.requestId().equals(takeOut.requestId());
        } else if (question instanceof CoreMessage.StoppedWord word) {
            return answer instanceof CoreMessage.RequestDone its
                    && its.requestId().equals(word.requestId());
        }
        return question instanceof CoreMessage.Prepare prepare
                && answer instanceof CoreMessage.PrepareRefused its
                && its.operationId().equals(prepare.operation().id());
    }
}

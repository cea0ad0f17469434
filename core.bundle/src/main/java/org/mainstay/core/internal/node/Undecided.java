package org.mainstay.core.internal.node;

import java.util.Map;
import java.util.Optional;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.PeerView;

/** What is said to who asked something that the decision core could not decide because of a defect. */
final class Undecided {
    private Undecided() {}

    /**
     * Returns the refusal of a question; nothing has changed then, so that the manager may go on. Empty for every other event: it
     * told of something that happened, which must not be forgotten.
     */
    static Optional<Effect> refusal(Event event, CoreState before) {
        String self = before.self();
        String text = "internal error on " + self
                + ": the request could not be decided and nothing was changed; see the log" + " there";
        if (event instanceof Event.Requested requested) {
            return Optional.of(new Effect.Answer(requested.requestId(), Reply.failed(ExitCode.INTERNAL_ERROR, text)));
        }
        if (event instanceof Event.MessageReceived received) {
            PeerView peer = before.peers().get(received.peer());
            long session = peer == null ? 0 : peer.sessionId();
            return answer(received.message(), text).map(message -> new Effect.Send(received.peer(), session, message));
        }
        return Optional.empty();
    }

    private static Optional<CoreMessage> answer(CoreMessage question, String text) {
        if (question instanceof CoreMessage.TakeOut takeOut) {
            return Optional.of(new CoreMessage.RequestDone(takeOut.requestId(), ExitCode.INTERNAL_ERROR, text));
        } else if (question instanceof CoreMessage.StoppedWord word) {
            return Optional.of(new CoreMessage.RequestDone(word.requestId(), ExitCode.INTERNAL_ERROR, text));
        } else if (question instanceof CoreMessage.ClaimRequest claim) {
            return Optional.of(new CoreMessage.ClaimAnswer(claim.claimId(), false, false, Map.of(), text));
        } else if (question instanceof CoreMessage.Prepare prepare) {
            return Optional.of(
                    new CoreMessage.PrepareRefused(prepare.operation().id(), ExitCode.INTERNAL_ERROR, text));
        }
        return Optional.empty();
    }
}

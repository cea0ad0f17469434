package org.mainstay.core.decision.rule;

import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.message.CoreMessage;
import org.mainstay.core.decision.state.CoreState.Forwarded;

/** The operator's word that something is certainly stopped (design.md section 4, released). */
final class Confirmations {
    private final Step step;
    private final Knowledge knowledge;

    Confirmations(Step step) {
        this.step = step;
        knowledge = new Knowledge(step);
    }

    void confirm(String requestId, ServiceRequest.ConfirmStopped request, Origin origin) {
        String tag = request.tag();
        String server = request.server();
        Instance own = step.instance(tag);
        if (own == null) {
            step.answer(
                    requestId,
                    Reply.failed(ExitCode.NOT_FOUND, "there is no resource '" + tag + "' on " + step.self()));
        } else if (server.equals(step.self())) {
            step.answer(requestId, here(tag, origin.who()));
        } else if (knowledge.instanceOn(server, tag) == null) {
            step.answer(requestId, Reply.failed(ExitCode.NOT_FOUND, tag + " does not exist on " + server));
        } else if (knowledge.usable(server)) {
            step.requests.put(requestId, new Forwarded(server, ""));
            step.touch();
            String theirs = step.topology().tagOn(tag, server, step.self());
            step.send(server, new CoreMessage.StoppedWord(requestId, theirs, origin.who()));
        } else {
            step.answer(requestId, there(tag, server, origin.who()));
        }
    }

    void word(String peer, CoreMessage.StoppedWord word) {
        Reply reply = step.instance(word.tag()) == null
                ? Reply.failed(ExitCode.NOT_FOUND, "there is no resource '" + word.tag() + "' on " + step.self())
                : here(word.tag(), word.who());
        step.send(peer, new CoreMessage.RequestDone(word.requestId(), reply.exitCode(), reply.message()));
    }

    private Reply here(String tag, String who) {
        if (step.claimedByOperation(tag)) {
            return Reply.failed(ExitCode.IN_USE, "an operation works on " + tag + ": wait for its end");
        }
        if (step.inService(tag)) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    tag + " is in service on " + step.self() + ": 'mainstay resource out-of-service " + tag + "'");
        }
        step.drop(LcdSection.ACTIONS, tag);
        step.ownership(tag, ownership -> ownership.withReleased(true));
        step.state(tag, InstanceState.OSU, "confirmed stopped by " + who);
        return note(tag, step.self(), who);
    }

    private Reply there(String tag, String server, String who) {
        if (knowledge.alive(server) && step.peer(server).managerPresent()) {
            return Reply.failed(
                    ExitCode.NO_COMMUNICATION,
                    "Mainstay runs on " + server + " but cannot be reached: repair the comm paths");
        }
        if (step.occupies(tag) || step.claimedByOperation(tag)) {
            return Reply.failed(ExitCode.IN_USE, tag + " is in service on " + step.self() + " or being worked on");
        }
        Instance there = knowledge.instanceOn(server, tag);
        String flag =
                Knowledge.stoppedFlag(server, there.tag(), there.ownership().epoch());
        step.put(LcdSection.FLAGS, flag, new Flag(flag));
        return note(tag, server, who);
    }

    private Reply note(String tag, String server, String who) {
        String text = tag + " is confirmed stopped on " + server + " by " + who;
        step.note(Notices.CONFIRMED_STOPPED, Level.WARNING, tag, text);
        return Reply.success(text);
    }
}

package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/** What changes the state of mirrors that are there (spec/05 3.1 and 1.4). */
final class EmChanges {
    /** Cause of a link whose both ends were written alone; nothing is sent until somebody decides whose data is given up. */
    private static final String DIVERGED = "SPLIT_BRAIN";

    /** Cause of a link whose target has the newer data. */
    private static final String STALE = "STALE_SOURCE";

    private static final int BROKEN = 3;
    private static final int PAUSED = 4;

    private EmChanges() {}

    static List<EmCommand> all() {
        return List.of(
                change("PAUSEMIRROR", 1, 2, Place.ASKED, call -> asked(call, Mirrors.Verb.PAUSE)),
                change("CONTINUEMIRROR", 1, 2, Place.ASKED, call -> asked(call, Mirrors.Verb.CONTINUE)),
                change("BREAKMIRROR", 1, 2, Place.ASKED, call -> asked(call, Mirrors.Verb.BREAK)),
                change("RESYNCMIRROR", 1, 2, Place.ASKED, call -> asked(call, Mirrors.Verb.RESYNC)),
                change("PREPARETOBECOMETARGET", 1, 1, Place.ASKED, EmChanges::prepare),
                change("REGISTERCLUSTERVOLUME", 1, 1, Place.ASKED, EmChanges::register),
                change("RESTARTVOLUMEPIPE", 1, 1, Place.ASKED, EmChanges::restart),
                change("SWITCHOVERVOLUME", 1, 1, Place.THERE, EmChanges::switchover),
                change("UPDATEVOLUMEINFO", 1, 1, Place.ASKED, EmChanges::update));
    }

    static boolean isSource(Mirrors.Side side) {
        return side.role().equals("SOURCE");
    }

    static Reply notSource(Mirrors.Side side) {
        return Reply.failed(ExitCode.INVALID_ARGUMENT, side.tag() + " is not source on " + side.server());
    }

    private static Reply asked(EmCall call, Mirrors.Verb verb) throws CommandException, InterruptedException {
        Mirrors.Side side = call.answering();
        if (!isSource(side)) {
            // EMC-134: on a target a pause has no effect and is no error; everything else is.
            return verb == Mirrors.Verb.PAUSE ? Reply.success("") : notSource(side);
        }
        List<String> targets = targets(call, side);
        if (targets.isEmpty()) {
            return Reply.failed(
                    ExitCode.NOT_FOUND,
                    side.tag()
                            + (side.links().isEmpty() ? " has no target on " : " has no such target on ")
                            + side.server());
        }
        return each(call, side, verb, targets);
    }

    private static Reply silent(Mirrors.Side side) {
        return Reply.failed(ExitCode.SYSTEM_ERROR, EmCall.silence(side));
    }

    /** Returns the targets that are meant: the one of the second argument, or all (EMC-007). */
    static List<String> targets(EmCall call, Mirrors.Side side) {
        List<String> targets = new ArrayList<>();
        for (Mirrors.Link link : side.links()) {
            boolean meant = call.arguments().size() < 2
                    || link.target().equalsIgnoreCase(call.arguments().get(1))
                    || EmText.host(link).equals(call.arguments().get(1));
            if (meant) {
                targets.add(link.target());
            }
        }
        return targets;
    }

    private static Reply each(EmCall call, Mirrors.Side side, Mirrors.Verb verb, List<String> targets)
            throws CommandException, InterruptedException {
        Reply last = Reply.success("");
        for (String target : targets) {
            last = call.ask(side, verb, target);
            if (!last.succeeded()) {
                break;
            }
        }
        return last;
    }

    /** EMC-135: only where both sides wrote; else data would be given up that nobody has to give up. */
    private static Reply prepare(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        Set<String> causes = sides.stream()
                .filter(other -> other.volume().equals(side.volume()) && isSource(other))
                .filter(other -> !other.server().equals(call.server()))
                .flatMap(other -> other.links().stream())
                .filter(link -> link.target().equals(call.server()))
                .map(Mirrors.Link::cause)
                .collect(Collectors.toSet());
        if (causes.contains(STALE)) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    call.server() + " has newer data of " + side.tag()
                            + " than the source, which would be lost: bring it"
                            + " into service there, mainstay resource in-service " + side.tag() + " --on "
                            + call.server());
        }
        return causes.contains(DIVERGED)
                ? call.ask(side, Mirrors.Verb.DISCARD, call.server())
                : Reply.failed(
                        ExitCode.INVALID_ARGUMENT,
                        "no source of " + side.tag() + " is in split brain with " + call.server()
                                + ": nothing has to be given up there");
    }

    /** EMC-137: a mirrored volume is a resource from the start. */
    private static Reply register(EmCall call) throws CommandException, InterruptedException {
        Mirrors.Side side = call.side();
        return isSource(side) ? Reply.success("") : notSource(side);
    }

    /** EMC-138: what is paused or broken by command stays so. */
    private static Reply restart(EmCall call) throws CommandException, InterruptedException {
        Mirrors.Side side = call.side();
        if (!isSource(side)) {
            return notSource(side);
        }
        List<String> targets = side.links().stream()
                .filter(link -> link.code() != BROKEN && !(link.code() == PAUSED && requested(link)))
                .map(Mirrors.Link::target)
                .toList();
        if (targets.isEmpty()) {
            return Reply.failed(
                    ExitCode.IN_USE, "no mirror of " + side.tag() + " is to be connected: continue it first");
        }
        for (String target : targets) {
            Reply paused = call.ask(side, Mirrors.Verb.PAUSE, target);
            if (!paused.succeeded()) {
                return paused;
            }
            Reply reply = call.ask(side, Mirrors.Verb.CONTINUE, target);
            if (!reply.succeeded()) {
                reply = call.ask(side, Mirrors.Verb.CONTINUE, target);
            }
            if (!reply.succeeded()) {
                return Reply.failed(
                        reply.exitCode(),
                        reply.message() + "; the mirror to " + target + " is PAUSED now: emcmd " + side.server()
                                + " continuemirror " + side.tag());
            }
        }
        return Reply.success("");
    }

    private static boolean requested(Mirrors.Link link) {
        return link.counters().getOrDefault("breakUserRequested", 0L) != 0;
    }

    private static Reply switchover(EmCall call) throws CommandException, InterruptedException {
        Mirrors.Side side = call.answering();
        if (EmSnapshots.active(call, side.tag())) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "there is a snapshot of " + side.tag() + " on " + call.server() + ": emcmd . dropsnapshot "
                            + side.tag());
        }
        return call.submit(new Request.BringInService(side.tag(), false, true, false));
    }

    /** EMC-148: what is shown is asked of the engines each time, so only that has to be known whether this one answers. */
    private static Reply update(EmCall call) throws CommandException, InterruptedException {
        Mirrors.Side side = call.side();
        if (!side.role().equals("UNKNOWN")) {
            return Reply.success("");
        }
        call.out()
                .println("Unable to update the volume information. The volume may be locked by another process or may"
                        + " not be formatted as NTFS.");
        return silent(side);
    }
}

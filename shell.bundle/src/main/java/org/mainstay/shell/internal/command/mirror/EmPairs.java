package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorJob.Pair;
import org.mainstay.cluster.lcd.MirrorJob.Type;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/** Addresses and type of one pair: they stand in the job, from where the engines get them (EMC-102, EMC-103). */
final class EmPairs {
    /** More servers than these have too many pairs that must be changed one after the other (EMC-102). */
    private static final int MOST_SERVERS = 3;

    /** Codes of a mirror at work: in step or resynchronising. */
    static final Set<Integer> RUNNING = Set.of(1, 2);

    private EmPairs() {}

    static List<EmCommand> all() {
        return List.of(
                change("CHANGEMIRRORENDPOINTS", 4, 4, Place.THERE, EmPairs::endpoints),
                change("CHANGEMIRRORTYPE", 3, 3, Place.ASKED, EmPairs::type));
    }

    /** A pair in its job, and which of its ends is which. */
    private record Found(MirrorJob job, Pair pair, boolean straight) {
        MirrorJob.End other() {
            return straight ? pair.second() : pair.first();
        }
    }

    private static Reply endpoints(EmCall call) throws CommandException, InterruptedException {
        String source = EmAddress.check(call.arguments().get(2));
        String target = EmAddress.check(call.arguments().get(3));
        EmAddress.sameFamily(source, target);
        List<Mirrors.Side> sides = call.sides();
        // It is refused before anything is looked for, as the volume's name decides what the error is.
        call.side(sides);
        Found found = find(call, call.arguments().get(1));
        List<String> all = List.copyOf(call.snapshot().servers());
        Set<String> servers = new HashSet<>();
        found.job().pairs().stream()
                .filter(pair -> concerns(call, pair))
                .forEach(pair -> List.of(pair.first(), pair.second())
                        .forEach(end -> servers.add(all.stream()
                                .filter(end::of)
                                .findFirst()
                                .orElse(end.server())
                                .toLowerCase(Locale.ROOT))));
        if (servers.size() > MOST_SERVERS) {
            return Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    "the volume is on " + servers.size() + " servers; with more than " + MOST_SERVERS
                            + " delete and create the mirrors, or change the job: emcmd . updatejob");
        }
        if (call.invocation().platform().enrolment().localAddresses().stream()
                .noneMatch(address -> EmAddress.same(address, source))) {
            return Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    source + " is not an address of " + call.server() + "; change the server's address first, and send"
                            + " the command to the server that has it");
        }
        Optional<Mirrors.Link> link = link(call, sides, found);
        if (link.isPresent() && RUNNING.contains(link.get().code())) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "the mirror to " + link.get().target() + " is at work; pause it first: emcmd . pausemirror");
        }
        Pair before = found.pair();
        Pair after = new Pair(
                before.first().at(found.straight() ? source : target),
                before.second().at(found.straight() ? target : source),
                before.type());
        return store(call, found, after);
    }

    private static boolean concerns(EmCall call, Pair pair) {
        try {
            EmJobs jobs = new EmJobs(call.snapshot());
            // The same volume may be called otherwise on the other servers: what is tied to it here is it.
            return jobs.isEnd(pair.first(), call.server(), call.volume())
                    || jobs.isEnd(pair.second(), call.server(), call.volume())
                    || pair.first().volume().equals(call.volume())
                    || pair.second().volume().equals(call.volume());
        } catch (CommandException e) {
            return true;
        }
    }

    /** Returns the pair of the volume on the server whose other end has this address. */
    private static Found find(EmCall call, String address) throws CommandException {
        EmJobs jobs = new EmJobs(call.snapshot());
        MirrorJob job = jobs.of(call.server(), call.volume())
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND, "there is no job of '" + call.volume() + "' on " + call.server()));
        List<Found> found = new ArrayList<>();
        for (Pair pair : job.pairs()) {
            if (pair.type() == Type.D) {
                continue;
            }
            if (jobs.isEnd(pair.first(), call.server(), call.volume())
                    && EmAddress.same(pair.second().address(), address)) {
                found.add(new Found(job, pair, true));
            } else if (jobs.isEnd(pair.second(), call.server(), call.volume())
                    && EmAddress.same(pair.first().address(), address)) {
                found.add(new Found(job, pair, false));
            }
        }
        if (found.size() != 1) {
            throw new CommandException(
                    ExitCode.NOT_FOUND,
                    "the job '" + job.name() + "' has " + (found.isEmpty() ? "no pair" : "several pairs") + " of '"
                            + call.volume() + "' on " + call.server() + " with a target at " + address
                            + "; 'emcmd . getjobinfo " + job.id() + "' shows them");
        }
        return found.get(0);
    }

    /** Returns the mirror between the ends of a pair, if one of them is source. */
    private static Optional<Mirrors.Link> link(EmCall call, List<Mirrors.Side> sides, Found found)
            throws CommandException {
        String other = EmCall.server(call.snapshot(), found.other().server());
        String volume = call.side(sides).volume();
        for (Mirrors.Side side : sides) {
            if (side.volume().equals(volume)
                    && (side.server().equals(call.server()) || side.server().equals(other))) {
                offline(side);
            }
        }
        return sides.stream()
                .filter(side -> side.volume().equals(volume) && EmChanges.isSource(side))
                .filter(side ->
                        side.server().equals(call.server()) || side.server().equals(other))
                .flatMap(side -> side.links().stream()
                        .filter(link -> link.target().equals(side.server().equals(other) ? call.server() : other)))
                .findFirst();
    }

    /** @throws CommandException 9 if the engine of the side does not answer: it may be at work */
    private static void offline(Mirrors.Side side) throws CommandException {
        if (side.role().equals("UNKNOWN")) {
            throw new CommandException(
                    ExitCode.NO_COMMUNICATION,
                    "the volume is not online on " + side.server() + ": " + EmCall.silence(side));
        }
    }

    private static Reply type(EmCall call) throws CommandException, InterruptedException {
        Type wanted = type(call.arguments().get(2));
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        Found found = find(call, call.arguments().get(1));
        List<Mirrors.Side> sources = sides.stream()
                .filter(one -> one.volume().equals(side.volume()) && EmChanges.isSource(one))
                .toList();
        boolean split = sources.size() > 1
                || sources.stream()
                        .flatMap(one -> one.links().stream())
                        .anyMatch(link -> link.cause().equals("SPLIT_BRAIN"));
        if (split) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    side.tag() + " is in split brain; end that first: emcmd SYSTEM preparetobecometarget");
        }
        if (link(call, sides, found).isPresent()) {
            String other = EmCall.server(call.snapshot(), found.other().server());
            EmCall.checkReachable(call.snapshot(), other);
            for (String server : List.of(call.server(), other)) {
                if (sides.stream()
                        .noneMatch(one ->
                                one.server().equals(server) && one.volume().equals(side.volume()))) {
                    return Reply.failed(
                            ExitCode.NO_COMMUNICATION,
                            "the volume is not online on " + server + ": its mirror engine does not answer");
                }
            }
        }
        return store(call, found, found.pair().with(wanted));
    }

    static Type type(String word) throws CommandException {
        if (!word.matches("[AaSs]")) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT, "the type is A (asynchronous) or S (synchronous), not '" + word + "'");
        }
        return Type.valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Stores the job with one pair changed; a volume's own job becomes a stored one. */
    private static Reply store(EmCall call, Found found, Pair after) throws CommandException, InterruptedException {
        List<Pair> pairs = new ArrayList<>(found.job().pairs());
        pairs.set(pairs.indexOf(found.pair()), after);
        MirrorJob job = found.job();
        return call.submit(new Request.StoreMirrorJob(new MirrorJob(
                job.id(), EmJobCommands.revision(call, job.id()), false, job.name(), job.description(), pairs)));
    }

    /** Gives a new mirror the address and type it was made with: a job may have others of a mirror that was there before. */
    static Reply made(EmCall call, String target, String address, Type wanted)
            throws CommandException, InterruptedException {
        EmJobs jobs = new EmJobs(call.snapshot());
        for (MirrorJob job : jobs.all()) {
            for (Pair pair : job.pairs()) {
                boolean straight = jobs.isEnd(pair.first(), call.server(), call.volume())
                        && pair.second().of(target);
                boolean crossed = jobs.isEnd(pair.second(), call.server(), call.volume())
                        && pair.first().of(target);
                if (pair.type() != Type.D && (straight || crossed)) {
                    Found found = new Found(job, pair, straight);
                    Pair after = EmAddress.same(found.other().address(), address)
                            ? pair.with(wanted)
                            : between(call, found, address).with(wanted);
                    return after.equals(pair) ? Reply.success("") : store(call, found, after);
                }
            }
        }
        throw new CommandException(
                ExitCode.INTERNAL_ERROR,
                "the mirror to " + target + " is made, but no job has it: emcmd " + call.server() + " getjobinfo");
    }

    /** Returns the pair with the new address of the other end, and of this one that of the resource. */
    private static Pair between(EmCall call, Found found, String address) throws CommandException {
        String here = MirrorWay.host(call.resource().orElseThrow());
        Pair pair = found.pair();
        return new Pair(
                pair.first().at(found.straight() ? here : address),
                pair.second().at(found.straight() ? address : here),
                pair.type());
    }
}

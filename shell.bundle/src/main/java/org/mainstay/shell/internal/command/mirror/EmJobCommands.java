package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorJob.End;
import org.mainstay.cluster.lcd.MirrorJob.Pair;
import org.mainstay.cluster.lcd.MirrorJob.Type;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/** Stored jobs (EMC-108, EMC-110, EMC-147). */
final class EmJobCommands {
    /** Values of one pair: server, volume and address of each end, and the type. */
    private static final int GROUP = 7;

    private EmJobCommands() {}

    static List<EmCommand> all() {
        return List.of(
                change("CREATEJOB", 2 + GROUP, EmCommand.ANY, Place.ASKED, EmJobCommands::create),
                change("DELETEJOB", 1, 1, Place.ASKED, EmJobCommands::delete),
                change("UPDATEJOB", 3, EmCommand.ANY, Place.ASKED, EmJobCommands::update));
    }

    private static Reply create(EmCall call) throws CommandException, InterruptedException {
        List<String> words = call.arguments();
        return store(
                call,
                UUID.randomUUID().toString(),
                0,
                List.of(words.get(0), words.get(1)),
                pairs(call.snapshot(), words.subList(2, words.size())));
    }

    private static Reply update(EmCall call) throws CommandException, InterruptedException {
        List<String> words = call.arguments();
        MirrorJob job = job(call);
        return store(
                call,
                job.id(),
                revision(call, job.id()),
                words.subList(1, 3),
                // Without pairs it gets another name; a job that lost them would change how its mirrors work.
                words.size() == 3 ? job.pairs() : pairs(call.snapshot(), words.subList(3, words.size())));
    }

    private static Reply delete(EmCall call) throws CommandException, InterruptedException {
        MirrorJob job = job(call);
        if (job.revision() == 0) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "the job '" + job.name() + "' is not stored: it is there as long as the mirrored volume is");
        }
        return store(call, new MirrorJob(job.id(), job.revision(), true, job.name(), job.description(), List.of()));
    }

    private static Reply store(EmCall call, MirrorJob job) throws CommandException, InterruptedException {
        undisturbed(call, job);
        return call.submit(new Request.StoreMirrorJob(job));
    }

    /** A job says nothing of a mirror at work that would make it another one: that is changed while it is paused (spec/05 3.9). */
    private static void undisturbed(EmCall call, MirrorJob job) throws CommandException, InterruptedException {
        Map<String, MirrorJob> before = MirrorJob.of(call.snapshot().databases());
        Map<String, MirrorJob> after = new TreeMap<>(before);
        if (job.deleted()) {
            after.remove(job.id());
        } else {
            after.put(job.id(), job);
        }
        EmJobs jobs = new EmJobs(call.snapshot());
        for (Mirrors.Side side : call.sides()) {
            for (Mirrors.Link link : EmChanges.isSource(side) ? side.links() : List.<Mirrors.Link>of()) {
                Optional<MirrorWay> is = jobs.way(before.values(), side.server(), side.tag(), link.target());
                Optional<MirrorWay> would = jobs.way(after.values(), side.server(), side.tag(), link.target());
                if (EmPairs.RUNNING.contains(link.code()) && !is.equals(would)) {
                    throw new CommandException(
                            ExitCode.IN_USE,
                            "the mirror of " + side.tag() + " from " + side.server() + " to " + link.target()
                                    + " is at work and would become another one: " + text(is) + " now, " + text(would)
                                    + " then; pause it first: emcmd " + side.server() + " pausemirror " + side.tag());
                }
            }
        }
    }

    private static String text(Optional<MirrorWay> way) {
        return way.map(known -> known.type() + " at " + known.address()).orElse("without another side");
    }

    private static MirrorJob job(EmCall call) throws CommandException {
        String id = call.arguments().get(0);
        return new EmJobs(call.snapshot())
                .job(id)
                .orElseThrow(() -> new CommandException(ExitCode.NOT_FOUND, "there is no job of '" + id + "'"));
    }

    /** Returns what the next copy has to follow: a volume's job that was stored and deleted before goes on counting. */
    static long revision(EmCall call, String id) throws CommandException {
        MirrorJob stored = MirrorJob.newest(call.snapshot().databases()).get(id);
        return stored == null ? 0 : stored.revision();
    }

    private static Reply store(EmCall call, String id, long revision, List<String> words, List<Pair> pairs)
            throws CommandException, InterruptedException {
        try {
            return store(call, new MirrorJob(id, revision, false, words.get(0), words.get(1), pairs));
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.INVALID_ARGUMENT, e.getMessage());
        }
    }

    private static List<Pair> pairs(ClusterSnapshot snapshot, List<String> words) throws CommandException {
        if (words.size() % GROUP != 0) {
            throw new CommandException(
                    ExitCode.SYNTAX,
                    "a pair has " + GROUP + " values: server, volume and address of one end, the same of the other,"
                            + " and the type; " + words.size() % GROUP + " are left over");
        }
        List<Pair> pairs = new ArrayList<>();
        Set<Set<String>> seen = new HashSet<>();
        for (int at = 0; at < words.size(); at += GROUP) {
            List<String> group = words.subList(at, at + GROUP);
            Pair pair = new Pair(end(snapshot, group.subList(0, 3)), end(snapshot, group.subList(3, 6)), type(group));
            check(snapshot, pair);
            if (!seen.add(Set.of(place(snapshot, pair.first()), place(snapshot, pair.second())))) {
                throw new CommandException(ExitCode.INVALID_ARGUMENT, "the pair " + pair.text() + " is there twice");
            }
            pairs.add(pair);
        }
        return pairs;
    }

    private static String place(ClusterSnapshot snapshot, End end) throws CommandException {
        return EmCall.server(snapshot, end.server()) + ";" + end.volume();
    }

    private static End end(ClusterSnapshot snapshot, List<String> words) throws CommandException {
        String name = EmCall.server(snapshot, words.get(0));
        boolean named = words.get(0).toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT));
        try {
            return new End(
                    named ? words.get(0) : name, words.get(1).replaceAll(":$", ""), EmAddress.check(words.get(2)));
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.INVALID_ARGUMENT, e.getMessage());
        }
    }

    private static Type type(List<String> group) throws CommandException {
        String word = group.get(GROUP - 1);
        if (!word.matches("[AaSsDd]")) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT,
                    "the type is A (asynchronous), S (synchronous) or D (one shared disk), not '" + word + "'");
        }
        return Type.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static void check(ClusterSnapshot snapshot, Pair pair) throws CommandException {
        if (EmCall.server(snapshot, pair.first().server())
                .equals(EmCall.server(snapshot, pair.second().server()))) {
            throw new CommandException(ExitCode.INVALID_ARGUMENT, "both ends of " + pair.text() + " are on one server");
        }
        for (End end : List.of(pair.first(), pair.second())) {
            if (end.address().equals(EmAddress.NONE) != (pair.type() == Type.D)) {
                throw new CommandException(
                        ExitCode.INVALID_ARGUMENT,
                        "the address of both ends is " + EmAddress.NONE + " for one shared disk (D), and only then; "
                                + pair.text());
            }
        }
        EmAddress.sameFamily(pair.first().address(), pair.second().address());
    }
}

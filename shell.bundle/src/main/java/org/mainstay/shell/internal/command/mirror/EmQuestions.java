package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.question;

import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.shell.internal.command.mirror.EmCommand.Output;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/** What only asks (spec/05 3.4 and 3.5). */
final class EmQuestions {
    private static final int LEVELS = 3;

    private EmQuestions() {}

    static List<EmCommand> all() {
        return List.of(
                question("GETCOMPLETEVOLUMELIST", 0, EmQuestions::volumes),
                question("GETCONFIGURATION", 1, ofSide(EmText::configuration)),
                question("GETJOBINFO", 0, 1, Place.ASKED, EmQuestions::job),
                question("GETJOBINFOFORVOL", 1, 2, Place.ASKED, EmQuestions::jobOfVolume),
                question("GETMIRRORTYPE", 1, orUnmirrored(EmText::types, (text, call) -> text.noTypes())),
                question(
                        "GETMIRRORVOLINFO",
                        1,
                        orUnmirrored(EmText::states, (text, call) -> text.noStates(call.volume(), call.server()))),
                question("GETRESYNCSTATUS", 1, ofSide(EmText::resync)),
                new EmCommand("GETSOURCEMIRROREDVOLUMES", 0, 0, Place.ASKED, Output.ANSWER_OR_STATUS, call -> {
                    List<Mirrors.Side> sides = answering(call);
                    text(call, sides).sources(call.server());
                    return Reply.success("");
                }),
                question(
                        "GETTARGETMIRROREDVOLUMES",
                        0,
                        call -> text(call, answering(call)).targets(call.server())),
                question("GETVOLUMEDRVSTATE", 1, orUnmirrored(EmText::driver, (text, call) -> text.noDriver())),
                question("GETVOLUMEINFO", 2, EmQuestions::information),
                question("ISBREAKUSERREQUESTED", 1, 1, Place.LOCAL, EmQuestions::breaks));
    }

    private static EmText text(EmCall call, List<Mirrors.Side> sides) {
        return new EmText(call.out(), sides, call::properties, Clock.system(ZoneId.systemDefault()));
    }

    /** Asks for the sides of a server. @throws CommandException 9 if it has volumes and does not say how they are */
    private static List<Mirrors.Side> answering(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        boolean silent = sides.stream().noneMatch(side -> side.server().equals(call.server()));
        if (silent && call.lcd().instances().values().stream().anyMatch(EmJobs::isMirrored)) {
            throw new CommandException(ExitCode.NO_COMMUNICATION, call.server() + " does not say how its mirrors are");
        }
        for (Mirrors.Side side : sides) {
            if (side.server().equals(call.server())) {
                EmCall.checkAnswers(side);
            }
        }
        return sides;
    }

    /** What is printed of a side. */
    private interface Print {
        void print(EmText text, Mirrors.Side side);
    }

    /** What is printed of a volume that is not mirrored. */
    private interface Other {
        void print(EmText text, EmCall call);
    }

    private static EmCommand.Question ofSide(Print print) {
        return call -> {
            List<Mirrors.Side> sides = call.sides();
            Mirrors.Side side = call.side(sides);
            print.print(text(call, sides), side);
        };
    }

    private static EmCommand.Question orUnmirrored(Print print, Other other) {
        return call -> {
            List<Mirrors.Side> sides = call.sides();
            if (call.unmirrored(sides)) {
                other.print(text(call, sides), call);
            } else {
                print.print(text(call, sides), call.side(sides));
            }
        };
    }

    /** EMC-115. */
    private static void volumes(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = answering(call);
        List<String> others = call.lcd().instances().values().stream()
                .filter(instance -> instance.typeKey().equals("filesys/volume"))
                .map(Instance::tag)
                .filter(tag -> sides.stream()
                        .noneMatch(side -> side.server().equals(call.server())
                                && side.tag().equals(tag)))
                .toList();
        text(call, sides).all(call.server(), others);
    }

    private static void information(EmCall call) throws CommandException, InterruptedException {
        String level = call.arguments().get(1);
        if (!level.matches("[1-" + LEVELS + "]")) {
            throw new CommandException(ExitCode.OUT_OF_RANGE, "the level is 1, 2 or 3, not " + level);
        }
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        text(call, sides).info(side, Integer.parseInt(level));
    }

    private static void breaks(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        if (!side.role().equals("SOURCE")) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT, "isbreakuserrequested is asked on the source, of itself");
        }
        text(call, sides).breaks(side);
    }

    private static void job(EmCall call) throws CommandException {
        EmJobs jobs = new EmJobs(call.snapshot());
        if (call.arguments().isEmpty()) {
            EmJobs.print(call.out(), jobs.all());
            return;
        }
        print(call, jobs.job(call.arguments().get(0)), call.arguments().get(0));
    }

    private static void jobOfVolume(EmCall call) throws CommandException {
        boolean named = call.arguments().size() > 1;
        String on = named ? EmCall.server(call.snapshot(), call.arguments().get(1)) : call.server();
        print(call, new EmJobs(call.snapshot()).of(on, call.volume()), call.volume());
    }

    private static void print(EmCall call, Optional<MirrorJob> job, String wanted) throws CommandException {
        EmJobs.print(
                call.out(),
                List.of(job.orElseThrow(
                        () -> new CommandException(ExitCode.NOT_FOUND, "there is no job of '" + wanted + "'"))));
    }
}

package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;
import static org.mainstay.shell.internal.command.mirror.EmCommand.question;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.command.mirror.EmCommand.Output;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Release;

/** What concerns one server alone: its flags, its service, its devices. */
final class EmLocal {
    private EmLocal() {}

    static List<EmCommand> all() {
        return List.of(
                new EmCommand("SETBLOCKTARGET", 1, 1, Place.THERE, Output.NOTHING, call -> block(call, true)),
                new EmCommand("CLEARBLOCKTARGET", 1, 1, Place.THERE, Output.NOTHING, call -> block(call, false)),
                question("GETBLOCKTARGET", 1, EmLocal::isBlocked),
                change("DELETELOCALMIRRORONLY", 1, 2, Place.THERE, EmLocal::deleteHere),
                change("CLEARSWITCHOVER", 1, 1, Place.THERE, EmLocal::clearSwitchover),
                question("GETSERVICEINFO", 0, 0, Place.THERE, EmLocal::service),
                question("GETEXTENDEDVOLUMEINFO", 1, 1, Place.THERE, EmLocal::extended),
                new EmCommand("ISPOTENTIALMIRRORVOL", 1, 1, Place.LOCAL, Output.ANSWER, EmLocal::potential));
    }

    private static Instance mirrored(EmCall call) throws CommandException {
        Instance instance = call.resource()
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND, "there is no volume '" + call.volume() + "' on " + call.server()));
        if (!EmJobs.isMirrored(instance)) {
            throw new CommandException(
                    ExitCode.NOT_FOUND, "'" + instance.tag() + "' on " + call.server() + " is not mirrored");
        }
        return instance;
    }

    private static Reply flag(EmCall call, String flag, boolean set) throws CommandException, InterruptedException {
        if (call.lcd().row(LcdSection.FLAGS, flag).isPresent() == set) {
            return Reply.success("");
        }
        LcdChange<?> change =
                set ? LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag)) : LcdChange.remove(LcdSection.FLAGS, flag);
        return call.submit(new Request.ChangeOwn((set ? "set " : "clear ") + flag, List.of(change)));
    }

    /** EMC-016: while it is set this server does not become target of the volume. */
    private static Reply block(EmCall call, boolean on) throws CommandException, InterruptedException {
        return flag(call, Mirrors.blockTargetFlag(mirroredSomewhere(call)), on);
    }

    /** Returns the tag of a volume that is mirrored here, or on another server and may come here. */
    private static String mirroredSomewhere(EmCall call) throws CommandException {
        if (call.resource().isPresent()) {
            return mirrored(call).tag();
        }
        for (Lcd other : call.snapshot().databases()) {
            Optional<Instance> there = call.resource(other).filter(EmJobs::isMirrored);
            if (there.isPresent()) {
                return there.get().tag();
            }
        }
        return mirrored(call).tag();
    }

    private static void isBlocked(EmCall call) throws CommandException {
        String flag = Mirrors.blockTargetFlag(mirroredSomewhere(call));
        call.out().println(call.lcd().row(LcdSection.FLAGS, flag).isPresent() ? "TRUE" : "FALSE");
    }

    /**
     * EMC-111 on a target: it gives its role up and does not take it again before CLEARSWITCHOVER or a reboot (EMC-017). Not while no
     * source answers: this side may be the only good one, and a takeover under way.
     */
    private static Reply deleteHere(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        EmCall.checkAnswers(side);
        if (EmChanges.isSource(side)) {
            return Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    side.tag() + " is source on " + side.server()
                            + ": a mirror that has both ends goes with DELETEMIRROR,"
                            + " one without its target goes by itself");
        }
        boolean up =
                sides.stream().anyMatch(other -> other.volume().equals(side.volume()) && EmChanges.isSource(other));
        if (!up) {
            return Reply.failed(
                    ExitCode.IN_USE,
                    "no source of " + side.tag() + " answers: this side may be the only good one and stays as it is");
        }
        return flag(call, Mirrors.switchoverFlag(side.tag(), call.lcd().bootId()), true);
    }

    private static Reply clearSwitchover(EmCall call) throws CommandException, InterruptedException {
        return flag(
                call, Mirrors.switchoverFlag(mirrored(call).tag(), call.lcd().bootId()), false);
    }

    /** EMC-124; instead of a bit map the names of the mirrored volumes. */
    private static void service(EmCall call) throws CommandException {
        Clock clock = Clock.system(ZoneId.systemDefault());
        String version = Release.version();
        String type = version.endsWith("-SNAPSHOT") ? "Snapshot" : "Release";
        String number = version.replaceAll("-SNAPSHOT$", "");
        String volumes = call.lcd().instances().values().stream()
                .filter(EmJobs::isMirrored)
                .map(Instance::tag)
                .collect(Collectors.joining(" "));
        call.out().println("Service Description = Mainstay");
        call.out().println("Service Build Type = " + type);
        call.out().println("Service Version = " + number);
        call.out().println("Service Build = 1");
        call.out().println("Driver Version = " + number);
        call.out().println("Driver Build = 1");
        call.out().println("Volume Bit Map = " + volumes);
        call.out()
                .println("Service Start Time = "
                        + ProcessHandle.current()
                                .info()
                                .startInstant()
                                .map(at -> EmText.time(at, clock))
                                .orElse("N/A"));
        call.out()
                .println("Last Modified Time = "
                        + modified(call.invocation().platform().home().resolve("data/lcd"))
                                .map(at -> EmText.time(at, clock))
                                .orElse("N/A"));
    }

    /** Returns when the configuration database was written last. */
    private static Optional<Instant> modified(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            Optional<Instant> last = Optional.empty();
            for (Path file : files.toList()) {
                Instant at = Files.getLastModifiedTime(file).toInstant();
                last = last.filter(newest -> newest.isAfter(at)).or(() -> Optional.of(at));
            }
            return last;
        } catch (IOException e) {
            // Shown as not available: the times are for people.
            return Optional.empty();
        }
    }

    private static EmHost host(EmCall call) {
        return new EmHost(Path.of("/"), call.invocation().platform().home());
    }

    /** Returns the storage that is meant: of a resource, or named itself. */
    private static Path storage(EmCall call) throws CommandException {
        return Path.of(call.resource()
                .map(instance -> instance.properties().getOrDefault("device", ""))
                .filter(device -> !device.isEmpty())
                .orElse(call.volume()));
    }

    private static void extended(EmCall call) throws CommandException {
        EmHost host = host(call);
        EmHost.Identity identity = host.identity(storage(call))
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND,
                        "there is no volume '" + call.volume() + "' on " + call.server()
                                + ", or its device is not there"));
        call.out().println("-----EXTENDED INFO ---");
        call.out().println("Physical Disk Signature = {" + identity.signature() + "}");
        call.out().println("Physical Disk Offset = " + identity.offset());
        call.out().println("Internal Disk ID = 0x" + Long.toHexString(identity.number()));
    }

    /** EMC-131. */
    private static Reply potential(EmCall call) throws CommandException {
        List<String> reasons = host(call).obstacles(storage(call));
        if (reasons.isEmpty()) {
            call.out().println("TRUE");
        }
        reasons.forEach(call.out()::println);
        return reasons.contains(EmHost.CANNOT_OPEN)
                ? Reply.failed(ExitCode.NOT_FOUND, "'" + call.volume() + "' is no volume of " + call.server())
                : Reply.success("");
    }
}

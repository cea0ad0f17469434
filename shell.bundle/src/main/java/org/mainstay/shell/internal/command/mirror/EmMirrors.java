package org.mainstay.shell.internal.command.mirror;

import static org.mainstay.shell.internal.command.mirror.EmCommand.change;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.MirrorJob.Type;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.command.mirror.EmCommand.Place;
import org.mainstay.shell.internal.registry.CommandException;

/**
 * Creates and deletes mirrors (EMC-109, EMC-112). A mirror is there where the volume's resource is, so these extend the resource and
 * take it back; what other resources depend on it, or it on them, belongs to a hierarchy, and that is moved by its own commands.
 */
final class EmMirrors {
    private static final int WITHOUT_RESYNC = 1;
    private static final int AT_BOOT = 4;
    private static final String ADDRESS = "mirror";

    private EmMirrors() {}

    static List<EmCommand> all() {
        return List.of(
                change("CREATEMIRROR", 3, 4, Place.THERE, EmMirrors::create),
                change("DELETEMIRROR", 1, 2, Place.THERE, EmMirrors::delete));
    }

    private static Reply create(EmCall call) throws CommandException, InterruptedException {
        String address = EmAddress.check(call.arguments().get(1));
        Type type = EmPairs.type(call.arguments().get(2));
        int options = options(call.arguments().size() > 3 ? call.arguments().get(3) : "0");
        Instance resource = call.resource()
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND, "there is no volume '" + call.volume() + "' on " + call.server()));
        if (!EmJobs.isMirrored(resource)) {
            return Reply.failed(
                    ExitCode.INVALID_ARGUMENT,
                    "'" + resource.tag() + "' was made without a mirror address, so other servers share its storage;"
                            + " make the resource with --set mirror=ADDRESS");
        }
        EmAddress.sameFamily(MirrorWay.host(resource), address);
        ClusterSnapshot snapshot = call.snapshot();
        String target = EmCall.addressed(snapshot, address)
                .filter(server -> !server.equals(call.server()))
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND, "no other server is known to have the address " + address));
        EmCall.checkReachable(snapshot, target);
        Lcd there = snapshot.lcd(target).orElseThrow();
        blocked(there, resource.tag());
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        if ((options & AT_BOOT) != 0) {
            notSourceElsewhere(sides, side);
        }
        if (!EmChanges.isSource(side)) {
            return EmChanges.notSource(side);
        }
        if (there.instance(resource.tag()).isPresent()) {
            return Reply.failed(ExitCode.EXISTS, "'" + resource.tag() + "' is on " + target + " already");
        }
        alone(call, resource.tag(), "mainstay resource extend " + resource.tag() + " --to " + target);
        Reply reply = call.submit(new Request.Extend(
                resource.tag(), target, 0, Map.of(resource.tag(), properties(resource, there, address))));
        return reply.succeeded() ? EmPairs.made(call, target, address, type) : reply;
    }

    /** The same device as here; the port that the engine there has already, or else that of here. */
    private static Map<String, String> properties(Instance resource, Lcd there, String address) {
        Optional<String> port = there.instances().values().stream()
                .filter(EmJobs::isMirrored)
                .findFirst()
                .or(() -> Optional.of(resource))
                .flatMap(instance -> EmAddress.port(instance.properties().get(ADDRESS)));
        String host = address.contains(":") && port.isPresent() ? "[" + address + "]" : address;
        Map<String, String> properties = new TreeMap<>();
        properties.put(ADDRESS, host + port.map(number -> ":" + number).orElse(""));
        Optional.ofNullable(resource.properties().get("device")).ifPresent(device -> properties.put("device", device));
        return properties;
    }

    private static int options(String word) throws CommandException {
        if (!word.matches("[0-7]")) {
            throw new CommandException(
                    ExitCode.OUT_OF_RANGE, "the options are a sum of 1, 2 and 4, not '" + word + "'");
        }
        int options = Integer.parseInt(word);
        if ((options & WITHOUT_RESYNC) != 0) {
            throw new CommandException(
                    ExitCode.INVALID_ARGUMENT,
                    "option 1 is not there: that both sides are equal is not taken on trust; they are compared, and only"
                            + " what differs is sent");
        }
        return options;
    }

    private static void blocked(Lcd there, String tag) throws CommandException {
        for (String command : List.of("clearblocktarget", "clearswitchover")) {
            String flag = command.equals("clearblocktarget")
                    ? Mirrors.blockTargetFlag(tag)
                    : Mirrors.switchoverFlag(tag, there.bootId());
            if (there.row(LcdSection.FLAGS, flag).isPresent()) {
                throw new CommandException(
                        ExitCode.IN_USE,
                        there.server() + " is not to become target of '" + tag + "'; first: emcmd " + there.server()
                                + " " + command + " " + tag);
            }
        }
    }

    private static void notSourceElsewhere(List<Mirrors.Side> sides, Mirrors.Side side) throws CommandException {
        for (Mirrors.Side other : sides) {
            if (other.volume().equals(side.volume())
                    && EmChanges.isSource(other)
                    && !other.server().equals(side.server())) {
                throw new CommandException(
                        ExitCode.IN_USE, other.server() + " is source of '" + side.tag() + "' already");
            }
        }
    }

    /** @throws CommandException 8 if the volume belongs to a hierarchy */
    private static void alone(EmCall call, String tag, String instead) throws CommandException {
        boolean tied = call.lcd().rows(LcdSection.DEPENDENCIES).values().stream()
                .anyMatch(row -> row.parent().equals(tag) || row.child().equals(tag));
        if (tied) {
            throw new CommandException(
                    ExitCode.IN_USE, "'" + tag + "' belongs to a hierarchy, which goes as a whole: " + instead);
        }
    }

    private static Reply delete(EmCall call) throws CommandException, InterruptedException {
        List<Mirrors.Side> sides = call.sides();
        Mirrors.Side side = call.side(sides);
        if (!EmChanges.isSource(side)) {
            boolean up =
                    sides.stream().anyMatch(other -> other.volume().equals(side.volume()) && EmChanges.isSource(other));
            return Reply.failed(
                    up ? ExitCode.INVALID_ARGUMENT : ExitCode.IN_USE,
                    up
                            ? side.tag() + " is not source on " + side.server() + "; send it to the source"
                            : "no source of " + side.tag() + " answers: this side may be the only good one. If the"
                                    + " server that has the other is gone for good: mainstay node remove --force");
        }
        List<String> targets = EmChanges.targets(call, side);
        if (targets.isEmpty()) {
            return Reply.failed(
                    ExitCode.NOT_FOUND,
                    side.tag()
                            + (side.links().isEmpty() ? " has no target on " : " has no such target on ")
                            + side.server());
        }
        alone(call, side.tag(), "mainstay resource unextend " + side.tag() + " --from " + targets.get(0));
        for (String target : targets) {
            Reply reply = call.submit(new Request.Unextend(side.tag(), target));
            if (!reply.succeeded()) {
                return reply;
            }
        }
        return Reply.success("");
    }
}

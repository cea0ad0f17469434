package org.mainstay.shell.internal.command.mirror;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.MirrorJob;
import org.mainstay.cluster.lcd.MirrorWay;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/**
 * One call of a command of {@code emcmd}.
 *
 * @param invocation the caller's side
 * @param server the server it is sent to
 * @param arguments what follows the command's word
 */
record EmCall(Invocation invocation, String server, List<String> arguments) {
    private static final String VOLUME = "filesys/volume";

    EmCall {
        arguments = List.copyOf(arguments);
    }

    PrintStream out() {
        return invocation.out();
    }

    ClusterSnapshot snapshot() throws CommandException {
        return invocation.snapshot();
    }

    /** Returns the volume's name as given, with or without a colon behind (EMC-004). */
    String volume() {
        return arguments.get(0).replaceAll(":$", "");
    }

    /** Returns the database of the server it is sent to. */
    Lcd lcd() throws CommandException {
        return snapshot().lcd(server).orElseGet(() -> Lcd.empty(server, 0));
    }

    /** Returns the server of a name, with or without its domain, or address (EMC-003). */
    static String server(ClusterSnapshot snapshot, String text) throws CommandException {
        if (text.equals(".")) {
            return snapshot.self();
        }
        for (String name : snapshot.servers()) {
            String full = name.toLowerCase(Locale.ROOT);
            String asked = text.toLowerCase(Locale.ROOT);
            if (full.equals(asked) || asked.startsWith(full + ".")) {
                return name;
            }
        }
        return addressed(snapshot, text)
                .orElseThrow(() -> new CommandException(
                        ExitCode.NOT_FOUND,
                        "there is no server '" + text + "'; servers: " + String.join(", ", snapshot.servers())));
    }

    /** Returns the server that has an address: as a member, at the end of a comm path, or for a mirror. */
    static Optional<String> addressed(ClusterSnapshot snapshot, String address) {
        for (Member member : snapshot.own().membership().members()) {
            if (EmAddress.same(member.address(), address)) {
                return Optional.of(member.name());
            }
        }
        for (String name : snapshot.servers()) {
            Lcd lcd = snapshot.lcd(name).orElseThrow();
            boolean mirrors = lcd.instances().values().stream()
                    .anyMatch(instance ->
                            EmJobs.isMirrored(instance) && EmAddress.same(MirrorWay.host(instance), address));
            boolean paths = lcd.rows(org.mainstay.cluster.lcd.LcdSection.PATHS).values().stream()
                    .anyMatch(path -> EmAddress.same(path.local(), address));
            if (mirrors || paths) {
                return Optional.of(name);
            }
        }
        return MirrorJob.of(snapshot.databases()).values().stream()
                .flatMap(job -> job.pairs().stream())
                .flatMap(pair -> Stream.of(pair.first(), pair.second()))
                .filter(end -> !end.address().equals(EmAddress.NONE) && EmAddress.same(end.address(), address))
                .flatMap(end -> snapshot.servers().stream().filter(end::of))
                .findFirst();
    }

    /** @throws CommandException 9 if the server cannot be reached */
    static void checkReachable(ClusterSnapshot snapshot, String server) throws CommandException {
        ClusterSnapshot.Peer peer = snapshot.peers().get(server);
        if (peer != null && (peer.state() != ClusterSnapshot.PeerState.ALIVE || !peer.managerPresent())) {
            throw new CommandException(
                    ExitCode.NO_COMMUNICATION,
                    server + " cannot be reached, or Mainstay does not run there; 'mainstay status' shows more");
        }
    }

    /** Asks all servers for their sides. */
    List<Mirrors.Side> sides() throws CommandException, InterruptedException {
        return MirrorStatus.all(invocation);
    }

    /** Returns the volume's resource on the server, named by its tag, mount point or device (EMC-004). */
    Optional<Instance> resource() throws CommandException {
        return resource(lcd());
    }

    /** Returns the volume's resource in a server's database. */
    Optional<Instance> resource(Lcd lcd) {
        String name = volume();
        Optional<Instance> tagged =
                lcd.instance(name).filter(instance -> instance.typeKey().equals(VOLUME));
        return tagged.isPresent()
                ? tagged
                : lcd.instances().values().stream()
                        .filter(instance -> instance.typeKey().equals(VOLUME))
                        .filter(instance -> List.of("mount", "device").stream()
                                .anyMatch(property ->
                                        name.equals(instance.properties().getOrDefault(property, ""))))
                        .findFirst();
    }

    /** Returns the properties of a resource on the server it is sent to; none if there is none. */
    Map<String, String> properties(String tag) {
        try {
            return lcd().instance(tag).map(Instance::properties).orElse(Map.of());
        } catch (CommandException e) {
            return Map.of();
        }
    }

    Mirrors.Side side() throws CommandException, InterruptedException {
        return side(sides());
    }

    /** Returns the volume's side on the server. @throws CommandException 7 if it is none, or not mirrored, 9 if it does not answer */
    Mirrors.Side side(List<Mirrors.Side> sides) throws CommandException {
        Optional<Instance> resource = resource();
        String tag = resource.map(Instance::tag).orElse(volume());
        for (Mirrors.Side side : sides) {
            if (side.server().equals(server) && side.tag().equals(tag)) {
                return side;
            }
        }
        if (resource.isEmpty()) {
            throw new CommandException(ExitCode.NOT_FOUND, "there is no volume '" + volume() + "' on " + server);
        }
        throw EmJobs.isMirrored(resource.get())
                ? new CommandException(
                        ExitCode.NO_COMMUNICATION, server + " does not say how its mirror of '" + tag + "' is")
                : new CommandException(ExitCode.NOT_FOUND, "'" + tag + "' on " + server + " is not mirrored");
    }

    /** Returns the volume's side on the server. @throws CommandException also 1 if its mirror engine does not answer */
    Mirrors.Side answering() throws CommandException, InterruptedException {
        Mirrors.Side side = side();
        checkAnswers(side);
        return side;
    }

    /** Nothing is concluded from a side whose engine does not answer. @throws CommandException 1 if so */
    static void checkAnswers(Mirrors.Side side) throws CommandException {
        if (side.role().equals("UNKNOWN")) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, silence(side));
        }
    }

    static String silence(Mirrors.Side side) {
        return "the mirror engine of " + side.server() + " does not answer for " + side.tag()
                + "; see data/log/mirror-engine.log there";
    }

    /** Says whether the name is a volume of the server that is not mirrored. */
    boolean unmirrored(List<Mirrors.Side> sides) throws CommandException {
        Optional<Instance> resource = resource();
        return resource.isPresent()
                && !EmJobs.isMirrored(resource.get())
                && sides.stream()
                        .noneMatch(side -> side.server().equals(server)
                                && side.tag().equals(resource.get().tag()));
    }

    /** Asks something of a mirror. */
    Reply ask(Mirrors.Side side, Mirrors.Verb verb, String target) throws CommandException, InterruptedException {
        Mirrors mirrors = invocation.platform().mirrors();
        return invocation.await(
                lines -> mirrors.ask(
                        side.tag(), verb, target, Map.of(), invocation.context().caller()),
                invocation.err());
    }

    Reply submit(Request request) throws CommandException, InterruptedException {
        return invocation.submit(request, invocation.err());
    }
}

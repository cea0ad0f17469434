package org.mainstay.core.decision.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.Handover;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceState;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Maintenance;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.cluster.lcd.Promise;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Fate;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** The words of {@code when} lines. */
final class Actors {
    /** Something that can be said, and what it does. */
    private record Phrase(Pattern pattern, java.util.function.Consumer<Matcher> does) {}

    private final Stage stage;
    private final World world;
    private final List<Phrase> phrases = new ArrayList<>();

    Actors(Stage stage, World world) {
        this.stage = stage;
        this.world = world;
        machines();
        networks();
        safety();
        resources();
        operators();
    }

    void play(String command) {
        for (Phrase phrase : phrases) {
            Matcher matcher = phrase.pattern().matcher(command);
            if (matcher.matches()) {
                phrase.does().accept(matcher);
                return;
            }
        }
        throw Stage.unknown(command);
    }

    private void on(String pattern, java.util.function.Consumer<Matcher> does) {
        phrases.add(new Phrase(Pattern.compile(pattern), does));
    }

    private Server server(Matcher matcher, int group) {
        return world.server(matcher.group(group));
    }

    private void machines() {
        on("wait (\\d+) s", m -> stage.pass(Long.parseLong(m.group(1)) * 1000));
        on("(\\w+) loses power", m -> server(m, 1).powerOff());
        on(
                "the guard of (\\w+) says path (\\w+) to (\\w+) is alive",
                m -> world.guardSays(m.group(1), m.group(2), m.group(3)));
        on("(\\w+) gets power", m -> server(m, 1).powerOn());
        on("all servers lose power", m -> world.servers().values().forEach(Server::powerOff));
        on("all servers get power", m -> world.servers().values().forEach(Server::powerOn));
        on("the manager of (\\w+) dies", m -> server(m, 1).killManager());
        on("the manager of (\\w+) starts", m -> server(m, 1).startManager());
        on("the manager of (\\w+) hangs", m -> server(m, 1).hang(true));
        on("the manager of (\\w+) goes on", m -> server(m, 1).hang(false));
        on("the disk of (\\w+) is full", m -> server(m, 1).diskFull(true));
        on("the disk of (\\w+) has space", m -> server(m, 1).diskFull(false));
        on("a backup of (\\w+) is made", m -> stage.backUp(server(m, 1)));
        on("(\\w+) is set back to its backup", m -> server(m, 1).restoreBackup(stage.backup(server(m, 1))));
        on("the kit disappears on (\\w+)", m -> kit(server(m, 1), false));
        on("the kit appears on (\\w+)", m -> kit(server(m, 1), true));
        on(
                "(\\w+) will lose (power|its manager) (before|after) it tells that the handover is (\\w+|over)",
                m -> dies(m, handover(m.group(4))));
        on("the manager of (\\w+) will die when for (\\w+) the handover is (\\w+|over)", this::diesWith);
        on(
                "(\\w+) will lose (power|its manager) (before|after) it tells that the change is (\\w+|over)",
                m -> dies(m, operation(m.group(4))));
    }

    private void networks() {
        on("the paths between (\\w+) and (\\w+) are cut", m -> world.cut(m.group(1), m.group(2), true));
        on("the disk of (\\w+) and (\\w+) is lost", m -> world.sharedDisk(m.group(1), m.group(2), false));
        on("the disk of (\\w+) and (\\w+) is back", m -> world.sharedDisk(m.group(1), m.group(2), true));
        on("the paths between (\\w+) and (\\w+) are repaired", m -> world.cut(m.group(1), m.group(2), false));
        on("nothing from (\\w+) reaches (\\w+)", m -> world.deafen(m.group(1), m.group(2), true));
        on("what (\\w+) sends reaches (\\w+) again", m -> world.deafen(m.group(1), m.group(2), false));
        on("(\\w+) is isolated", m -> isolate(m.group(1), true));
        on("(\\w+) is connected again", m -> isolate(m.group(1), false));
        on("all servers are isolated", m -> world.servers().keySet().forEach(name -> isolate(name, true)));
        on("all servers are connected again", m -> world.servers().keySet().forEach(name -> isolate(name, false)));
        on("(\\w+) loses the storage", m -> world.storage(m.group(1), false));
        on("(\\w+) reaches the storage again", m -> world.storage(m.group(1), true));
    }

    private void isolate(String name, boolean cut) {
        world.servers().keySet().stream()
                .filter(other -> !other.equals(name))
                .forEach(other -> world.cut(name, other, cut));
    }

    private void safety() {
        on("(\\w+) sees the machine of (\\w+)", m -> sighted(m, Fate.Sight.SEEN));
        on("(\\w+) does not see the machine of (\\w+)", m -> sighted(m, Fate.Sight.UNSEEN));
        on("(\\w+) cannot tell about the machine of (\\w+)", m -> sighted(m, Fate.Sight.UNKNOWN));
        on("(\\w+) is cut off", m -> server(m, 1).feed(new Event.CutOff(true, "no carrier on any interface")));
        on("(\\w+) is not cut off any more", m -> server(m, 1).feed(new Event.CutOff(false, "")));
        on("the safety check of (\\w+) goes away", m -> server(m, 1).feed(new Event.SafetyAway()));
        on("fencing of (\\w+) will fail", m -> world.fencer(m.group(1), new World.Fencer(false, 2_000)));
        on(
                "fencing of (\\w+) will take (\\d+) s",
                m -> world.fencer(m.group(1), new World.Fencer(true, Long.parseLong(m.group(2)) * 1000)));
        on("fencing of (\\w+) works again", m -> world.fencer(m.group(1), new World.Fencer(true, 2_000)));
        on("(\\w+), which is off, has promised (\\w+) to (\\w+)", this::promised);
        on("(\\w+): confirm-down (\\w+)", m -> ask(m, new ServiceRequest.ConfirmDown(m.group(2))));
    }

    private void promised(Matcher m) {
        TreeMap<String, String> places = new TreeMap<>();
        world.servers().values().stream()
                .filter(server -> server.disk().instance(m.group(2)).isPresent())
                .forEach(server -> places.put(server.name(), m.group(2)));
        Promise promise = new Promise(places, 100L << 20, m.group(3));
        server(m, 1).prepare(lcd -> lcd.with(LcdSection.PROMISES, Promise.key(places), promise));
    }

    private void sighted(Matcher m, Fate.Sight sight) {
        server(m, 1).feed(new Event.PeerSighted(m.group(2), sight, 0, "ICMP"));
    }

    /** One server's manager dies at what another one decides. */
    private void diesWith(Matcher m) {
        Server dies = server(m, 1);
        Server decides = server(m, 2);
        Predicate<Decision> condition = handover(m.group(3));
        world.watch(new Watcher() {
            private boolean over;

            @Override
            public void decided(Server server, Event event, Decision decision) {
                if (!over && server == decides && condition.test(decision)) {
                    over = true;
                    dies.killManager();
                }
            }
        });
    }

    private void dies(Matcher m, Predicate<Decision> condition) {
        boolean[] seen = {false};
        Predicate<Decision> once = decision -> {
            boolean first = condition.test(decision) && !seen[0];
            seen[0] |= first;
            return first;
        };
        int effects = m.group(3).equals("before") ? 0 : Integer.MAX_VALUE;
        server(m, 1).dieWhen(once, m.group(2).equals("power"), effects);
    }

    private static Predicate<Decision> handover(String step) {
        boolean[] was = {false};
        return decision -> {
            Map<String, Handover> rows = decision.state().own().rows(LcdSection.HANDOVERS);
            if (step.equals("over")) {
                boolean over = was[0] && rows.isEmpty();
                was[0] |= !rows.isEmpty();
                return over;
            }
            return rows.values().stream().anyMatch(row -> row.step().name().equals(step));
        };
    }

    private static Predicate<Decision> operation(String state) {
        boolean[] was = {false};
        return decision -> {
            Map<String, Operation> rows = decision.state().own().rows(LcdSection.OPERATIONS);
            if (state.equals("over")) {
                boolean over = was[0] && rows.isEmpty();
                was[0] |= !rows.isEmpty();
                return over;
            }
            return rows.values().stream().anyMatch(row -> row.state().name().equals(state));
        };
    }

    private static void kit(Server server, boolean there) {
        if (there) {
            server.types().add(Stage.TYPE);
        } else {
            server.types().remove(Stage.TYPE);
        }
        server.feed(there ? new Event.KitAppeared(Stage.TYPE) : new Event.KitGone(Stage.TYPE));
    }

    private void resources() {
        on(
                "(restore|remove|recover|kill|probe) of (\\w+) will fail on (\\w+)",
                m -> server(m, 3).kits().fail(m.group(1), m.group(2), 1));
        on(
                "(restore|remove|recover|kill|probe) of (\\w+) will always fail on (\\w+)",
                m -> server(m, 3).kits().fail(m.group(1), m.group(2), 1_000_000));
        on("(restore|remove|kill) of (\\w+) works again on (\\w+)", m -> {
            server(m, 3).kits().fail(m.group(1), m.group(2), 0);
            server(m, 3).kits().hang(m.group(1), m.group(2), false);
        });
        on(
                "(restore|remove|recover) of (\\w+) will hang on (\\w+)",
                m -> server(m, 3).kits().hang(m.group(1), m.group(2), true));
        on("the time limit ends on (\\w+)", m -> server(m, 1).kits().timeOut());
        on(
                "the storage of (\\w+) is lost on (\\w+)",
                m -> server(m, 2).feed(new Event.StorageLost(m.group(1), "taken by another server")));
        on("(\\w+) crashes on (\\w+)", m -> server(m, 2).kits().set(m.group(1), Presence.PARTIAL));
        on("(\\w+) is stopped by hand on (\\w+)", m -> server(m, 2).kits().set(m.group(1), Presence.STOPPED));
        on(
                "(\\w+) is started by somebody else on (\\w+)",
                m -> server(m, 2).kits().set(m.group(1), Presence.RUNNING));
    }

    private void operators() {
        on(
                "the operator on (\\w+) gives up",
                m -> server(m, 1).request("operator", new ServiceRequest.Cancel(stage.asked(m.group(1), true))));
        on(
                "the first operator on (\\w+) gives up",
                m -> server(m, 1).request("operator", new ServiceRequest.Cancel(stage.asked(m.group(1), false))));
        on("(\\w+): in-service (\\w+)( -[bsn])?", m -> {
            String option = m.group(3) == null ? "" : m.group(3).trim();
            boolean only = option.equals("-b") || option.equals("-s");
            ask(m, new ServiceRequest.BringInService(m.group(2), only, option.equals("-b"), option.equals("-n")));
        });
        on("(\\w+): out-of-service (\\w+)( with children| -s)?", m -> {
            String option = m.group(3) == null ? "" : m.group(3).trim();
            ask(
                    m,
                    new ServiceRequest.TakeOutOfService(
                            m.group(2), option.equals("-s"), option.equals("with children"), false));
        });
        on(
                "(\\w+): confirm-stopped (\\w+) on (\\w+)",
                m -> ask(m, new ServiceRequest.ConfirmStopped(m.group(2), m.group(3))));
        on("(\\w+): lkstop( -f)?", m -> ask(m, new ServiceRequest.Stop(m.group(2) != null, false)));
        on("(\\w+): shutdown of the machine", m -> ask(m, new ServiceRequest.Stop(false, true)));
        on(
                "(\\w+): perform (\\w+) of (\\w+)",
                m -> ask(m, new ServiceRequest.PerformAction(m.group(3), m.group(2), List.of())));
        on("(\\w+): set the state of (\\w+) to (\\w+)", this::setState);
        on(
                "(\\w+): set flag (\\S+)",
                m -> ask(
                        m,
                        new ServiceRequest.ChangeOwn(
                                "flag set",
                                List.of(LcdChange.put(LcdSection.FLAGS, m.group(2), new Flag(m.group(2)))))));
        on(
                "(\\w+): maintenance of (\\S+)",
                m -> ask(
                        m,
                        new ServiceRequest.ChangeOwn(
                                "maintenance begun",
                                List.of(LcdChange.put(
                                        LcdSection.MAINTENANCE,
                                        m.group(2),
                                        new Maintenance(m.group(2), 0, "operator"))))));
        on("(\\w+): lcdi (.+)", m -> ask(m, new ServiceRequest.Edit(LcdiWords.edit(m.group(2)))));
        on("(\\w+): unpair (\\w+) of (\\w+) and (\\w+)", this::unpair);
        on("(\\w+): delete path (\\w+) of (\\w+) and (\\w+)", this::deletePath);
        on("(\\w+): change (\\w+) of (\\w+) on ([\\w ]+)", this::change);
        on(
                "(\\w+): operation (commit|abort) (\\w+)",
                m -> ask(
                        m,
                        new ServiceRequest.ResolveOperation(
                                m.group(3), m.group(2).equals("commit"))));
        on("somebody looks at the flags", m -> stage.flags());
        on("somebody asks why", m -> stage.obstacles());
    }

    private void ask(Matcher m, ServiceRequest request) {
        stage.asked(m.group(1), server(m, 1).request("operator", request));
    }

    private void setState(Matcher m) {
        Instance instance = server(m, 1).disk().instances().get(m.group(2));
        Instance changed = instance.withState(InstanceState.valueOf(m.group(3)), "set by hand", 0);
        ask(
                m,
                new ServiceRequest.ChangeOwn(
                        "state set", List.of(LcdChange.put(LcdSection.INSTANCES, m.group(2), changed))));
    }

    /** Ends the equivalency of a resource on two servers. */
    private void unpair(Matcher m) {
        String tag = m.group(2);
        Map<String, List<LcdChange<?>>> changes = new TreeMap<>();
        Map<String, List<String>> tags = new TreeMap<>();
        server(m, 1).disk().rows(LcdSection.EQUIVALENCIES).values().forEach(row -> {
            if (row.tag().equals(tag)
                    && row.server().equals(m.group(3))
                    && row.otherServer().equals(m.group(4))) {
                for (String name : List.of(m.group(3), m.group(4))) {
                    changes.put(name, List.of(LcdChange.remove(LcdSection.EQUIVALENCIES, row.key())));
                    tags.put(name, List.of(tag));
                }
            }
        });
        ask(m, new ServiceRequest.Propose("unpair-" + tag, "unpair " + tag, changes, tags));
    }

    private void deletePath(Matcher m) {
        List<LcdChange<?>> change = List.of(LcdChange.remove(LcdSection.PATHS, m.group(2)));
        ask(
                m,
                new ServiceRequest.Propose(
                        "delete-" + m.group(2),
                        "path " + m.group(2) + " deleted",
                        Map.of(m.group(3), change, m.group(4), change),
                        Map.of()));
    }

    /** An operation over several servers: sets a flag of its name on each of them and locks a resource meanwhile. */
    private void change(Matcher m) {
        String id = m.group(2);
        Map<String, List<LcdChange<?>>> changes = new TreeMap<>();
        Map<String, List<String>> tags = new TreeMap<>();
        for (String name : m.group(4).split(" ")) {
            changes.put(name, List.of(LcdChange.put(LcdSection.FLAGS, id, new Flag(id))));
            tags.put(name, List.of(m.group(3)));
        }
        ask(m, new ServiceRequest.Propose(id, "change " + id, changes, tags));
    }
}

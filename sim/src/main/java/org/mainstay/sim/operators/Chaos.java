package org.mainstay.sim.operators;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Operation;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Event.Presence;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.event.ServiceRequest.BringInService;
import org.mainstay.core.decision.event.ServiceRequest.TakeOutOfService;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** Random faults and random operators. Each kind has a weight; new kinds of faults are added to the table. */
final class Chaos {
    /** A kind of thing that can happen. */
    private record Kind(int weight, Runnable happens) {}

    /** When a guard ends a manager that decides nothing. */
    private static final long LOOP_STUCK = 20_000;

    private static final long RESTART = 5_000;

    private final World world;
    private final Scenery scenery;
    private final Audit audit;
    private final Random random;
    private final List<Kind> kinds;
    /** Servers whose manager stays away, whatever else happens, while their guard goes on. */
    private final Set<Server> away = new HashSet<>();

    private int flags;

    Chaos(World world, Scenery scenery, Audit audit) {
        this.world = world;
        this.scenery = scenery;
        this.audit = audit;
        this.random = world.random();
        kinds = List.of(
                new Kind(6, this::cutPower),
                new Kind(10, this::killManager),
                new Kind(10, this::dieAtCommit),
                new Kind(1, this::managerGoesForGood),
                new Kind(4, this::managerHangs),
                new Kind(20, this::revive),
                new Kind(10, this::applicationDies),
                new Kind(8, this::kitFails),
                new Kind(3, this::kitHangs),
                new Kind(2, this::diskFull),
                new Kind(20, this::bringIn),
                new Kind(8, this::takeOut),
                new Kind(6, this::stop),
                new Kind(5, this::setFlag),
                new Kind(6, this::setFlags),
                new Kind(4, this::confirm),
                new Kind(4, this::resolve),
                new Kind(4, this::giveUp),
                new Kind(3, this::storageLost),
                new Kind(1, this::changeKit));
    }

    /** Lets one thing happen. */
    void happen() {
        int sum = kinds.stream().mapToInt(Kind::weight).sum();
        int pick = random.nextInt(sum);
        for (Kind kind : kinds) {
            pick -= kind.weight();
            if (pick < 0) {
                kind.happens().run();
                return;
            }
        }
    }

    private void cutPower() {
        scenery.anyServer().powerOff();
    }

    private void killManager() {
        scenery.anyServer().killManager();
    }

    /** Dies at a commit to come, before all, some or none of its effects are executed. */
    private void dieAtCommit() {
        Server server = scenery.anyServer();
        int[] left = {random.nextInt(4)};
        server.dieWhen(
                decision -> decision.state().own() != server.disk() && left[0]-- <= 0,
                random.nextBoolean(),
                random.nextInt(5));
    }

    /** At most one: what is left must still get along. */
    private void managerGoesForGood() {
        Server server = scenery.anyServer();
        if (away.isEmpty() && server.managerUp()) {
            away.add(server);
            server.killManager();
        }
    }

    /** Returns the servers whose manager does not return by itself. */
    Set<Server> away() {
        return away;
    }

    /** The decision loop hangs, for a while or until the guard ends the manager and starts it again. */
    private void managerHangs() {
        Server server = scenery.anyServer();
        if (!server.managerUp() || server.hangs()) {
            return;
        }
        audit.fault();
        server.hang(true);
        boolean ended = random.nextBoolean();
        world.after(ended ? LOOP_STUCK : world.about(LOOP_STUCK / 2), () -> {
            if (!server.hangs()) {
                return;
            }
            if (ended) {
                server.killManager();
                world.after(world.about(RESTART), () -> start(server));
            } else {
                server.hang(false);
            }
        });
    }

    private void start(Server server) {
        if (!away.contains(server)) {
            server.startManager();
        }
    }

    private void revive() {
        Server server = scenery.anyServer();
        if (away.contains(server)) {
            return;
        }
        if (server.powered()) {
            server.startManager();
        } else {
            server.powerOn();
        }
    }

    private void applicationDies() {
        Server server = scenery.anyServer();
        String tag = scenery.anyTag();
        if (server.powered() && server.kits().real(tag) == Presence.RUNNING) {
            audit.fault();
            audit.applicationDied(server, tag);
            server.kits().set(tag, random.nextBoolean() ? Presence.STOPPED : Presence.PARTIAL);
        }
    }

    private void kitFails() {
        String[] actions = {"restore", "restore", "remove", "recover", "kill", "probe"};
        String action = actions[random.nextInt(actions.length)];
        audit.fault();
        scenery.anyServer().kits().fail(action, scenery.anyTag(), 1 + random.nextInt(2));
    }

    /** An action hangs until its time limit ends it. */
    private void kitHangs() {
        String[] actions = {"restore", "remove", "recover"};
        String action = actions[random.nextInt(actions.length)];
        String tag = scenery.anyTag();
        Server server = scenery.anyServer();
        audit.fault();
        server.kits().hang(action, tag, true);
        world.after(world.about(15_000), () -> {
            server.kits().hang(action, tag, false);
            server.kits().timeOut();
        });
    }

    private void diskFull() {
        Server server = scenery.anyServer();
        audit.fault();
        server.diskFull(true);
        world.after(world.about(8_000), () -> server.diskFull(false));
    }

    private void bringIn() {
        Server server = scenery.anyServer();
        String tag = scenery.anyTag();
        audit.bringsIn(tag);
        boolean only = random.nextInt(6) == 0;
        String id = ask(server, new BringInService(tag, only, random.nextBoolean(), random.nextInt(10) == 0));
        audit.asksFor(id, tag);
    }

    private void takeOut() {
        Server server = scenery.anyServer();
        String tag = scenery.anyTag();
        boolean only = random.nextInt(8) == 0;
        boolean children = !only && random.nextInt(4) == 0;
        String id = ask(server, new TakeOutOfService(tag, only, children, false));
        TreeSet<String> tags = new TreeSet<>(List.of(tag));
        if (!only) {
            TreeSet<String> base = new TreeSet<>(tags);
            if (children) {
                base.addAll(scenery.below(tag));
            }
            scenery.hierarchy(tag).stream()
                    .filter(one -> scenery.below(one).stream().anyMatch(base::contains))
                    .forEach(tags::add);
            tags.addAll(base);
        }
        audit.takesOut(id, List.copyOf(tags));
    }

    private void stop() {
        boolean leave = random.nextBoolean();
        ask(scenery.anyServer(), new ServiceRequest.Stop(leave, !leave && random.nextBoolean()));
    }

    private void setFlag() {
        Server server = scenery.anyServer();
        String flag = "flag" + ++flags;
        LcdChange<Flag> put = LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag));
        String id = ask(server, new ServiceRequest.ChangeOwn("set " + flag, List.of(put)));
        audit.flag(id, server.name(), flag);
    }

    private void setFlags() {
        Server server = scenery.anyServer();
        String flag = "both" + ++flags;
        TreeMap<String, List<LcdChange<?>>> changes = new TreeMap<>();
        TreeMap<String, List<String>> tags = new TreeMap<>();
        String tag = scenery.anyTag();
        for (String one : world.servers().keySet()) {
            if (one.equals(server.name()) || random.nextInt(3) > 0) {
                changes.put(one, List.of(LcdChange.put(LcdSection.FLAGS, flag, new Flag(flag))));
                tags.put(one, List.of(tag));
            }
        }
        String id = ask(server, new ServiceRequest.Propose(flag, "set " + flag, changes, tags));
        audit.flags(id, changes.keySet(), flag);
    }

    /** An operator who does not lie confirms that something is stopped. */
    private void confirm() {
        Server server = scenery.anyServer();
        Server where = scenery.anyServer();
        String tag = scenery.anyTag();
        if (!where.powered() || where.kits().real(tag) == Presence.STOPPED && !where.managerUp()) {
            ask(server, new ServiceRequest.ConfirmStopped(tag, where.name()));
        }
    }

    /** An operator decides what is in doubt, as any server sees it, whatever was decided elsewhere. */
    private void resolve() {
        Server server = scenery.anyServer();
        for (Operation operation :
                List.copyOf(server.disk().rows(LcdSection.OPERATIONS).values())) {
            if (operation.state() == Operation.State.PREPARED) {
                ask(server, new ServiceRequest.ResolveOperation(operation.id(), random.nextBoolean()));
            }
        }
    }

    private void giveUp() {
        Server server = scenery.anyServer();
        if (server.managerUp()) {
            List<ServiceOperation> asked = server.state().operations().stream()
                    .filter(operation -> operation.asker().present()
                            && operation.asker().peer().isEmpty())
                    .toList();
            if (!asked.isEmpty()) {
                ServiceOperation one = asked.get(random.nextInt(asked.size()));
                ask(server, new ServiceRequest.Cancel(one.asker().requestId()));
            }
        }
    }

    /** The guard says that the reservation of something is lost. */
    private void storageLost() {
        Server server = scenery.anyServer();
        String tag = scenery.anyTag();
        if (server.managerUp() && server.disk().instances().get(tag).state().inService()) {
            audit.fault();
            audit.applicationDied(server, tag);
            server.feed(new Event.StorageLost(tag, "taken by another server"));
        }
    }

    private void changeKit() {
        Server server = scenery.anyServer();
        if (server.managerUp()) {
            boolean gone = server.types().remove("gen/app");
            if (!gone) {
                server.types().add("gen/app");
            }
            server.feed(gone ? new Event.KitGone("gen/app") : new Event.KitAppeared("gen/app"));
        }
    }

    private String ask(Server server, ServiceRequest request) {
        String id = server.request("operator", request);
        audit.asked(server, id);
        return id;
    }
}

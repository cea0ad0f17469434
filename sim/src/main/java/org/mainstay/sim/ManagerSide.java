package org.mainstay.sim;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.Decision;
import org.mainstay.core.decision.DecisionCore;
import org.mainstay.core.decision.Overdue;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.event.Input;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.CoreState;
import org.mainstay.core.decision.state.RightToRun.Right;

/** The manager of a machine: the production decision core, and a model of its loop, timers and database. */
final class ManagerSide {
    private static final long EPOCH = 1_790_000_000_000L;
    private static final long REPORT = 500;
    private static final long LOOK = 500;
    private static final long AWAKE = 20;
    private static final double REPEATED = 0.003;

    /** Where a manager or machine dies in the course of a decision. */
    private enum Death {
        NONE,
        MANAGER,
        MACHINE
    }

    private final Cluster cluster;
    private final Machine machine;
    private final LcdDisk disk;
    private final DecisionCore core = new DecisionCore();
    private final Deque<Event> inbox = new ArrayDeque<>();
    private final Map<String, Long> timers = new HashMap<>();
    private final Map<String, Runnable> own = new HashMap<>();
    private final Map<String, Boolean> paths = new TreeMap<>();
    private final Map<String, String> pathPeers = new TreeMap<>();

    private boolean up;
    private boolean busy;
    private boolean pumping;
    private int run;
    private int requests;
    private long timer;
    private long commit;
    private CoreState state;
    private Death death = Death.NONE;
    private int effectsBeforeDeath;
    private long stoppedFor;
    private Event.RightChanged right;

    ManagerSide(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
        disk = new LcdDisk(cluster);
    }

    boolean up() {
        return up;
    }

    int run() {
        return run;
    }

    CoreState state() {
        return state;
    }

    boolean reaches(String peer) {
        return paths.entrySet().stream()
                .anyMatch(
                        path -> path.getValue() && pathPeers.get(path.getKey()).equals(peer));
    }

    LcdDisk disk() {
        return disk;
    }

    /** It will not die at its next commit. */
    void liveOn() {
        death = Death.NONE;
    }

    /** @param effects how many effects of the next decision that changes the database are still executed; -1: it is not stored */
    void dieAtCommit(boolean power, int effects) {
        death = power ? Death.MACHINE : Death.MANAGER;
        effectsBeforeDeath = effects;
    }

    // ---- life

    void start() {
        if (up || !machine.powered() || machine.guardSide().quarantined()) {
            return;
        }
        up = true;
        run++;
        timers.clear();
        inbox.clear();
        own.clear();
        paths.clear();
        busy = false;
        pumping = false;
        right = null;
        state = CoreState.initial(machine.lcd(), machine.copies());
        cluster.say("the manager of " + machine + " starts");
        cluster.disturbed();
        post(new Event.Started(machine.bootId(), machine.settings(), Set.of(Plan.TYPE)));
        machine.guardSide().link();
        cluster.safety().greet(machine);
        report(run);
    }

    /** The manager's process ends, or its machine with it. */
    void die(boolean power) {
        if (!up) {
            return;
        }
        cluster.checks().dies(machine, power);
        up = false;
        run++;
        death = Death.NONE;
        inbox.clear();
        state = null;
        paths.clear();
        if (!power) {
            machine.guardSide().unlink();
            machine.apps().interrupt();
        }
        cluster.disturbed();
        cluster.refreshSessions();
    }

    private void report(int mine) {
        cluster.clock().pulseAfter(machine.real(REPORT), () -> {
            if (up && run == mine) {
                if (machine.managerRuns() && !busy) {
                    machine.guardSide().report();
                }
                report(mine);
            }
        });
    }

    void resume() {
        pump();
    }

    // ---- what others tell

    void path(String id, String peer, boolean alive) {
        paths.put(id, alive);
        pathPeers.put(id, peer);
        post(new Event.PathState(id, peer, alive));
        cluster.clock().after(0, cluster::refreshSessions);
    }

    /** News of the guard about lease and grants. */
    void news(Event event) {
        if (event instanceof Event.RightChanged changed) {
            right = changed;
        }
        Event heard = Mutant.news(cluster, machine, event);
        if (heard != null) {
            post(heard);
        }
    }

    /** The guard is gone: what it renewed nobody renews. */
    void guardAway() {
        if (!up) {
            return;
        }
        post(new Event.GuardAway());
        if (right != null && right.right() == Right.HELD) {
            Event.RightChanged last = right;
            long left = Math.max(0, last.until() - machine.bootMillis());
            int mine = run;
            cluster.clock().after(machine.real(left), () -> {
                if (up && run == mine && right == last) {
                    post(new Event.RightChanged(Right.LOST, 0, 0, "the guard does not answer"));
                }
            });
        }
    }

    /** Asks as an operator would. @return the id of the request */
    String request(ServiceRequest request) {
        String id = machine + "#" + run + "." + ++requests;
        cluster.checks().asked(machine, id, request);
        post(new Event.Requested(id, new Origin("operator", machine.name(), EPOCH + cluster.now(), ""), request));
        return id;
    }

    /** Asks as the node's own parts would. @param answered called with the answer, if there is one */
    void ask(ServiceRequest request, Runnable answered) {
        String id = machine + "#" + run + "." + ++requests;
        own.put(id, answered);
        post(new Event.Requested(id, new Origin(Origin.SELF, machine.name(), EPOCH + cluster.now(), ""), request));
    }

    /** Queues an event. */
    void post(Event event) {
        if (up) {
            inbox.add(event);
            if (!pumping) {
                pumping = true;
                int mine = run;
                cluster.clock().after(0, () -> {
                    if (run == mine) {
                        pumping = false;
                        pump();
                    }
                });
            }
        }
    }

    void later(long millis, Event event) {
        int mine = run;
        cluster.clock().after(millis, () -> {
            if (up && run == mine) {
                post(event);
            }
        });
    }

    // ---- the loop

    private void pump() {
        while (up && !busy && machine.managerRuns() && !inbox.isEmpty()) {
            one(Mutant.received(cluster, inbox.remove()));
        }
    }

    private void one(Event event) {
        CoreState before = Mutant.before(cluster, state, event);
        Input input = new Input(EPOCH + cluster.now(), event);
        Decision decision = core.decide(before, input);
        cluster.decided(machine, event, decision);
        if (cluster.chance(REPEATED) && !decision.equals(core.decide(before, input))) {
            throw new AssertionError("equal input gave different decisions for " + event);
        }
        CoreState after = decision.state();
        boolean changed = after.own() != before.own() && !after.own().equals(before.own());
        boolean copied = after.peers() != before.peers() && copied(after);
        if (!changed && !copied) {
            entered(before, decision, after, false);
            return;
        }
        if (disk.fails()) {
            failed(before, event);
            return;
        }
        if (changed && death != Death.NONE && effectsBeforeDeath < 0) {
            die();
            return;
        }
        long takes = disk.delay();
        if (takes == 0) {
            store(before, decision, changed);
            return;
        }
        busy = true;
        CoreState reached = changed ? after.withOwn(after.own().committed()) : after;
        refuseLater(before, reached, ++commit, Overdue.MILLIS);
        whenItRuns(takes, run, () -> {
            busy = false;
            commit++;
            if (takes > Overdue.MILLIS) {
                post(new Event.PersistOverdue(takes));
            }
            store(before, decision, changed);
            pump();
        });
    }

    /** The disk may be done while the manager stands still: it goes on behind that only. */
    private void whenItRuns(long millis, int mine, Runnable work) {
        cluster.clock().after(millis, () -> {
            if (up && run == mine) {
                if (machine.managerRuns()) {
                    work.run();
                } else {
                    whenItRuns(cluster.about(AWAKE), mine, work);
                }
            }
        });
    }

    /** While a commit hangs, nobody waits for it who can be refused. */
    private void refuseLater(CoreState before, CoreState reached, long during, long millis) {
        int mine = run;
        cluster.clock().after(millis, () -> {
            if (!up || run != mine || commit != during) {
                return;
            }
            Overdue said = new Overdue(core::decide, before, reached);
            for (Event event : machine.managerRuns() ? List.copyOf(inbox) : List.<Event>of()) {
                if (Overdue.question(event)) {
                    said.answer(event, "the disk has not answered for 2 s", EPOCH + cluster.now())
                            .ifPresent(answer -> {
                                inbox.remove(event);
                                execute(answer);
                            });
                }
            }
            refuseLater(before, reached, during, LOOK);
        });
    }

    private boolean copied(CoreState after) {
        for (var entry : after.peers().entrySet()) {
            Lcd known = machine.copies().get(entry.getKey());
            if (known != entry.getValue().lcd() && !entry.getValue().lcd().equals(known)) {
                return true;
            }
        }
        return machine.copies().size() != after.peers().size();
    }

    private void failed(CoreState before, Event event) {
        Decision decision = core.decide(
                before, new Input(EPOCH + cluster.now(), new Event.PersistFailed(event, "no space left on device")));
        if (!decision.state().own().equals(before.own())) {
            throw new AssertionError("a failed commit changed the database of " + machine);
        }
        entered(before, decision, decision.state(), false);
    }

    private void store(CoreState before, Decision decision, boolean changed) {
        CoreState after = decision.state();
        after.peers().forEach((peer, view) -> machine.copies().put(peer, view.lcd()));
        machine.copies().keySet().retainAll(after.peers().keySet());
        CoreState next = changed ? after.withOwn(after.own().committed()) : after;
        if (changed) {
            machine.lcd(Mutant.stored(cluster, machine.lcd(), next.own()));
        }
        boolean members =
                changed && !next.own().membership().equals(before.own().membership());
        entered(before, decision, next, changed);
        if (members) {
            machine.guardSide().members();
        }
        cluster.lists().follow(machine);
    }

    private void entered(CoreState before, Decision decision, CoreState next, boolean changed) {
        state = next;
        if (changed) {
            machine.guardSide().report();
        }
        if (changed || before == null) {
            machine.guardSide().inService(occupied(next.own()));
        }
        boolean dies = changed && death != Death.NONE;
        int left = dies ? effectsBeforeDeath : Integer.MAX_VALUE;
        int mine = run;
        for (Effect effect : decision.effects()) {
            if (left-- <= 0 || run != mine) {
                break;
            }
            execute(effect);
        }
        if (dies && run == mine) {
            die();
        }
    }

    private void die() {
        boolean power = death == Death.MACHINE;
        cluster.fault();
        death = Death.NONE;
        cluster.say(machine + (power ? " loses power" : " loses its manager") + " while it stores something");
        if (power) {
            machine.powerOff();
            cluster.clock().after(cluster.about(8_000), machine::powerOn);
        } else {
            die(false);
            cluster.clock().after(cluster.about(3_000), this::start);
        }
    }

    /** Returns what the manager has told its guard, or tells it when it is back: what counts as in service here. */
    Set<String> occupied() {
        return state == null ? Set.of() : occupied(state.own());
    }

    private static Set<String> occupied(Lcd lcd) {
        Set<String> tags = new TreeSet<>();
        for (Instance instance : lcd.instances().values()) {
            if (instance.state().inService() || !instance.ownership().released()) {
                tags.add(instance.tag());
            }
        }
        return tags;
    }

    private void execute(Effect effect) {
        if (effect instanceof Effect.RunAction action) {
            machine.apps().run(action);
        } else if (effect instanceof Effect.CancelAction cancel) {
            machine.apps().cancel(cancel.actionId());
        } else if (effect instanceof Effect.FindHandles find) {
            machine.apps().findHandles(find.tag());
        } else if (effect instanceof Effect.Probe probe) {
            machine.apps().probe(probe.tag());
        } else if (effect instanceof Effect.RunKillHandles kill) {
            int mine = run;
            machine.guardSide().kill(kill.tag(), done -> {
                if (up && run == mine) {
                    String text = done ? "processes ended" : "processes do not end";
                    post(new Event.KillFinished(kill.tag(), done, text));
                }
            });
        } else if (effect instanceof Effect.Send send) {
            cluster.send(machine, send);
        } else if (effect instanceof Effect.StartTimer start) {
            startTimer(start);
        } else if (effect instanceof Effect.CancelTimer cancel) {
            timers.remove(cancel.id());
        } else if (effect instanceof Effect.Monitor monitor) {
            machine.apps().monitor(monitor.tags());
        } else {
            executeMore(effect);
        }
    }

    private void executeMore(Effect effect) {
        if (effect instanceof Effect.Answer answer) {
            own.getOrDefault(answer.requestId(), () -> {}).run();
            cluster.checks().answers(machine, answer.requestId(), answer.reply());
        } else if (effect instanceof Effect.Withhold withhold) {
            machine.guardSide().withhold(withhold.peer(), true);
        } else if (effect instanceof Effect.Allow allow) {
            machine.guardSide().withhold(allow.peer(), false);
        } else if (effect instanceof Effect.Quarantine quarantine) {
            machine.guardSide().quarantine(quarantine.millis());
        } else if (effect instanceof Effect.Fence fence) {
            cluster.safety().fences().fence(machine, fence.peer(), fence.request());
        } else if (effect instanceof Effect.GiveUpFencing fence) {
            cluster.safety().fences().giveUp(machine, fence.request());
        } else if (effect instanceof Effect.Notify note) {
            cluster.noted(machine, note.text());
        } else if (effect instanceof Effect.PhaseChanged phase) {
            if (phase.phase() == org.mainstay.cluster.ClusterSnapshot.Phase.STOPPED) {
                stopped();
            }
        } else if (!(effect instanceof Effect.Progress)) {
            throw new AssertionError("the simulator does not know what to do with " + effect);
        }
    }

    private void stopped() {
        int mine = run;
        cluster.clock().after(1, () -> {
            if (up && run == mine) {
                die(false);
                cluster.clock().after(stoppedFor, this::start);
            }
        });
    }

    /** Once it was stopped by an operator, it is started again after a while. */
    void stoppedFor(long millis) {
        stoppedFor = millis;
    }

    private void startTimer(Effect.StartTimer start) {
        long id = ++timer;
        int mine = run;
        timers.put(start.id(), id);
        cluster.clock().after(machine.real(start.millis()), () -> {
            if (up && run == mine && Long.valueOf(id).equals(timers.get(start.id()))) {
                timers.remove(start.id());
                post(new Event.TimerFired(start.id()));
            }
        });
    }
}

package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.sim.Step.Kind;

/** Makes up runs: a cluster and what happens to it, from a seed. */
final class Chaos {
    private static final Kind[] ANYWHERE = {
        Kind.POWER, Kind.POWER, Kind.MANAGER_DIES, Kind.MANAGER_DIES, Kind.GUARD_DIES,
        Kind.BOTH_DIE, Kind.PAUSE, Kind.PAUSE, Kind.PAUSE_MANAGER, Kind.PAUSE_GUARD,
        Kind.CUT, Kind.CUT, Kind.CUT_PATH, Kind.DEAF, Kind.DEAF,
        Kind.ISOLATE, Kind.ISOLATE, Kind.ISOLATE, Kind.SPLIT, Kind.NOISE,
        Kind.DISK_FAILS, Kind.DISK_SLOW, Kind.GUARD_DISK_FAILS, Kind.GUARD_DISK_SLOW, Kind.DIE_AT_COMMIT,
        Kind.POWER_AT_COMMIT, Kind.CRASH, Kind.KIT_FAILS, Kind.KIT_HANGS, Kind.BRING,
        Kind.BRING, Kind.BRING, Kind.TAKE_OUT, Kind.FLAG, Kind.CONFIRM_DOWN,
        Kind.STOP, Kind.STOP_LEAVING, Kind.STALL, Kind.STALL, Kind.SLOW
    };
    private static final Kind[] WITNESSED = {Kind.STORAGE, Kind.STORAGE, Kind.STORAGE, Kind.STORAGE_SLOW};
    private static final Kind[] FENCED = {Kind.FENCE_FAILS, Kind.ISOLATE};
    /** Single failures: what a cluster without quorum is good for. */
    private static final Kind[] SINGLE = {
        Kind.POWER, Kind.LOSS, Kind.MANAGER_DIES, Kind.GUARD_DIES, Kind.BOTH_DIE,
        Kind.CUT, Kind.DEAF, Kind.ISOLATE, Kind.NOISE, Kind.DISK_FAILS,
        Kind.DISK_SLOW, Kind.DIE_AT_COMMIT, Kind.POWER_AT_COMMIT, Kind.CRASH, Kind.KIT_FAILS,
        Kind.KIT_HANGS, Kind.BRING, Kind.TAKE_OUT, Kind.FLAG, Kind.STOP,
        Kind.STOP_LEAVING
    };

    /** What happens beside all that. */
    private static final Kind[] OWN_PARTS = {
        Kind.DISK_HANGS, Kind.DISK_HANGS, Kind.KIT_STOPS, Kind.KIT_STOPS, Kind.STORAGE_LOST,
        Kind.STORAGE_LOST, Kind.SAFETY_AWAY, Kind.NO_CARRIER, Kind.NO_CARRIER, Kind.SETTINGS,
        Kind.SETTINGS, Kind.FENCE_LATE
    };

    private static final String[] ACTIONS = {"restore", "restore", "remove", "remove", "recover", "probe"};
    private static final String[] HANGING = {"restore", "remove", "remove", "recover"};

    private final Random random;
    /** Of its own, so that runs without such changes stay what they are. */
    private final Random members;

    private final Random extras;

    private final int faults;

    /** @param faults how many things happen in a run, about */
    Chaos(long seed, int faults) {
        random = new Random(seed * 0x5DEECE66DL + 11);
        members = new Random(seed * 0x5DEECE66DL + 13);
        extras = new Random(seed * 0x5DEECE66DL + 29);
        this.faults = faults;
    }

    Script script(long seed) {
        return script(plan(seed, mode()), Mutant.NONE);
    }

    /** Returns a run in which a mutant has something to spoil. */
    Script script(long seed, Mutant mutant) {
        Plan plan = plan(seed, mutant.where() == null ? mode() : mutant.where());
        Plan two = plan.smaller(plan.servers(), plan.sharers(), plan.networks(), 2);
        return script(mutant.fences() ? plan.withFencing() : mutant == Mutant.EPOCH_NOT_COMPARED ? two : plan, mutant);
    }

    private Safety.Quorum mode() {
        int dice = random.nextInt(20);
        return dice < 11
                ? Safety.Quorum.MAJORITY
                : dice < 14 ? Safety.Quorum.STORAGE : dice < 17 ? Safety.Quorum.ETCD : Safety.Quorum.NONE;
    }

    private Plan plan(long seed, Safety.Quorum quorum) {
        Safety.Witness witness = switch (quorum) {
            case NONE -> Safety.Witness.NONE;
            case MAJORITY -> random.nextInt(4) == 0 ? Safety.Witness.NONE : Safety.Witness.REMOTE_VERIFY;
            case STORAGE -> Safety.Witness.STORAGE;
            case ETCD -> Safety.Witness.ETCD;
        };
        int[] counts = {3, 3, 3, 3, 4, 5};
        int servers = quorum == Safety.Quorum.MAJORITY
                ? counts[random.nextInt(counts.length)]
                : random.nextInt(3) == 0 ? 3 : 2;
        int sharers = Math.max(2, servers - random.nextInt(Math.max(1, servers - 1)));
        int networks = random.nextInt(4) == 0 ? 2 : 1;
        boolean fenced = random.nextInt(6) == 0;
        boolean watchdogs = quorum != Safety.Quorum.NONE && random.nextInt(6) == 0;
        return new Plan(
                seed, quorum, witness, servers, sharers, networks, random.nextInt(4) == 0 ? 2 : 1, fenced, watchdogs);
    }

    private Script script(Plan plan, Mutant mutant) {
        List<Step> steps = new ArrayList<>();
        long at = random.nextInt(2_000);
        if (random.nextInt(8) == 0) {
            at = plan.settling() + 2 * plan.detection() + 1_000;
            steps.add(new Step(at, Kind.LOSS, Step.OWNER, "", "", 40_000 + random.nextInt(40_000), 0));
            at += plan.promised() + 5_000;
        }
        int count = faults / 2 + random.nextInt(faults + 1);
        boolean forgets = mutant == Mutant.PROMISE_NOT_DURABLE;
        if (plan.leased() && (random.nextInt(4) == 0 || forgets)) {
            Motifs motifs = new Motifs(random, mutant.freezes());
            List<Step> motif = forgets
                    ? motifs.lostPromise(plan, at)
                    : mutant.atTheEdge() ? motifs.any(plan, at) : motifs.common(plan, at);
            steps.addAll(motif);
            at = motif.get(motif.size() - 1).at() + random.nextInt(20_000);
            count -= Math.min(count, motif.size());
        }
        if (!plan.leased() && plan.fenced() && (mutant == Mutant.LATE_FENCING_COUNTS || extras.nextInt(3) == 0)) {
            List<Step> motif = new Motifs(extras, false).lateAnswer(plan, at);
            steps.addAll(motif);
            at = motif.get(motif.size() - 1).at() + 170_000;
        }
        boolean two = plan.quorum() == Safety.Quorum.MAJORITY && plan.hierarchies() > 1;
        if (two && (mutant == Mutant.EPOCH_NOT_COMPARED || extras.nextInt(4) == 0)) {
            List<Step> motif = new Motifs(extras, false).oldOwner(plan, at);
            steps.addAll(motif);
            at = motif.get(motif.size() - 1).at() + extras.nextInt(20_000);
        }
        if (plan.leased() && (mutant == Mutant.RIGHT_NOT_CHECKED || extras.nextInt(8) == 0)) {
            List<Step> motif = new Motifs(extras, false).lateStart(plan, at);
            steps.addAll(motif);
            at = motif.get(motif.size() - 1).at() + extras.nextInt(40_000);
        }
        for (int i = 0; i < count; i++) {
            boolean freeze = mutant.freezes() && plan.leased() && random.nextInt(ANYWHERE.length) == 0;
            Step step = freeze ? step(plan, at, Kind.FREEZE) : plan.leased() ? any(plan, at) : single(plan, at);
            steps.add(step);
            at += gap(plan, step);
        }
        lists(plan, steps);
        more(plan, steps);
        return new Script(List.of(), plan, steps);
    }

    /** The list of members changes now and then, often right after something that makes others claim. */
    private void lists(Plan plan, List<Step> steps) {
        if (plan.quorum() != Safety.Quorum.MAJORITY || steps.isEmpty() || members.nextInt(4) != 0) {
            return;
        }
        int count = 1 + members.nextInt(4);
        boolean grows = true;
        for (int i = 0; i < count; i++) {
            long after = steps.get(members.nextInt(steps.size())).at()
                    + members.nextInt(members.nextBoolean() ? 20_000 : 1_000);
            String one = Plan.name(members.nextInt(plan.servers()));
            steps.add(new Step(after, grows ? Kind.LIST_GROWS : Kind.LIST_SHRINKS, one, "", "", 0, 0));
            grows = !grows || members.nextInt(4) == 0;
        }
    }

    /** What happens to a manager's own parts, and to its settings; without quorum after everything else is over. */
    private void more(Plan plan, List<Step> steps) {
        if (steps.isEmpty() || extras.nextInt(3) == 0) {
            return;
        }
        List<Step> others = List.copyOf(steps);
        long over = others.stream()
                .mapToLong(step -> step.at() + step.millis())
                .max()
                .orElseThrow();
        int count = 1 + extras.nextInt(1 + faults / 4);
        for (int i = 0; i < count; i++) {
            long near = others.get(extras.nextInt(others.size())).at()
                    + extras.nextInt(extras.nextBoolean() ? 20_000 : 2_000);
            over += 60_000;
            Step step = another(plan, plan.leased() ? near : over);
            steps.add(step);
            over += step.millis();
        }
        if (!plan.leased()) {
            replaced(others, steps);
        }
    }

    private Step another(Plan plan, long at) {
        Kind kind = OWN_PARTS[extras.nextInt(OWN_PARTS.length)];
        String one = extras.nextInt(3) == 0 ? Step.OWNER : Plan.name(extras.nextInt(plan.servers()));
        long millis = 500L + extras.nextInt(extras.nextBoolean() ? 6_000 : 25_000);
        List<String> volumes =
                plan.tags().stream().filter(tag -> tag.startsWith(Plan.VOLUME)).toList();
        if (kind == Kind.STORAGE_LOST && !volumes.isEmpty()) {
            return new Step(at, kind, one, "", volumes.get(extras.nextInt(volumes.size())), 0, 0);
        } else if (kind == Kind.SETTINGS) {
            return new Step(at, kind, Plan.name(extras.nextInt(plan.servers())), "", "", 0, extras.nextInt(8));
        } else if (kind == Kind.STORAGE_LOST
                || kind == Kind.FENCE_LATE && !plan.leased()
                || kind == Kind.NO_CARRIER && !plan.leased() && !plan.fenced()) {
            // Who is cut off goes on serving where nothing can end it.
            return new Step(at, Kind.DISK_HANGS, one, "", "", millis, 0);
        }
        return new Step(at, kind, one, "", "", millis, 0);
    }

    /** Without quorum the safety check is all there is: it is replaced while a cut is known to it, which is one fault then. */
    private void replaced(List<Step> others, List<Step> steps) {
        for (Step cut : others) {
            boolean longEnough = (cut.kind() == Kind.CUT || cut.kind() == Kind.ISOLATE) && cut.millis() > 15_000;
            if (longEnough && extras.nextBoolean()) {
                String one = Plan.name(extras.nextInt(2));
                long after = 9_000L + extras.nextInt((int) cut.millis() - 12_000);
                steps.add(new Step(cut.at() + after, Kind.SAFETY_AWAY, one, "", "", 200 + extras.nextInt(2_000), 0));
            }
        }
    }

    /** Most things come in bursts; without quorum each has to be over before the next. */
    private long gap(Plan plan, Step step) {
        if (step.kind() == Kind.FENCE_FAILS && !plan.leased()) {
            return 100;
        }
        if (!plan.leased()) {
            return step.millis() + 60_000;
        }
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(300);
            case 1 -> random.nextInt(3_000);
            case 2 -> random.nextInt(15_000);
            default -> random.nextInt(35_000);
        };
    }

    private Step any(Plan plan, long at) {
        int special = random.nextInt(10);
        Kind kind = special < 3 && plan.quorum() != Safety.Quorum.MAJORITY
                ? WITNESSED[random.nextInt(WITNESSED.length)]
                : special == 9 && plan.fenced()
                        ? FENCED[random.nextInt(FENCED.length)]
                        : ANYWHERE[random.nextInt(ANYWHERE.length)];
        return step(plan, at, kind);
    }

    private Step single(Plan plan, long at) {
        boolean special = plan.fenced() && random.nextInt(4) == 0;
        Kind[] kinds = special ? FENCED : SINGLE;
        return step(plan, at, kinds[random.nextInt(kinds.length)]);
    }

    private Step step(Plan plan, long at, Kind kind) {
        String one = random.nextInt(3) == 0 ? Step.OWNER : Plan.name(random.nextInt(plan.servers()));
        String other = Plan.name(random.nextInt(plan.servers()));
        List<String> tags = plan.tags();
        String tag = tags.get(random.nextInt(tags.size()));
        long millis = duration();
        int number = random.nextInt(5);
        switch (kind) {
            case PAUSE, PAUSE_GUARD, GUARD_DIES, BOTH_DIE ->
                millis = 300L + random.nextInt((int) plan.pauseTolerance() - 800);
            case FREEZE -> millis = plan.pauseTolerance() + 1_000L + random.nextInt(60_000);
            case NOISE, STALL, SLOW -> millis = Math.min(millis, 15_000);
            case DISK_FAILS, DISK_SLOW, GUARD_DISK_FAILS, GUARD_DISK_SLOW, STORAGE_SLOW ->
                millis = Math.min(millis, 20_000);
            case DIE_AT_COMMIT, POWER_AT_COMMIT -> number -= 1;
            case KIT_FAILS -> {
                other = ACTIONS[random.nextInt(ACTIONS.length)];
                number = 1 + random.nextInt(2);
            }
            case KIT_HANGS -> other = HANGING[random.nextInt(HANGING.length)];
            case FENCE_FAILS -> millis += plan.leased() ? 0 : 60_000;
            case LOSS -> millis = Math.max(millis, plan.promised() + 5_000);
            case FLAG -> number = random.nextInt(1_000_000);
            default -> {
                // as drawn
            }
        }
        boolean lasts = switch (kind) {
            case DIE_AT_COMMIT, POWER_AT_COMMIT, CRASH, KIT_FAILS, BRING, TAKE_OUT, FLAG, CONFIRM_DOWN -> false;
            default -> true;
        };
        return new Step(at, kind, one, other, tag, lasts ? millis : 0, number);
    }

    private long duration() {
        return switch (random.nextInt(4)) {
            case 0 -> 100 + random.nextInt(3_000);
            case 1 -> 3_000 + random.nextInt(10_000);
            case 2 -> 8_000 + random.nextInt(20_000);
            default -> 15_000 + random.nextInt(60_000);
        };
    }
}

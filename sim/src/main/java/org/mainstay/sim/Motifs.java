package org.mainstay.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.mainstay.sim.Step.Kind;

/** Sequences that chance alone seldom finds: faults that meet where the rules are at their edge. */
final class Motifs {
    /** More effects than a promise has. */
    private static final int ALL = 9;

    private final Random random;
    private final boolean freezes;

    /** @param freezes whether machines stand still for longer than is tolerated, too */
    Motifs(Random random, boolean freezes) {
        this.random = random;
        this.freezes = freezes;
    }

    /** Returns one of them. */
    List<Step> any(Plan plan, long at) {
        return switch (random.nextInt(4)) {
            case 0 -> lateGrants(plan, at);
            case 1 -> oneAfterTheOther(plan, at);
            case 2 -> lostPromise(plan, at);
            default -> common(plan, at);
        };
    }

    /** Returns one of those that show most of what can be wrong. */
    List<Step> common(Plan plan, long at) {
        return switch (random.nextInt(freezes && plan.leased() ? 5 : 4)) {
            case 0, 1 -> lastMoment(plan, at);
            case 2 -> rotation(plan, at);
            case 3 -> forgetfulGuards(plan, at);
            default -> frozen(plan, at);
        };
    }

    private long between(long least, long most) {
        return least + random.nextInt((int) Math.max(1, most - least));
    }

    /** The owner loses its lease while its manager is away, and stands still when its guard would have to act. */
    private List<Step> lastMoment(Plan plan, long at) {
        List<Step> steps = new ArrayList<>();
        long pause = plan.pauseTolerance() - 500;
        if (random.nextInt(3) == 0) {
            steps.add(new Step(at, Kind.NOISE, "", "", "", 6_000, 0));
            at += between(0, 4_000);
        }
        String tag = plan.tags().get(0);
        steps.add(
                random.nextInt(3) == 0
                        ? new Step(at, Kind.KIT_HANGS, Step.OWNER, "remove", tag, 60_000, 0)
                        : new Step(at, Kind.PAUSE_MANAGER, Step.OWNER, "", "", between(15_000, 40_000), 0));
        long cut = at + between(0, 1_500);
        steps.add(new Step(cut, Kind.ISOLATE, Step.OWNER, "", "", between(15_000, 45_000), 0));
        if (plan.quorum() != org.mainstay.core.decision.state.Safety.Quorum.MAJORITY) {
            steps.add(new Step(cut, Kind.STORAGE, Step.OWNER, "", "", between(15_000, 45_000), 0));
        }
        Kind kind = random.nextBoolean() ? Kind.PAUSE : Kind.PAUSE_GUARD;
        long early = plan.leaseMillis() - 500L;
        if (random.nextBoolean()) {
            steps.add(new Step(cut + between(100, early), kind, Step.OWNER, "", "", between(1_000, pause), 0));
        }
        long kill = cut + plan.leaseMillis() + plan.lossStop() / 2;
        steps.add(new Step(kill - between(0, 2_000), kind, Step.OWNER, "", "", pause, 0));
        return steps;
    }

    /** The owner's manager is away for long, and the machine stands still until others have taken what it runs. */
    private List<Step> frozen(Plan plan, long at) {
        long freeze = plan.leaseMillis() + plan.lossStop() + between(5_000, 30_000);
        return List.of(
                new Step(at, Kind.MANAGER_DIES, Step.OWNER, "", "", freeze + between(10_000, 30_000), 0),
                new Step(at + between(200, 1_500), Kind.FREEZE, Step.OWNER, "", "", freeze, 0));
    }

    /** One server after the other is away, and managers die in between: whoever is asked was not there before. */
    private List<Step> rotation(Plan plan, long at) {
        List<Step> steps = new ArrayList<>();
        long time = at;
        int first = random.nextInt(plan.servers());
        for (int i = 0; i < plan.servers(); i++) {
            String name = Plan.name((first + i) % plan.servers());
            long away = between(17_000, 30_000);
            steps.add(new Step(time, random.nextBoolean() ? Kind.ISOLATE : Kind.POWER, name, "", "", away, 0));
            String other = Plan.name(random.nextInt(plan.servers()));
            Kind dies = random.nextBoolean() ? Kind.MANAGER_DIES : Kind.POWER;
            steps.add(new Step(time + between(0, away), dies, other, "", "", between(500, 4_000), 0));
            time += away + between(0, 2_000) - 1_000;
        }
        return steps;
    }

    /** The owner is cut off, and the guards of the others start again while they wait for the end of its lease. */
    private List<Step> forgetfulGuards(Plan plan, long at) {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(at, Kind.PAUSE_MANAGER, Step.OWNER, "", "", 20_000, 0));
        steps.add(new Step(at, Kind.ISOLATE, Step.OWNER, "", "", 25_000, 0));
        for (int i = 1; i < plan.servers(); i++) {
            Kind kind = random.nextInt(3) == 0 ? Kind.POWER : Kind.GUARD_DIES;
            steps.add(new Step(at + between(500, 6_000), kind, Plan.name(i), "", "", between(200, 2_000), 0));
        }
        return steps;
    }

    /**
     * What the owner sends gets lost, what is sent to it arrives: until the others notice, they answer its last request again and
     * again. Its manager is away, and it stands still when its guard would have to act.
     */
    private List<Step> lateGrants(Plan plan, long at) {
        String owner = plan.order(0).get(0);
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(at, Kind.PAUSE_MANAGER, owner, "", "", between(25_000, 40_000), 0));
        long deaf = at + between(0, 1_500);
        for (int i = 0; i < plan.servers(); i++) {
            if (!Plan.name(i).equals(owner)) {
                steps.add(new Step(deaf, Kind.DEAF, owner, Plan.name(i), "", between(25_000, 45_000), 0));
            }
        }
        long pause = plan.pauseTolerance() - 500;
        long kill = deaf + plan.leaseMillis() + plan.lossStop() / 2;
        steps.add(new Step(kill + between(-2_000, 3_000), Kind.PAUSE, owner, "", "", pause, 0));
        return steps;
    }

    /**
     * The owner's manager is away for long, and its guard lives by the grants of one server after the other: who had lost it long ago
     * hears it again when who granted last loses it.
     */
    private List<Step> oneAfterTheOther(Plan plan, long at) {
        String owner = plan.order(0).get(0);
        List<String> others = new ArrayList<>(plan.names());
        others.remove(owner);
        java.util.Collections.shuffle(others, random);
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(at, Kind.MANAGER_DIES, owner, "", "", between(80_000, 100_000), 0));
        long time = at + 500;
        for (String first : others.subList(0, others.size() / 2)) {
            steps.add(new Step(time, Kind.CUT, owner, first, "", between(17_500, 21_000), 0));
        }
        time += between(22_000, 24_000);
        for (String second : others.subList(others.size() / 2, others.size())) {
            steps.add(new Step(time, Kind.CUT, owner, second, "", 60_000, 0));
        }
        steps.add(new Step(time + between(8_000, 15_000), Kind.ISOLATE, owner, "", "", 40_000, 0));
        return steps;
    }

    /**
     * The owner dies, and who claims has not heard it since its own start; all who promise die with their answers on the way. The
     * claimer is cut off before they are back, so that what they promised is known to nobody else when the owner returns.
     */
    List<Step> lostPromise(Plan plan, long at) {
        List<String> order = plan.order(0);
        String claimer = order.get(1);
        List<Step> steps = new ArrayList<>();
        long dies = at + between(2_000, 5_000);
        long away = between(300, 1_000);
        long claim = dies + away + (plan.leaseMillis() + plan.lossStop()) * 101L / 100;
        steps.add(new Step(at, Kind.POWER, order.get(0), "", "", claim - at + between(2_000, 8_000), 0));
        steps.add(new Step(dies, Kind.BOTH_DIE, claimer, "", "", away, 0));
        for (String name : plan.names()) {
            if (!name.equals(order.get(0)) && !name.equals(claimer)) {
                Kind kind = random.nextInt(3) == 0 ? Kind.DIE_AT_COMMIT : Kind.POWER_AT_COMMIT;
                steps.add(new Step(claim - 2_000, kind, name, "", "", 0, ALL));
            }
        }
        steps.add(new Step(claim + between(700, 3_000), Kind.ISOLATE, claimer, "", "", between(45_000, 60_000), 0));
        return steps;
    }

    /**
     * The owner is cut off and fenced, and the agent that has done it hangs: the owner is back and serves again, is cut off once
     * more, and only then the answer comes. For clusters without quorum.
     */
    List<Step> lateAnswer(Plan plan, long at) {
        String owner = plan.order(0).get(0);
        List<Step> steps = new ArrayList<>();
        long first = plan.settling() + between(3_000, 6_000);
        steps.add(new Step(at, Kind.FENCE_LATE, owner, "", "", first, 0));
        steps.add(new Step(at + 100, Kind.ISOLATE, owner, "", "", first, 0));
        // Fenced about then, off for at most 45 s, and half a minute for the start; the answer comes 35 to 105 s after.
        long back = at + between(20_000, 65_000);
        steps.add(new Step(back, Kind.BRING, owner, "", plan.tags().get(0), 0, 0));
        steps.add(new Step(back + between(1_000, 8_000), Kind.ISOLATE, owner, "", "", 110_000, 0));
        return steps;
    }

    /**
     * An operator moves a resource, and the disk of the server that is to start it hangs just then, which is cut off, too: it acts
     * upon what it decided when its right has long ended and the resource runs elsewhere. For clusters with quorum.
     */
    List<Step> lateStart(Plan plan, long at) {
        String target = plan.order(0).get(1);
        long lapse = (long) plan.leaseMillis() + plan.lossStop();
        return List.of(
                new Step(at, Kind.BRING, target, "", plan.tags().get(0), 0, 0),
                new Step(at + between(5, 250), Kind.DISK_HANGS, target, "", "", lapse + between(8_000, 25_000), 0),
                new Step(at + between(600, 1_500), Kind.ISOLATE, target, "", "", lapse + between(15_000, 40_000), 0));
    }

    /**
     * The owner of two hierarchies is away, and who claims both is cut off while it stores that it has won: that is known to nobody
     * but those who have promised. Then the old owner is back and claims. In mode majority, with two hierarchies.
     */
    List<Step> oldOwner(Plan plan, long at) {
        String owner = plan.order(0).get(0);
        String claimer = plan.order(0).get(1);
        String second = plan.resources().get(1).get(0);
        List<Step> steps = new ArrayList<>();
        steps.add(new Step(at, Kind.BRING, owner, "", second, 0, 0));
        long away = at + between(6_000, 9_000);
        long claim = away + (plan.leaseMillis() + plan.lossStop()) * 101L / 100;
        long back = claim + between(1_000, 8_000);
        steps.add(new Step(away, Kind.POWER, owner, "", "", back - away, 0));
        steps.add(new Step(claim - 500, Kind.DISK_SLOW, claimer, "", "", 6_000, 0));
        long cut = claim + between(300, 3_000);
        steps.add(new Step(cut, Kind.ISOLATE, claimer, "", "", between(30_000, 50_000), 0));
        return steps;
    }
}

package org.mainstay.core.decision.rule;

import java.util.Collection;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.state.ServiceOperation;
import org.mainstay.core.decision.state.ServiceOperation.Kind;

/**
 * Says at the end of what brought resources here how it went, with lists: a switchover an operator asked for, a takeover from a
 * dead server, the recovery of what failed (SNMP-014 to SNMP-021). Other ways into service (a first start, an automatic
 * switchback, what a server hands over when it is shut down) are told resource by resource only.
 */
final class Outcomes {
    private static final String SWITCHOVER = "switchover";

    private final Step step;

    Outcomes(Step step) {
        this.step = step;
    }

    /** What an operation was for. @param good number where resources are in service @param bad number where some are not */
    private record Purpose(String what, int good, int bad) {
        static final Purpose SWITCHOVER = new Purpose("switchover to ", Notices.SWITCHED, Notices.NOT_SWITCHED);
        static final Purpose TAKEOVER = new Purpose("takeover by ", Notices.TAKEN_OVER, Notices.NOT_TAKEN_OVER);
        static final Purpose RECOVERY = new Purpose("recovery on ", Notices.RECOVERED_HERE, Notices.NOT_RECOVERED_HERE);
    }

    /** An operation ends. @param complete whether it did what it was for */
    void ended(ServiceOperation operation, boolean complete) {
        if (operation.kind() != Kind.RESTORE) {
            return;
        }
        if (complete) {
            served(operation);
        } else if (byOperator(operation)) {
            say(Purpose.SWITCHOVER, false, operation.work().todo());
        }
    }

    private void served(ServiceOperation operation) {
        TreeSet<String> tags = new TreeSet<>(operation.work().begun());
        tags.removeIf(tag -> !step.inService(tag));
        if (byOperator(operation)) {
            say(Purpose.SWITCHOVER, true, tags);
        } else if (takenOver(operation)) {
            say(Purpose.TAKEOVER, true, tags);
        } else if (operation.then().handoverId().startsWith(Handovers.FAILOVER)) {
            say(Purpose.RECOVERY, true, tags);
        } else if (alone(operation)) {
            // back where it failed, as no other server could have it
            tags.removeIf(tag -> step.instance(tag).ownership().failures() == 0);
            say(Purpose.RECOVERY, true, tags);
        }
    }

    /**
     * A restore failed.
     *
     * @param staying whether what serves stays here; else all of it is taken out again
     */
    void failed(ServiceOperation operation, boolean staying) {
        TreeSet<String> in = new TreeSet<>();
        TreeSet<String> out = new TreeSet<>(operation.tags());
        if (staying) {
            in.addAll(operation.work().begun());
            in.removeIf(tag -> !step.inService(tag));
            out.removeIf(step::inService);
        }
        if (byOperator(operation)) {
            say(Purpose.SWITCHOVER, true, in);
            say(Purpose.SWITCHOVER, false, out);
        } else if (takenOver(operation)) {
            say(Purpose.TAKEOVER, true, in);
            say(Purpose.TAKEOVER, false, out);
        } else if (operation.then().handoverId().startsWith(Handovers.FAILOVER)) {
            say(Purpose.RECOVERY, false, out);
        } else if (alone(operation)) {
            say(Purpose.RECOVERY, false, operation.work().failures().keySet());
        }
    }

    private static boolean isSwitchover(ServiceOperation operation) {
        return operation.then().handoverId().startsWith(SWITCHOVER);
    }

    /** Somebody moved it here, from a server that gave it or that was dead. */
    private static boolean byOperator(ServiceOperation operation) {
        return operation.asker().present()
                && (isSwitchover(operation) || operation.claim().takeover());
    }

    private static boolean takenOver(ServiceOperation operation) {
        return !operation.asker().present()
                && operation.then().handoverId().isEmpty()
                && operation.claim().takeover();
    }

    private static boolean alone(ServiceOperation operation) {
        return !operation.asker().present()
                && operation.then().handoverId().isEmpty()
                && !operation.claim().takeover();
    }

    private void say(Purpose purpose, boolean good, Collection<String> tags) {
        if (!tags.isEmpty()) {
            step.note(
                    good ? purpose.good() : purpose.bad(),
                    good ? Level.INFORMATION : Level.WARNING,
                    "",
                    purpose.what()
                            + step.self()
                            + (good ? " is complete, in service: " : " is complete, not in service: ")
                            + String.join(", ", tags));
        }
    }
}

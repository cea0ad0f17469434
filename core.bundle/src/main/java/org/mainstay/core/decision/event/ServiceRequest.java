package org.mainstay.core.decision.event;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.LcdEdit;
import org.mainstay.cluster.lcd.LcdChange;

/** What can be asked of the decision core. */
public sealed interface ServiceRequest {

    /**
     * Brings a resource into service here; a switchover if it is in service on another server (CMD-390).
     *
     * @param onlyTag leave what is above alone ({@code -b}) and, with {@code childrenToo} false, also what is below ({@code -s})
     * @param childrenToo matters only with {@code onlyTag}
     * @param ignoreReservations do not wait for other operations on these resources ({@code -n}); their actions still end first
     */
    record BringInService(String tag, boolean onlyTag, boolean childrenToo, boolean ignoreReservations)
            implements ServiceRequest {}

    /** Takes a resource and all above it out of service here or wherever it is, and wants it out (CMD-391). */
    record TakeOutOfService(String tag, boolean onlyTag, boolean withChildren, boolean ignoreReservations)
            implements ServiceRequest {}

    /** The operator's word that a resource is certainly stopped on a server (design.md section 4, released). */
    record ConfirmStopped(String tag, String server) implements ServiceRequest {}

    /** The operator's word that a machine is down and stays so until it is heard again (design.md section 10). */
    record ConfirmDown(String server) implements ServiceRequest {}

    /**
     * Stops Mainstay here (CMD-090 to CMD-096).
     *
     * @param leaveRunning {@code lkstop -f}
     * @param systemShutdown the machine shuts down: the shutdown strategy applies (ADM-060)
     */
    record Stop(boolean leaveRunning, boolean systemShutdown) implements ServiceRequest {}

    /**
     * Runs another action of the kit on an instance here (CMD-380), under a reservation of the instance.
     *
     * @param action name of the action; restore and remove are not allowed here
     */
    record PerformAction(String tag, String action, List<String> arguments) implements ServiceRequest {
        public PerformAction {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * Changes this server's own database. Of instances that exist, ownership is kept; a change of state is taken as the
     * operator's word (CMD-013, {@code ins_setst}) and refused where it would claim to be in service twice.
     */
    record ChangeOwn(String description, List<LcdChange<?>> changes) implements ServiceRequest {
        public ChangeOwn {
            changes = List.copyOf(changes);
        }
    }

    /**
     * Changes the databases of several servers, all or none (design.md section 4, operations over several servers). This
     * server is the coordinator; it takes part with an empty list if it has no changes of its own.
     *
     * <p>Of instances that exist, state and ownership are kept as they are when the change is applied.
     *
     * @param operationId unique in the cluster
     * @param changes by server, what changes there
     * @param tags by server, the resources that are locked there meanwhile
     */
    record Propose(
            String operationId,
            String description,
            Map<String, List<LcdChange<?>>> changes,
            Map<String, List<String>> tags)
            implements ServiceRequest {
        public Propose {
            changes = Collections.unmodifiableMap(new TreeMap<>(changes));
            tags = Collections.unmodifiableMap(new TreeMap<>(tags));
        }
    }

    /** Decides an operation that is in doubt here. */
    record ResolveOperation(String operationId, boolean commit) implements ServiceRequest {}

    /** Gives up waiting for a request: a waiting one is refused, actions that run are cancelled. */
    record Cancel(String requestId) implements ServiceRequest {}

    /** Changes the own database as a command of the LCDI does (spec/02 B3 to B7). */
    record Edit(LcdEdit edit) implements ServiceRequest {}
}

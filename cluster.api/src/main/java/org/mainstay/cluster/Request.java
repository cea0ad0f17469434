package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.Member;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Everything an operator can ask a server to do. A request acts on the server it is submitted to, which talks to the others
 * itself; names are checked there and refused with the exit codes of CMD-010.
 */
@ProviderType
public sealed interface Request {

    /** Returns the role needed. */
    default Caller.Role role() {
        return Caller.Role.ADMINISTRATOR;
    }

    /**
     * Creates a resource here and brings it into service; leaves nothing behind if that fails (ADM-117).
     *
     * @param type type name, or {@code application/type} where the type alone is ambiguous
     * @param tag empty: the kit proposes one
     * @param properties answers of the form
     */
    record CreateResource(String type, String tag, Map<String, String> properties) implements Request {
        public CreateResource {
            properties = Map.copyOf(properties);
        }
    }

    /**
     * Extends the whole hierarchy of a resource to another server (ADM-240 to ADM-243).
     *
     * @param priority 0: the next free of 1, 10, 20, ...
     * @param properties by tag: answers for the target server
     */
    record Extend(String tag, String target, int priority, Map<String, Map<String, String>> properties)
            implements Request {
        public Extend {
            properties = Map.copyOf(properties);
        }
    }

    /** Removes the whole hierarchy of a resource from one server where it is not in service (ADM-270). */
    record Unextend(String tag, String target) implements Request {}

    /** Deletes the resource and all above it from all servers; refused (8) while in service unless told how. */
    record DeleteResource(String tag, InService inService) implements Request {
        /** What to do with a resource that is in service. */
        public enum InService {
            REFUSE,
            STOP,
            LEAVE_RUNNING
        }
    }

    /** Makes the parent depend on the child on every server that has both; see ADM-281, ADM-282. */
    record CreateDependency(String parent, String child) implements Request {}

    record DeleteDependency(String parent, String child) implements Request {}

    /**
     * Brings a resource into service here; a switchover if it is in service elsewhere (CMD-390).
     *
     * @param onlyTag leave what is above alone ({@code -b}) and, with {@code childrenToo} false, also what is below ({@code -s})
     */
    record BringInService(String tag, boolean onlyTag, boolean childrenToo, boolean ignoreReservations)
            implements Request {
        @Override
        public Caller.Role role() {
            return Caller.Role.OPERATOR;
        }
    }

    /** Takes a resource and all above it out of service here or wherever it is (CMD-391) and wants it out. */
    record TakeOutOfService(String tag, boolean onlyTag, boolean withChildren, boolean ignoreReservations)
            implements Request {
        @Override
        public Caller.Role role() {
            return Caller.Role.OPERATOR;
        }
    }

    /** The operator's word that a resource is certainly stopped on a server (design.md section 4, released). */
    record ConfirmStopped(String tag, String server) implements Request {}

    /**
     * The operator's word that a server is certainly down: nothing it had in service runs there any more. Refused (8) while a
     * comm path to it is alive; holds until it is heard again.
     */
    record ConfirmDown(String server) implements Request {}

    /** Changes properties of the kit or settings ({@code quickCheck}, {@code deepCheck}, {@code localRecovery}, {@code switchback}, {@code init}). */
    record SetResource(String tag, Map<String, String> values) implements Request {
        public SetResource {
            values = Map.copyOf(values);
        }
    }

    /** Runs an action of the kit on an instance here (CMD-380). */
    record PerformAction(String tag, String action, List<String> arguments) implements Request {
        public PerformAction {
            arguments = List.copyOf(arguments);
        }
    }

    /** Creates both ends of a comm path and waits until it is alive, or changes nothing (9). */
    record CreatePath(String peer, String local, String remote, int priority, int intervalMillis, int misses)
            implements Request {}

    /** Deletes both ends of the comm paths between the addresses. */
    record DeletePath(String peer, String local, String remote) implements Request {}

    /**
     * Admits a server that proved the setup code (design.md section 5). Submitted by comm on the server that invited it; core commits the
     * membership with the member and the next epoch by a majority of the members before it answers with success: only then is the
     * joining server told that it belongs to the cluster. Refused with {@link ExitCode#EXISTS} if a member has the name, or the
     * address and port; {@link ExitCode#NO_COMMUNICATION} without a majority. A member that equals one in the list is a success.
     */
    record AddMember(Member member) implements Request {}

    /** Removes a server from the cluster; {@code force} without its consent and although others cannot be reached. */
    record RemoveNode(String name, boolean force) implements Request {}

    /** Decides an operation in doubt. */
    record ResolveOperation(String id, boolean commit) implements Request {}

    /**
     * Stops Mainstay here (CMD-090 to CMD-096).
     *
     * @param leaveRunning {@code lkstop -f}: applications go on running
     * @param systemShutdown the machine shuts down: the shutdown strategy applies (ADM-060)
     */
    record Stop(boolean leaveRunning, boolean systemShutdown) implements Request {}

    /** Changes this server's own database directly: flags, failover restrictions, LCDI commands. */
    record ChangeOwn(String description, List<LcdChange<?>> changes) implements Request {
        public ChangeOwn {
            changes = List.copyOf(changes);
        }
    }
}

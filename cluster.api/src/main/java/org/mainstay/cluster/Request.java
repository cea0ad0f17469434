package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.MirrorJob;
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

    /** Changes this server's own database as a command of the LCDI does: checked and made in one step. */
    record Edit(LcdEdit edit) implements Request {}

    /**
     * Removes instances from this server's database, with their dependencies and equivalencies (CMD-170 to CMD-181). What depends on one
     * of them comes first; the kits' delete actions run before. The answer's remarks are the removed tags, in order.
     *
     * @param roots removes these, what is above and below them; below only what nothing else depends on
     * @param tags removes these and what depends on them; with neither roots nor tags all that application and type leave
     * @param application only instances of this application; empty: of all
     * @param type only instances of this type; empty: of all
     * @param globalScripts run the global pre- and post-delete scripts (not with {@code -G})
     * @param recursive a delete action asks: whoever called it holds the locks ({@code -N})
     */
    record RemoveInstances(
            List<String> roots,
            List<String> tags,
            String application,
            String type,
            boolean globalScripts,
            boolean recursive)
            implements Request {
        public RemoveInstances {
            roots = List.copyOf(roots);
            tags = List.copyOf(tags);
        }
    }

    /**
     * Removes an application or one type of it with everything under it (CMD-102, CMD-282).
     *
     * @param type empty: the application with all its types
     */
    record RemoveType(String application, String type) implements Request {}

    /**
     * Creates a SHARED equivalency on both servers, all or none (CMD-250 to CMD-255).
     *
     * @param priority 1 to 1024; 0: as the group has it, else 1
     * @param otherPriority 1 to 1024; 0: as the group has it, else the next free of 10, 20, ...
     */
    record CreateEquivalency(
            String server, String tag, String otherServer, String otherTag, int priority, int otherPriority)
            implements Request {}

    /** Removes an equivalency, whichever side is named first, from both servers (CMD-270, CMD-271). */
    record DeleteEquivalency(String server, String tag, String otherServer, String otherTag) implements Request {}

    /**
     * Gives servers priorities for every resource of a hierarchy, on all servers or none (ADM-220 to ADM-228, CMD-450).
     *
     * @param priorities by server, 1 to 1024
     */
    record SetPriorities(String tag, Map<String, Integer> priorities) implements Request {
        public SetPriorities {
            priorities = Map.copyOf(priorities);
        }
    }

    /**
     * Runs the global scripts of an event (CMD-040 to CMD-048).
     *
     * @param event {@code restore}, {@code remove} or {@code delete}
     * @param post the scripts after the event; else those before it
     * @param arguments for the scripts; {@code -m} as the first says that the caller holds the administrative lock
     */
    record GlobalScripts(String event, boolean post, List<String> arguments) implements Request {
        public GlobalScripts {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * Carries out a request without the global scripts that belong to it ({@code -G}, CMD-384).
     *
     * @param request {@link BringInService} or {@link TakeOutOfService}
     */
    record WithoutGlobalScripts(Request request) implements Request {
        @Override
        public Caller.Role role() {
            return request.role();
        }
    }

    /**
     * Carries out a request whose caller holds the administrative lock already, so that the scripts after it take none (CMD-388).
     *
     * @param request {@link BringInService} or {@link TakeOutOfService}
     */
    record LockHeld(Request request) implements Request {
        @Override
        public Caller.Role role() {
            return request.role();
        }
    }

    /**
     * Takes the administrative lock on all servers that can be reached, in a fixed order, waiting for others (FLG-010, FLG-011, CMD-451).
     * It shows as a flag {@code !action!PID!TIME!SERVER:IDENTIFIER} and ends with {@link ReleaseLocks}, with the process, or with
     * this server. The answer's message is the flag.
     *
     * @param pid process that holds it
     * @param identifier kind of action
     * @param waitSeconds refused (8) naming the holder when it is not free by then
     */
    record TakeLocks(long pid, String identifier, int waitSeconds) implements Request {}

    /** Gives up the administrative lock that a process here holds; 7 if it holds none. */
    record ReleaseLocks(long pid) implements Request {}

    /**
     * Begins or ends maintenance: monitoring and automatic moves pause (design.md section 4).
     *
     * @param scope {@code tag:NAME}, {@code server} or {@code cluster}
     * @param server for the scope {@code server}: which one; else empty
     * @param seconds ends by itself after so many seconds; 0: when it is ended
     */
    record SetMaintenance(String scope, String server, boolean on, long seconds) implements Request {}

    /**
     * Stores a job of mirrors on all servers that can be reached, all or none (EMC-024); the others take it over when they return.
     * Refused with 8 if it was changed since it was read, 4 if one of its pairs is in another job, 7 if it is not there to be deleted.
     *
     * @param job as it shall be, with the revision that was read; {@link MirrorJob#deleted}: it is deleted
     */
    record StoreMirrorJob(MirrorJob job) implements Request {}

    /**
     * Properties of a server (ADM-021): shutdown strategy and failover restrictions, on that server's database.
     *
     * @param switchOver empty: unchanged
     * @param restrictions those of the servers named change
     */
    record SetServer(
            java.util.Optional<Boolean> switchOver, Map<String, org.mainstay.cluster.lcd.Restriction> restrictions)
            implements Request {
        public SetServer {
            restrictions = Map.copyOf(restrictions);
        }
    }
}

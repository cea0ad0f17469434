package org.mainstay.kit;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One kind of protected thing: how it is described, created, started, stopped, checked and repaired.
 *
 * <p><b>Threads and time.</b> Every action runs on a bounded worker thread of its own, never on a thread that decides or
 * sends heartbeats. Mainstay runs at most one action of one resource at a time ({@link #probe} excepted). Each action has a
 * time limit ({@link KitDescriptor#timeLimit}); when it passes, the thread is interrupted, {@link ActionContext#cancelled()}
 * turns true, commands started through {@link Host} are killed, and the action counts as failed whatever it returns later.
 *
 * <p><b>Failure.</b> An action reports failure by returning {@link Outcome#failed}; an exception it lets escape is reported
 * as a failure with the exception's message. The text is read by an administrator: say what was wrong and what to do.
 *
 * <p><b>Repetition.</b> {@link #restore} and {@link #remove} are idempotent and may be repeated after a crash at any point:
 * restore of what already runs changes nothing, remove of what is already gone succeeds (ADM-157).
 *
 * <p>Properties are the kit's own: Mainstay stores and replicates them and never looks inside.
 */
@ConsumerType
public interface RecoveryKit {

    /** Returns what this kit is; constant for the life of the component and cheap, as it is called often. */
    KitDescriptor descriptor();

    /**
     * Returns the questions to ask for {@code create} or {@code extend}, given the answers so far; shell, REST and console
     * build their wizards from it. Called again after each answer, so later fields may depend on earlier ones. Must answer
     * within a second and change nothing. The default asks for {@link KitDescriptor#fields()}.
     *
     * @param context the purpose, the answers so far and a view of this server
     * @return the fields in the order they are asked
     */
    default List<Field> form(FormContext context) {
        return descriptor().fields();
    }

    /**
     * Checks the answers of a create on the server that is to be the primary, completes them, and says what the new resource
     * is: its id, its properties, the existing resources it needs as children. Changes nothing on the machine: if the
     * resource is to be started, Mainstay calls {@link #restore} afterwards and, if that fails, undoes the creation (ADM-117).
     *
     * @param context {@link ActionContext#resource()} holds the answers as properties; its id is still empty
     * @return the completed resource, or a refusal whose message names the field, the value and what is allowed
     */
    default Creation create(CreateContext context) {
        return Creation.of(context.resource().tag(), context.resource().properties());
    }

    /**
     * Checks on the target server whether the resource could be brought into service there, and returns the properties of its
     * instance on that server. Changes nothing (ADM-242).
     *
     * @param context {@link ActionContext#resource()} is the template instance with the answers for this server applied
     */
    default Creation extend(CreateContext context) {
        return Creation.of(context.resource().id(), context.resource().properties());
    }

    /** Undoes on this server what the kit set up for the resource outside Mainstay; the resource is not in service here. */
    default Outcome unextend(ActionContext context) {
        return Outcome.success("nothing to undo");
    }

    /** Undoes, when the resource is deleted, what {@link #create} or a restore left behind; runs before the instance is gone. */
    default Outcome delete(ActionContext context) {
        return Outcome.success("nothing to undo");
    }

    /** Brings the resource into service here and returns only when it serves. All children are in service (I2). Idempotent. */
    Outcome restore(ActionContext context);

    /**
     * Takes the resource out of service here and returns only when it certainly no longer serves. All parents are out of
     * service. Idempotent. A remove that fails keeps the resource from being started elsewhere.
     */
    Outcome remove(ActionContext context);

    /**
     * Says what the resource is on this machine right now, by looking at the machine and not at any record. Changes nothing
     * and answers within {@link KitDescriptor#timeLimit} of {@link Action#PROBE}. In doubt: {@link Probe.State#UNKNOWN},
     * which never counts as stopped.
     */
    Probe probe(ActionContext context);

    /** Light check of a resource in service, every {@link KitDescriptor#quickCheckSeconds}; the default asks {@link #probe}. */
    default Outcome quickCheck(ActionContext context) {
        Probe probe = probe(context);
        return probe.state() == Probe.State.RUNNING
                ? Outcome.success(probe.message())
                : Outcome.failed(probe.message());
    }

    /** Thorough check of a resource in service, as a client would see it; the default is {@link #quickCheck}. */
    default Outcome deepCheck(ActionContext context) {
        return quickCheck(context);
    }

    /**
     * Repairs the resource in place after a failed check (local recovery). Parents are not touched and remain in service.
     * The default removes and restores it.
     */
    default Outcome recover(ActionContext context) {
        Outcome removed = remove(context);
        return removed.succeeded() ? restore(context) : removed;
    }

    /** Checks the instance's configuration on this server without changing anything; run before moves and by operators. */
    default Outcome validate(ActionContext context) {
        return Outcome.success("nothing to validate");
    }

    /**
     * Returns how to end the resource on this machine without this kit and without Karaf. Recorded with the instance before
     * each restore. Processes started through {@link Command.Builder#inService} need no handle of their own: their cgroup is
     * always recorded.
     */
    default List<KillHandle> killHandles(ActionContext context) {
        return List.of();
    }

    /**
     * Converts properties stored by another version of this kit.
     *
     * @param fromVersion version of the kit that wrote them, as its descriptor gave it
     * @param properties what is stored, unmodifiable
     * @return the properties this version understands
     */
    default Map<String, String> migrate(String fromVersion, Map<String, String> properties) {
        return properties;
    }

    /**
     * Runs an action of this kit's own ({@code perform_action -a NAME -t TAG -- ARGUMENTS}, CMD-380).
     *
     * @param name one of {@link KitDescriptor#extraActions()}
     * @param arguments what followed {@code --}, unchanged
     */
    default Outcome perform(String name, List<String> arguments, ActionContext context) {
        return Outcome.failed("the " + descriptor().title() + " kit has no action '" + name + "'");
    }
}

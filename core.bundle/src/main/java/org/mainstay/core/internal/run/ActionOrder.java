package org.mainstay.core.internal.run;

import java.util.List;
import org.mainstay.kit.Action;
import org.mainstay.kit.ResourceInfo;

/**
 * An action to run.
 *
 * @param action what
 * @param extra name of the kit's own action; empty unless the action is {@link Action#EXTRA}
 * @param arguments the operator's arguments of an own action
 * @param resource the instance, with its properties
 * @param kitVersion version of the kit that wrote the properties; empty if not known
 * @param children its direct children on this server
 * @param all every resource of this server; needed for create and extend only
 * @param extendedTo servers that hold the resource already; needed for extend only
 * @param reason why, for people
 * @param takeover see {@link org.mainstay.kit.ActionContext#takeover}
 * @param handedOver see {@link org.mainstay.kit.ActionContext#handedOver}
 */
public record ActionOrder(
        Action action,
        String extra,
        List<String> arguments,
        ResourceInfo resource,
        String kitVersion,
        List<ResourceInfo> children,
        List<ResourceInfo> all,
        List<String> extendedTo,
        String reason,
        boolean takeover,
        boolean handedOver) {

    public ActionOrder {
        arguments = List.copyOf(arguments);
        children = List.copyOf(children);
        all = List.copyOf(all);
        extendedTo = List.copyOf(extendedTo);
    }

    /** Returns the order for the restore of what another server has released to this one. */
    public ActionOrder afterHandover() {
        return new ActionOrder(
                action, extra, arguments, resource, kitVersion, children, all, extendedTo, reason, takeover, true);
    }

    /** Returns the name for logs, such as {@code restore} or the kit's own action. */
    public String actionName() {
        return action == Action.EXTRA ? extra : action.actionName();
    }

    /** Returns the order for one of the kit's own actions. */
    public ActionOrder withOwnAction(String name, List<String> own) {
        return new ActionOrder(
                Action.EXTRA, name, own, resource, kitVersion, children, all, extendedTo, reason, takeover, handedOver);
    }

    /** Returns the same order with these properties of the resource. */
    ActionOrder withProperties(java.util.Map<String, String> properties) {
        ResourceInfo r = resource;
        ResourceInfo changed =
                new ResourceInfo(r.server(), r.tag(), r.id(), r.application(), r.type(), properties, r.inService());
        return new ActionOrder(
                action, extra, arguments, changed, kitVersion, children, all, extendedTo, reason, takeover, handedOver);
    }
}

package org.mainstay.kit.ip.internal;

import java.util.List;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.Outcome;

/** Checks an address in service. */
final class Check {
    private final ActionContext context;
    private final IpSettings settings;
    private final PingList pingList;
    private final HostNetwork network;

    Check(ActionContext context, IpSettings settings, PingList pingList) {
        this.context = context;
        this.settings = settings;
        this.pingList = pingList;
        this.network = context.host().network();
    }

    /** The address is there, its interface is up with a live link, and somebody of the ping list answers (OPS-064). */
    Outcome quick() {
        if (!settings.enabled()) {
            return Outcome.success("restore mode is Disabled: not monitored");
        }
        List<Interface> all = network.interfaces();
        List<Interface> holders = Placement.holders(all, settings.address());
        for (Interface holder : holders) {
            if (settings.interfaces().contains(holder.name())) {
                if (!holder.up() || !holder.carrier()) {
                    return Outcome.failed(
                            Restore.state(all, holder.name()) + ", so nobody reaches " + settings.address());
                }
                return pingList.failure(
                                settings.address(), Restore.time(context, "LKIP_PING_MILLIS", Restore.PING), context)
                        .map(Outcome::failed)
                        .orElse(Outcome.success(settings.withPrefix() + " is on " + holder.name()));
            }
        }
        return Outcome.failed(settings.address() + " is not on " + String.join(" or ", settings.interfaces()));
    }

    /** As quick, nobody else answers for the address, and the ping list could be asked. */
    Outcome deep() {
        Outcome quick = quick();
        if (!quick.succeeded() || !settings.enabled()) {
            return quick;
        }
        for (Interface holder : Placement.holders(network.interfaces(), settings.address())) {
            String duplicate = network.findDuplicate(
                    holder.name(),
                    settings.address().inet(),
                    Restore.time(context, "LKIP_PROBE_MILLIS", Restore.FULL_PROBE));
            if (!duplicate.isEmpty()) {
                return Outcome.failed("SPLIT BRAIN or foreign machine: " + settings.address()
                        + " is also in use by hardware address " + duplicate + " on the network of " + holder.name()
                        + ": find that machine and take the address off it");
            }
        }
        return pingList.unreadable(context).map(Outcome::failed).orElse(quick);
    }
}

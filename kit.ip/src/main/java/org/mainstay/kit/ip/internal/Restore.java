package org.mainstay.kit.ip.internal;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.Outcome;

/** Brings an address into service: the steps of one restore or one local recovery. */
final class Restore {
    /** Full duplicate detection: three probes spread over this time. Tunable {@code LKIP_PROBE_MILLIS}. */
    static final Duration FULL_PROBE = Duration.ofMillis(1000);
    /** The look before a takeover, which clients wait for. Tunable {@code LKIP_TAKEOVER_PROBE_MILLIS}. */
    static final Duration SHORT_PROBE = Duration.ofMillis(25);
    /** How long one address of the ping list has to answer. Tunable {@code LKIP_PING_MILLIS}. */
    static final Duration PING = Duration.ofMillis(1000);

    private final ActionContext context;
    private final IpSettings settings;
    private final PingList pingList;
    private final HostNetwork network;

    Restore(ActionContext context, IpSettings settings, PingList pingList) {
        this.context = context;
        this.settings = settings;
        this.pingList = pingList;
        this.network = context.host().network();
    }

    Outcome restore() {
        if (!settings.enabled()) {
            return Outcome.success(
                    "restore mode is Disabled: " + settings.address() + " is not configured on this server");
        }
        if (settings.prefix() < 0 || settings.interfaces().isEmpty()) {
            return Outcome.failed("the resource knows no interface or netmask for " + settings.address()
                    + ": set them with --set interface= --set netmask=");
        }
        List<Interface> all = network.interfaces();
        List<Interface> holders = Placement.holders(all, settings.address());
        for (Interface holder : holders) {
            if (!settings.interfaces().contains(holder.name())) {
                return Outcome.failed(
                        settings.address() + " is on " + holder.name() + ", where this resource does not put it:"
                                + " take it off there, or set interface=" + holder.name());
            }
        }
        Optional<Interface> serving = holders.stream().filter(Restore::alive).findFirst();
        if (holders.size() == 1 && serving.isPresent()) {
            return tested(Outcome.success(
                    settings.withPrefix() + " is on " + serving.get().name() + " already"));
        }
        Optional<Interface> usable = usable(all);
        if (usable.isEmpty()) {
            return Outcome.failed(
                    "cannot serve " + settings.address() + ": " + states(all) + "; check the cable and the interface");
        }
        Outcome free = checkFree(usable.get().name(), probeTime());
        return free.succeeded() ? moveTo(usable.get().name(), holders) : free;
    }

    /**
     * Repairs the address in place: again on its interface, then on the backup interface (ADM-211, ADM-212). The reason for
     * the repair may be a second user of the address; then it fails, so that nobody fights for it.
     */
    Outcome recover() {
        if (!settings.enabled()) {
            return Outcome.success("restore mode is Disabled: nothing to repair");
        }
        Outcome last = Outcome.failed("cannot repair " + settings.address() + ": " + states(network.interfaces()));
        for (String name : settings.interfaces()) {
            List<Interface> all = network.interfaces();
            if (Placement.named(all, name).filter(Restore::alive).isPresent()) {
                last = checkFree(name, time("LKIP_TAKEOVER_PROBE_MILLIS", SHORT_PROBE));
                if (!last.succeeded()) {
                    return last;
                }
                last = moveTo(name, Placement.holders(all, settings.address()));
                if (last.succeeded()) {
                    return last;
                }
                context.progress("local recovery on " + name + " failed: " + last.message());
            }
        }
        return last;
    }

    /** Puts the address on the interface and off every other one. Takes it off again if clients could not use it. */
    private Outcome moveTo(String name, List<Interface> holders) {
        for (Interface holder : holders) {
            if (!holder.name().equals(name)) {
                Outcome removed =
                        network.removeAddress(holder.name(), settings.address().inet(), settings.prefix());
                if (!removed.succeeded()) {
                    return removed;
                }
            }
        }
        Outcome added = network.addAddress(name, settings.address().inet(), settings.prefix());
        if (!added.succeeded()) {
            return added;
        }
        Outcome announced = network.announce(name, settings.address().inet(), settings.announceTimes());
        Outcome outcome =
                announced.succeeded() ? tested(Outcome.success(settings.withPrefix() + " is on " + name)) : announced;
        if (!outcome.succeeded()) {
            Outcome undone = network.removeAddress(name, settings.address().inet(), settings.prefix());
            if (!undone.succeeded()) {
                return Outcome.failed(outcome.message() + "; and " + undone.message());
            }
        }
        return outcome;
    }

    private Outcome tested(Outcome done) {
        return pingList.failure(settings.address(), time("LKIP_PING_MILLIS", PING), context)
                .map(Outcome::failed)
                .orElse(done);
    }

    private Outcome checkFree(String name, Duration wait) {
        if (wait.isZero()) {
            return Outcome.success("handed over");
        }
        String duplicate = network.findDuplicate(name, settings.address().inet(), wait);
        if (duplicate.isEmpty()) {
            return Outcome.success("nobody answers for " + settings.address());
        }
        String what = settings.address() + " is in use on the network of " + name
                + " by the machine with hardware address " + duplicate;
        return Outcome.failed(
                context.takeover()
                        ? "SPLIT BRAIN: " + what + " although its server is taken for dead (" + context.reason()
                                + "): make sure that server is off, then restore again"
                        : what + ": find that machine and take the address off it, then restore again");
    }

    private Duration probeTime() {
        if (context.takeover()) {
            return time("LKIP_TAKEOVER_PROBE_MILLIS", SHORT_PROBE);
        }
        // the other server has just removed it, verified, and its word is in the handover record
        return context.handedOver() ? Duration.ZERO : time("LKIP_PROBE_MILLIS", FULL_PROBE);
    }

    private Duration time(String tunable, Duration fallback) {
        return time(context, tunable, fallback);
    }

    static Duration time(ActionContext context, String tunable, Duration fallback) {
        String text = context.tunable(tunable, String.valueOf(fallback.toMillis()));
        if (text.strip().matches("\\d{1,5}")) {
            return Duration.ofMillis(Long.parseLong(text.strip()));
        }
        context.progress("warning: " + tunable + "='" + text
                + "' is not a number of milliseconds from 0 to 99999; using " + fallback.toMillis());
        return fallback;
    }

    private Optional<Interface> usable(List<Interface> all) {
        return settings.interfaces().stream()
                .flatMap(name -> Placement.named(all, name).stream())
                .filter(Restore::alive)
                .findFirst();
    }

    private String states(List<Interface> all) {
        return String.join(
                ", ",
                settings.interfaces().stream().map(name -> state(all, name)).toList());
    }

    static String state(List<Interface> all, String name) {
        return Placement.named(all, name)
                .map(one -> !one.up() ? name + " is down" : one.carrier() ? name + " is up" : name + " has no link")
                .orElse(name + " does not exist");
    }

    private static boolean alive(Interface one) {
        return one.up() && one.carrier();
    }
}

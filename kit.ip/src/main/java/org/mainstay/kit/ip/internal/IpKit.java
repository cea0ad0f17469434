package org.mainstay.kit.ip.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Protects a switchable IP address (ADM-190 to ADM-214, ADM-260 to ADM-264): an additional address on an interface, announced
 * to the neighbours wherever it comes into service.
 *
 * <p>Duplicate detection (design.md section 10) depends on why the address comes into service:
 *
 * <ul>
 *   <li>create, a restore by an operator, a start: full detection, three probes within {@link Restore#FULL_PROBE};
 *   <li>takeover of a dead server: one short look, {@link Restore#SHORT_PROBE}; an answer means that the old owner is alive;
 *   <li>planned switchover ({@link ActionContext#handedOver}): none, because the handover proves that the other server gave the
 *       address up a moment ago.
 * </ul>
 *
 * Afterwards every deep check looks for a second user, and the announcements of the first seconds defend the address.
 */
@Component(service = RecoveryKit.class)
public final class IpKit implements RecoveryKit {
    static final String TYPE = "ip";

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("comm", TYPE, "1.0.0", "IP Address")
            .fields(List.of(
                    Field.named(IpSettings.ADDRESS, "IP address")
                            .help(
                                    "Address clients use, such as 10.77.1.100/24 or 2001:db8::100/64; not in use anywhere yet.")
                            .required()
                            .build(),
                    Field.named(IpSettings.NETMASK, "Subnet mask")
                            .help(
                                    "Prefix length or mask, if not given with the address; default: that of the interface.")
                            .build(),
                    Field.named(IpSettings.INTERFACE, "Network connection")
                            .help("Interface of this server; empty: the one whose subnet contains the address.")
                            .scope(Field.Scope.SERVER)
                            .build(),
                    Field.named(IpSettings.BACKUP, "Local recovery network connection")
                            .help(
                                    "Second interface on the same physical network that local recovery may move the address to.")
                            .scope(Field.Scope.SERVER)
                            .build(),
                    Field.named(IpSettings.MODE, "Restore mode")
                            .help("Disabled: in service on this server without configuring or watching the address.")
                            .choices(List.of(IpSettings.ENABLED, IpSettings.DISABLED))
                            .scope(Field.Scope.SERVER)
                            .defaultValue(IpSettings.ENABLED)
                            .build(),
                    Field.named(IpSettings.ANNOUNCE, "Announcements")
                            .help("How often the neighbours are told where the address is, once a second.")
                            .integer(1, IpSettings.ANNOUNCE_MOST)
                            .defaultValue(String.valueOf(IpSettings.ANNOUNCE_DEFAULT))
                            .build()))
            .timeLimit(Action.RESTORE, Duration.ofSeconds(60))
            .timeLimit(Action.REMOVE, Duration.ofSeconds(60))
            .timeLimit(Action.RECOVER, Duration.ofSeconds(60))
            .localRecovery(true)
            .build();

    private final PingList pingList;
    private final Links links;

    /** The service's working directory is the installation. */
    @Activate
    public IpKit() {
        this(Path.of(""), new Links(Path.of("/")));
    }

    /** @param home the installation */
    IpKit(Path home, Links links) {
        this.pingList = new PingList(home);
        this.links = links;
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public List<Field> form(FormContext context) {
        List<Field> fields = new ArrayList<>();
        for (Field field : DESCRIPTOR.fields()) {
            fields.add(field.name().equals(IpSettings.INTERFACE) ? withFoundInterface(field, context) : field);
        }
        return fields;
    }

    private static Field withFoundInterface(Field field, FormContext context) {
        Map<String, String> answers = new LinkedHashMap<>(context.answers());
        answers.remove(IpSettings.INTERFACE);
        try {
            Placement found = Placement.find(context.host().network().interfaces(), IpSettings.of(answers));
            return Field.named(field.name(), field.label())
                    .scope(field.scope())
                    .help("Empty: " + found.networkInterface().name() + ", whose subnet contains the address.")
                    .build();
        } catch (IllegalArgumentException e) {
            // no address yet, or on no subnet: create says so when all answers are there
            return field;
        }
    }

    @Override
    public Creation create(CreateContext context) {
        return check(context, true);
    }

    @Override
    public Creation extend(CreateContext context) {
        return check(context, false);
    }

    /** @param first whether nobody holds the address yet, so that nobody may answer for it on the link */
    private Creation check(CreateContext context, boolean first) {
        try {
            IpSettings settings = IpSettings.of(context.resource().properties());
            refuseUnsuitable(settings);
            Optional<ResourceInfo> second = resourceOf(context, settings.address());
            if (second.isPresent()) {
                return Creation.exists("address " + settings.address() + " is already protected by resource "
                        + second.get().tag() + ": use that one");
            }
            Map<String, String> properties =
                    new LinkedHashMap<>(context.resource().properties());
            properties.put(IpSettings.ADDRESS, settings.address().text());
            properties.put(IpSettings.MODE, settings.enabled() ? IpSettings.ENABLED : IpSettings.DISABLED);
            properties.put(IpSettings.ANNOUNCE, String.valueOf(settings.announceTimes()));
            if (settings.enabled()) {
                place(context, settings, first, properties);
            } else if (settings.prefix() > 0) {
                properties.put(IpSettings.NETMASK, String.valueOf(settings.prefix()));
            }
            String id = settings.address().text();
            Creation creation = Creation.of(id, properties).withSuggestedTag(id);
            if (settings.enabled()) {
                String main = properties.getOrDefault(IpSettings.FOUND, "");
                for (String remark : Advice.remarks(links, settings.address(), main, settings.backupInterface())) {
                    creation = creation.withRemark(remark);
                }
            }
            return creation;
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
    }

    private void place(CreateContext context, IpSettings settings, boolean first, Map<String, String> properties) {
        HostNetwork network = context.host().network();
        List<Interface> all = network.interfaces();
        IpAddress address = settings.address();
        for (Interface holder : Placement.holders(all, address)) {
            throw new IllegalArgumentException("address " + address + " is already configured on " + holder.name()
                    + " of this server and not by Mainstay: choose another address, or take it out of the system's"
                    + " network configuration and off the interface first");
        }
        Placement placement = Placement.find(all, settings);
        if (address.namesNetwork(placement.prefix()) || address.isBroadcast(placement.prefix())) {
            throw new IllegalArgumentException("address " + address + " is the "
                    + (address.isBroadcast(placement.prefix()) ? "broadcast address" : "name") + " of the network "
                    + address.network(placement.prefix()) + ": choose one of its other addresses");
        }
        refusePart(placement.networkInterface().name(), IpSettings.INTERFACE);
        if (!settings.backupInterface().isEmpty()) {
            Placement.existing(all, settings.backupInterface(), IpSettings.BACKUP);
            refusePart(settings.backupInterface(), IpSettings.BACKUP);
        }
        String name = placement.networkInterface().name();
        if (first) {
            if (!placement.alive()) {
                throw new IllegalArgumentException("interface " + name + " is "
                        + (placement.networkInterface().up() ? "without a link" : "down")
                        + ": whether " + address + " is in use elsewhere cannot be found out; bring it up first");
            }
            String duplicate = network.findDuplicate(name, address.inet(), Restore.FULL_PROBE);
            if (!duplicate.isEmpty()) {
                throw new IllegalArgumentException("address " + address + " is already in use on the network of " + name
                        + " by the machine with hardware address " + duplicate + ": choose an unused one");
            }
        }
        properties.put(IpSettings.NETMASK, String.valueOf(placement.prefix()));
        properties.put(IpSettings.FOUND, name);
    }

    private void refusePart(String name, String property) {
        Optional<String> refusal = Advice.refusal(links, name, property);
        if (refusal.isPresent()) {
            throw new IllegalArgumentException(refusal.get());
        }
    }

    private static void refuseUnsuitable(IpSettings settings) {
        String why = settings.address().unsuitable();
        if (!why.isEmpty()) {
            throw new IllegalArgumentException("address " + settings.address() + " " + why
                    + ": choose an unused address of a subnet of this server");
        }
    }

    private static Optional<ResourceInfo> resourceOf(CreateContext context, IpAddress address) {
        return context.resources().stream()
                .filter(other -> other.type().equals(TYPE)
                        && !other.tag().equals(context.resource().tag())
                        && isSame(other.property(IpSettings.ADDRESS, ""), address))
                .findFirst();
    }

    private static boolean isSame(String text, IpAddress address) {
        try {
            return IpAddress.parse(text.replaceAll("/.*", "")).equals(address);
        } catch (IllegalArgumentException e) {
            // damaged properties of another resource are not this one's business
            return false;
        }
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(context, settings -> new Restore(context, settings, pingList).restore());
    }

    @Override
    public Outcome recover(ActionContext context) {
        return guarded(context, settings -> new Restore(context, settings, pingList).recover());
    }

    /** Takes the address off every interface that has it, whatever the restore mode is now and whether they are up. */
    @Override
    public Outcome remove(ActionContext context) {
        return guarded(context, settings -> {
            HostNetwork network = context.host().network();
            for (Interface holder : Placement.holders(network.interfaces(), settings.address())) {
                Outcome removed =
                        network.removeAddress(holder.name(), settings.address().inet(), Math.max(1, settings.prefix()));
                if (!removed.succeeded()) {
                    return removed;
                }
            }
            List<Interface> left = Placement.holders(network.interfaces(), settings.address());
            return left.isEmpty()
                    ? Outcome.success(settings.address() + " is on no interface of this server")
                    : Outcome.failed(settings.address() + " is still on "
                            + left.get(0).name() + ": something else adds it again; find out what and stop it");
        });
    }

    @Override
    public Probe probe(ActionContext context) {
        try {
            IpSettings settings = IpSettings.of(context.resource().properties());
            List<Interface> holders = Placement.holders(context.host().network().interfaces(), settings.address());
            if (!settings.enabled() && holders.isEmpty()) {
                // nothing on the machine can tell: only the record knows
                return context.resource().inService()
                        ? Probe.running("restore mode is Disabled: in service without the address")
                        : Probe.stopped(settings.address() + " is on no interface");
            }
            if (holders.isEmpty()) {
                return Probe.stopped(settings.address() + " is on no interface");
            }
            String names =
                    String.join(", ", holders.stream().map(Interface::name).toList());
            boolean expected = settings.enabled()
                    && holders.size() == 1
                    && settings.interfaces().contains(names);
            return expected
                    ? Probe.running(settings.withPrefix() + " is on " + names)
                    : Probe.partial(settings.address() + " is on " + names + " but belongs on "
                            + (settings.enabled() ? settings.mainInterface() : "no interface (restore mode Disabled)"));
        } catch (RuntimeException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        return guarded(context, settings -> new Check(context, settings, pingList).quick());
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        return guarded(context, settings -> new Check(context, settings, pingList).deep());
    }

    @Override
    public Outcome validate(ActionContext context) {
        return guarded(context, settings -> {
            if (!settings.address().text().equals(context.resource().id())) {
                return Outcome.failed("address " + settings.address() + " cannot replace "
                        + context.resource().id()
                        + ", which is what the resource is: create a resource for it and delete this one");
            }
            if (!settings.enabled()) {
                return Outcome.success("restore mode is Disabled: nothing is configured on this server");
            }
            List<Interface> all = context.host().network().interfaces();
            for (String name : settings.interfaces()) {
                Placement.existing(all, name, "interface");
            }
            // the subnet may have gone from the interface since create
            Placement.find(all, settings);
            return Outcome.success(settings.withPrefix() + " fits " + settings.mainInterface());
        });
    }

    @Override
    public List<KillHandle> killHandles(ActionContext context) {
        IpSettings settings = IpSettings.of(context.resource().properties());
        if (!settings.enabled() || settings.prefix() < 0) {
            return List.of();
        }
        return settings.interfaces().stream()
                .map(name -> KillHandle.address(name, settings.withPrefix()))
                .toList();
    }

    /** Work of an action on settings that could be read. */
    private interface Work {
        Outcome on(IpSettings settings);
    }

    private static Outcome guarded(ActionContext context, Work work) {
        try {
            return work.on(IpSettings.of(context.resource().properties()));
        } catch (IllegalArgumentException e) {
            return Outcome.failed(e.getMessage());
        }
    }
}

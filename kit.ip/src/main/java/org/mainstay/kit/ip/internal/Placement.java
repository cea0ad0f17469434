package org.mainstay.kit.ip.internal;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.kit.HostNetwork.Interface;
import org.mainstay.kit.HostNetwork.InterfaceAddress;

/**
 * Where an address belongs on this machine.
 *
 * @param networkInterface the interface
 * @param prefix prefix length: the given one or that of the interface's network
 */
record Placement(Interface networkInterface, int prefix) {

    /** Returns the interfaces that hold the address. */
    static List<Interface> holders(List<Interface> all, IpAddress address) {
        return all.stream()
                .filter(one ->
                        one.addresses().stream().anyMatch(has -> has.address().equals(address.inet())))
                .toList();
    }

    static Optional<Interface> named(List<Interface> all, String name) {
        return all.stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /**
     * Finds the interface: the wanted one, else the one whose network contains the address, the narrowest network and a live
     * link first.
     *
     * @throws IllegalArgumentException whose message names the subnets that exist
     */
    static Placement find(List<Interface> all, IpSettings settings) {
        if (!settings.wantedInterface().isEmpty()) {
            return onWanted(all, settings);
        }
        Comparator<Placement> narrowest = Comparator.comparing(Placement::alive).thenComparingInt(Placement::prefix);
        Placement best = all.stream()
                .flatMap(one -> network(one, settings.address()).stream().map(prefix -> new Placement(one, prefix)))
                .max(narrowest)
                .orElseThrow(() -> new IllegalArgumentException("address " + settings.address()
                        + " is on no subnet of this server, which has " + subnets(all)
                        + ": choose an address of one of them, or name the interface with --set interface="));
        return new Placement(best.networkInterface, settings.prefix() > 0 ? settings.prefix() : best.prefix);
    }

    private static Placement onWanted(List<Interface> all, IpSettings settings) {
        Interface wanted = existing(all, settings.wantedInterface(), IpSettings.INTERFACE);
        Optional<Integer> prefix = network(wanted, settings.address());
        // a host prefix says: this address has no network here; cloud load balancers want it so (CLOUD-052)
        if (prefix.isEmpty() && settings.prefix() != settings.address().bits()) {
            throw new IllegalArgumentException(
                    "address " + settings.address() + " is on no subnet of interface " + wanted.name() + ", which has "
                            + subnets(List.of(wanted)) + "; other interfaces: " + subnets(all));
        }
        return new Placement(wanted, settings.prefix() > 0 ? settings.prefix() : prefix.orElseThrow());
    }

    /** @throws IllegalArgumentException whose message names the interfaces that exist */
    static Interface existing(List<Interface> all, String name, String property) {
        return named(all, name)
                .orElseThrow(() -> new IllegalArgumentException(
                        property + " '" + name + "' does not exist on this server, which has "
                                + all.stream().map(Interface::name).collect(Collectors.joining(", "))));
    }

    /** Returns the prefix length of the narrowest network of the interface that contains the address. */
    private static Optional<Integer> network(Interface one, IpAddress address) {
        return one.addresses().stream()
                .filter(has -> !has.address().equals(address.inet()))
                .filter(has ->
                        has.prefixLength() < address.bits() && address.isInNetworkOf(has.address(), has.prefixLength()))
                .map(InterfaceAddress::prefixLength)
                .max(Comparator.naturalOrder());
    }

    private static String subnets(List<Interface> all) {
        TreeSet<String> texts = new TreeSet<>();
        for (Interface one : all) {
            for (InterfaceAddress has : one.addresses()) {
                if (!has.address().isLinkLocalAddress()) {
                    texts.add(new IpAddress(has.address()).network(has.prefixLength()) + " on " + one.name());
                }
            }
        }
        return texts.isEmpty() ? "none" : String.join(", ", texts);
    }

    boolean alive() {
        return networkInterface.up() && networkInterface.carrier();
    }
}

package org.mainstay.kit.ip.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What an administrator should know of the interfaces chosen for an address. */
final class Advice {
    private Advice() {}

    /** Returns why the interface cannot hold an address; empty if it can. */
    static Optional<String> refusal(Links links, String name, String property) {
        return links.master(name)
                .map(master -> property + " '" + name + "' is a part of " + master
                        + ", which is what has addresses: name " + master);
    }

    /** Returns remarks on interfaces that can be used but may not do what is expected. */
    static List<String> remarks(Links links, IpAddress address, String main, String backup) {
        List<String> remarks = new ArrayList<>();
        Set<String> gateways = links.withGateway(address.isIpv4());
        if (!backup.isEmpty() && !backup.equals(main)) {
            Set<String> shared = new TreeSet<>(links.cards(main));
            shared.retainAll(links.cards(backup));
            if (!shared.isEmpty()) {
                remarks.add("interface " + main + " and backupInterface " + backup + " both use "
                        + String.join(", ", shared) + ": local recovery to it does not survive the loss of that card");
            }
            if (gateways.isEmpty()) {
                remarks.add("this server has no gateway: local recovery needs one to find out which interface reaches"
                        + " clients");
            }
        }
        if (!gateways.isEmpty() && !gateways.contains(main)) {
            remarks.add("interface " + main + " has no gateway, unlike " + String.join(", ", gateways)
                    + ": if it is a link between the servers only, such as that of a communication path, clients do not"
                    + " reach " + address + " there");
        }
        return remarks;
    }
}

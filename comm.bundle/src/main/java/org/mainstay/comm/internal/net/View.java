package org.mainstay.comm.internal.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What connections need to know of the cluster. Immutable.
 *
 * @param membership newest membership known here
 * @param paths this server's ends of comm paths to members
 */
public record View(Membership membership, List<CommPath> paths) {
    private static final Logger LOG = LoggerFactory.getLogger(View.class);
    public static final View EMPTY = new View(Membership.EMPTY, List.of());

    public View {
        paths = List.copyOf(paths);
    }

    /** Takes what matters from a snapshot. */
    public static View of(ClusterSnapshot snapshot) {
        Membership membership = snapshot.own().membership();
        Collection<CommPath> rows = snapshot.own().rows(LcdSection.PATHS).values();
        return new View(
                membership,
                rows.stream()
                        .filter(path -> !path.peer().equals(snapshot.self()))
                        .filter(path -> membership.member(path.peer()).isPresent())
                        .toList());
    }

    /** Returns the paths that messages can take: shared disks carry heartbeats only (COMM-014). */
    List<CommPath> network() {
        return paths.stream().filter(path -> !path.disk()).toList();
    }

    /** Returns where to listen: the member address and the own addresses of all paths. */
    Set<InetSocketAddress> listening(String self) {
        Set<InetSocketAddress> addresses = new LinkedHashSet<>();
        Optional<Member> own = membership.member(self);
        if (own.isPresent()) {
            int port = own.get().port();
            resolve(own.get().address()).ifPresent(address -> addresses.add(new InetSocketAddress(address, port)));
            for (CommPath path : network()) {
                resolve(path.local()).ifPresent(address -> addresses.add(new InetSocketAddress(address, port)));
            }
        }
        return addresses;
    }

    /** Returns the ways to a member; the member address only where there is no path. @param alive by path id, as the guard says */
    List<Route> routes(Member peer, Map<String, Boolean> alive) {
        List<Route> routes = new ArrayList<>();
        for (CommPath path : network()) {
            Optional<InetAddress> local = resolve(path.local());
            Optional<InetAddress> remote = resolve(path.remote());
            if (path.peer().equals(peer.name()) && local.isPresent() && remote.isPresent()) {
                routes.add(new Route(
                        path.id(),
                        local.get(),
                        new InetSocketAddress(remote.get(), peer.port()),
                        path.priority(),
                        Boolean.FALSE.equals(alive.get(path.id()))));
            }
        }
        if (routes.isEmpty()) {
            resolve(peer.address())
                    .ifPresent(address -> routes.add(new Route(
                            Route.BOOTSTRAP,
                            null,
                            new InetSocketAddress(address, peer.port()),
                            Route.BOOTSTRAP_PRIORITY,
                            false)));
        }
        return routes;
    }

    /** Reads an address; never asks a name service. */
    public static Optional<InetAddress> resolve(String address) {
        if (!numeric(address)) {
            LOG.warn("'{}' is not an IP address", address);
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(address));
        } catch (UnknownHostException e) {
            LOG.warn("'{}' is not an IP address", address, e);
            return Optional.empty();
        }
    }

    /** Returns whether the text looks like an IPv4 or IPv6 address, so that no name service is asked for it. */
    public static boolean numeric(String address) {
        return address.matches("\\d{1,3}(\\.\\d{1,3}){3}")
                || address.matches("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\\w.-]+)?");
    }
}

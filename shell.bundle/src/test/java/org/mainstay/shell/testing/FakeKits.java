package org.mainstay.shell.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.kit.KitJar;
import org.mainstay.shell.internal.kit.KitManager;
import org.mainstay.shell.internal.kit.KitState;
import org.mainstay.shell.internal.registry.CommandException;

/** Kits of servers A and B: ip on both, and what is ordered; a server refuses when told so. */
public final class FakeKits implements KitManager {
    private final Map<String, Map<String, KitState>> servers = new TreeMap<>();
    private final List<String> orders = new ArrayList<>();
    private String refusing = "";
    private String silent = "";
    private Runnable meanwhile = () -> {};

    public FakeKits() {
        for (String server : List.of("A", "B")) {
            servers.put(server, new TreeMap<>());
            put(server, "ip", "org.mainstay.kit.ip", "1.0.0", "");
        }
    }

    /** Puts a kit on a server. */
    public void put(String server, String name, String bundle, String version, String problem) {
        List<String> types = problem.isEmpty() ? List.of("comm/" + name) : List.of();
        servers.get(server).put(bundle, new KitState(name, bundle, version, "feature", types, problem));
    }

    /** Lets a server refuse changes. */
    public void refuse(String server) {
        refusing = server;
    }

    /** Lets a server not answer. */
    public void silence(String server) {
        silent = server;
    }

    /** Lets something happen while a server changes its kits. */
    public void meanwhile(Runnable what) {
        meanwhile = what;
    }

    /** Returns what was ordered, as {@code B INSTALL name}. */
    public List<String> orders() {
        return List.copyOf(orders);
    }

    @Override
    public List<KitState> list(String server) throws CommandException {
        if (server.equals(silent)) {
            throw new CommandException(ExitCode.NO_COMMUNICATION, "no communication with " + server);
        }
        return List.copyOf(servers.get(server).values());
    }

    @Override
    public String apply(String server, Order order) throws CommandException {
        orders.add(server + " " + order.change() + " " + order.name());
        if (server.equals(refusing)) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, server + ": the disk is full");
        }
        meanwhile.run();
        if (order.change() == Change.REMOVE) {
            servers.get(server).values().removeIf(kit -> kit.name().equals(order.name()));
            return "removed";
        }
        if (order.jar().length > 0) {
            KitJar jar = KitJar.read(order.jar());
            KitState before = servers.get(server).get(jar.bundle());
            put(server, before == null ? jar.bundle() : before.name(), jar.bundle(), jar.version(), "");
        } else {
            put(server, order.name(), "org.mainstay.kit." + order.name(), "1.0.0", "");
        }
        return "done";
    }
}

package org.mainstay.kit.ip.internal;

import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mainstay.kit.Action;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.ResourceInfo;

/** A machine whose interfaces are a table, with a link where others may answer, and a log of what was done to it. */
final class FakeMachine implements HostNetwork {
    /** What was done, in order, such as {@code add eth0 10.1.0.9/24}. */
    final List<String> log = new ArrayList<>();

    /** Hardware address of the other user of an address. */
    final Map<InetAddress, String> others = new LinkedHashMap<>();

    final Set<InetAddress> answering = new HashSet<>();
    final List<ResourceInfo> resources = new ArrayList<>();
    final List<String> progress = new ArrayList<>();
    final Map<String, String> tunables = new LinkedHashMap<>();
    private final Map<String, Interface> interfaces = new LinkedHashMap<>();
    String reason = "operator";
    boolean takeover;
    boolean handedOver;
    boolean inService;
    String broken = "";

    void card(String name, boolean up, boolean carrier, String... addresses) {
        List<InterfaceAddress> list = new ArrayList<>();
        for (String address : addresses) {
            String[] parts = address.split("/");
            list.add(new InterfaceAddress(inet(parts[0]), Integer.parseInt(parts[1])));
        }
        interfaces.put(name, new Interface(name, list, up, carrier));
    }

    void unplug(String name) {
        Interface old = interfaces.get(name);
        interfaces.put(name, new Interface(name, old.addresses(), old.up(), false));
    }

    void remove(String name) {
        interfaces.remove(name);
    }

    static InetAddress inet(String text) {
        return IpAddress.parse(text).inet();
    }

    /** Returns the interfaces that hold the address. */
    List<String> holders(String address) {
        return Placement.holders(interfaces(), IpAddress.parse(address)).stream()
                .map(Interface::name)
                .toList();
    }

    @Override
    public List<Interface> interfaces() {
        if (broken.equals("interfaces")) {
            throw new IllegalStateException("the kernel does not answer");
        }
        return List.copyOf(interfaces.values());
    }

    @Override
    public Outcome addAddress(String networkInterface, InetAddress address, int prefixLength) {
        String text = new IpAddress(address).text() + "/" + prefixLength;
        log.add("add " + networkInterface + " " + text);
        if (broken.equals("add " + networkInterface)) {
            return Outcome.failed("cannot add " + text);
        }
        Interface old = interfaces.get(networkInterface);
        List<InterfaceAddress> list = new ArrayList<>(old.addresses());
        list.add(new InterfaceAddress(address, prefixLength));
        interfaces.put(networkInterface, new Interface(old.name(), list, old.up(), old.carrier()));
        return Outcome.success("added");
    }

    @Override
    public Outcome removeAddress(String networkInterface, InetAddress address, int prefixLength) {
        log.add("remove " + networkInterface + " " + new IpAddress(address).text());
        if (broken.equals("remove")) {
            return Outcome.failed("cannot remove it");
        }
        Interface old = interfaces.get(networkInterface);
        if (old != null && !broken.equals("adds again")) {
            List<InterfaceAddress> list = new ArrayList<>(old.addresses());
            list.removeIf(one -> one.address().equals(address));
            interfaces.put(networkInterface, new Interface(old.name(), list, old.up(), old.carrier()));
        }
        return Outcome.success("removed");
    }

    @Override
    public Outcome announce(String networkInterface, InetAddress address, int times) {
        log.add("announce " + networkInterface + " " + times);
        return broken.equals("announce") ? Outcome.failed("cannot announce") : Outcome.success("announced");
    }

    @Override
    public String findDuplicate(String networkInterface, InetAddress address, Duration wait) {
        log.add("probe " + networkInterface + " " + wait.toMillis());
        return others.getOrDefault(address, "");
    }

    @Override
    public boolean ping(InetAddress from, InetAddress to, Duration wait) {
        log.add("ping " + new IpAddress(to));
        return answering.contains(to);
    }

    /** Returns the context of an action on a resource {@code vip} with these properties. */
    CreateContext context(String... properties) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String property : properties) {
            String[] parts = property.split("=", 2);
            map.put(parts[0], parts[1]);
        }
        return context(map);
    }

    CreateContext context(Map<String, String> properties) {
        String id = properties.getOrDefault("address", "").replaceAll("/.*", "");
        ResourceInfo resource = new ResourceInfo("A", "vip", id, "comm", "ip", properties, inService);
        return proxy(CreateContext.class, resource);
    }

    FormContext form(Map<String, String> answers) {
        return proxy(FormContext.class, new ResourceInfo("A", "vip", "", "comm", "ip", answers, false));
    }

    private <T> T proxy(Class<T> type, ResourceInfo resource) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    switch (method.getName()) {
                        case "resource":
                            return resource;
                        case "answers":
                            return resource.properties();
                        case "purpose":
                            return Action.CREATE;
                        case "resources":
                            return List.copyOf(resources);
                        case "host":
                            return host();
                        case "reason":
                            return reason;
                        case "takeover":
                            return takeover;
                        case "handedOver":
                            return handedOver;
                        case "cancelled":
                            return false;
                        case "tunable":
                            return tunables.getOrDefault((String) arguments[0], (String) arguments[1]);
                        case "progress":
                            progress.add((String) arguments[0]);
                            return null;
                        default:
                            throw new UnsupportedOperationException(method.getName());
                    }
                }));
    }

    private Host host() {
        return (Host) Proxy.newProxyInstance(
                Host.class.getClassLoader(), new Class<?>[] {Host.class}, (self, method, arguments) -> {
                    if (method.getName().equals("network")) {
                        return this;
                    }
                    throw new UnsupportedOperationException(
                            "the IP kit needs the network only, not " + method.getName());
                });
    }
}

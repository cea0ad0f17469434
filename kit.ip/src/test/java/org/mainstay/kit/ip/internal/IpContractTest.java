package org.mainstay.kit.ip.internal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.testkit.KitContract;

/** The kit keeps the contract of kits, on a machine whose interfaces are a table. */
class IpContractTest {
    private static final String VIP = "10.1.0.9";
    private static final Map<String, String> PROPERTIES =
            Map.of("address", VIP, "netmask", "24", "interface.found", "eth0");

    @TempDir
    Path home;

    private final FakeMachine machine = new FakeMachine();

    @BeforeEach
    void cards() {
        machine.card("eth0", true, true, "10.1.0.1/24");
    }

    /** As the real host: after its time every call is refused. */
    private CreateContext context(ResourceInfo resource, Duration limit) {
        boolean late = limit.compareTo(Duration.ofSeconds(1)) < 0;
        machine.inService = resource.inService();
        CreateContext real = machine.context(resource.properties());
        return (CreateContext) Proxy.newProxyInstance(
                CreateContext.class.getClassLoader(),
                new Class<?>[] {CreateContext.class},
                (self, method, arguments) -> {
                    switch (method.getName()) {
                        case "cancelled":
                            return late;
                        case "remaining":
                            return limit;
                        case "pause":
                            return !late;
                        case "host":
                            if (late) {
                                throw new CancellationException("its time is over");
                            }
                            break;
                        default:
                            break;
                    }
                    try {
                        return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private Set<String> traces() {
        return new TreeSet<>(machine.holders(VIP));
    }

    @Test
    void keepsTheContract() {
        IpKit kit = new IpKit(home, new Links(home));
        ResourceInfo vip = new ResourceInfo("A", "vip", VIP, "comm", "ip", PROPERTIES, false);
        new KitContract(kit, this::context)
                .breaking(serving -> machine.card("eth0", true, true, "10.1.0.1/24"))
                .leavingNothing(this::traces)
                .unchangedByRepetition(this::traces)
                .verify(vip);
    }
}

package org.mainstay.core.internal.run;

import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.kit.Action;
import org.mainstay.kit.ResourceInfo;

/** Views of a server's database as kits see it. */
public final class Resources {
    private Resources() {}

    /** Returns an instance as kits see it. */
    public static ResourceInfo of(String server, Instance instance) {
        return new ResourceInfo(
                server,
                instance.tag(),
                instance.id(),
                instance.application(),
                instance.type(),
                instance.properties(),
                instance.state().inService());
    }

    /** Returns every resource of the server. */
    public static List<ResourceInfo> all(Lcd lcd) {
        return lcd.instances().values().stream()
                .map(instance -> of(lcd.server(), instance))
                .toList();
    }

    /** Returns the direct children of an instance on its server. */
    public static List<ResourceInfo> children(Lcd lcd, String tag) {
        return lcd.rows(LcdSection.DEPENDENCIES).values().stream()
                .filter(dependency -> dependency.parent().equals(tag))
                .map(dependency -> lcd.instance(dependency.child()))
                .flatMap(Optional::stream)
                .map(instance -> of(lcd.server(), instance))
                .toList();
    }

    /** Returns the order for an action of an existing instance, empty if there is no such instance. */
    public static Optional<ActionOrder> order(Lcd lcd, String tag, Action action, String reason, boolean takeover) {
        return lcd.instance(tag)
                .map(instance -> new ActionOrder(
                        action,
                        "",
                        List.of(),
                        of(lcd.server(), instance),
                        instance.kitVersion(),
                        children(lcd, tag),
                        List.of(),
                        List.of(),
                        reason,
                        takeover,
                        false));
    }
}

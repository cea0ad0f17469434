package org.mainstay.core.internal.node;

import org.mainstay.cluster.SafetyControl;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Hands the safety control to the manager. A component of its own for the reason of {@link MessengerLink}: the safety control needs
 * the manager's {@code Cluster} service. In such a cycle Felix SCR keeps a late binding for each version of this bundle, and with it
 * its class loader, when the bundle is replaced at the wrong moment (decision 0376).
 */
@Component(service = SafetyLink.class, immediate = true)
public final class SafetyLink {
    private final SafetyPort port;
    private final SafetyControl control;

    @Activate
    public SafetyLink(@Reference SafetyPort port, @Reference SafetyControl control) {
        this.port = port;
        this.control = control;
        port.attach(control);
    }

    @Deactivate
    void stop() {
        port.detach(control);
    }
}

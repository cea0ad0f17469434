package org.mainstay.core.internal.node;

import org.mainstay.cluster.Messenger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Hands the messenger to the manager. A component of its own because the messenger itself needs the manager's {@code Cluster}
 * service: a reference of the manager to it would be a cycle while either is activated.
 */
@Component(service = MessengerLink.class, immediate = true)
public final class MessengerLink {
    private final MessengerPort port;
    private final Messenger messenger;

    @Activate
    public MessengerLink(@Reference MessengerPort port, @Reference Messenger messenger) {
        this.port = port;
        this.messenger = messenger;
        port.attach(messenger);
    }

    @Deactivate
    void stop() {
        port.detach(messenger);
    }
}

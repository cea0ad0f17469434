package org.mainstay.core.internal.node;

import org.mainstay.cluster.Messenger;

/** Where the manager takes the messenger when there is one. */
public interface MessengerPort {
    void attach(Messenger messenger);

    void detach(Messenger messenger);
}

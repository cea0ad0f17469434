package org.mainstay.core.internal.node;

import org.mainstay.cluster.SafetyControl;

/** Where the manager takes the safety control when there is one. */
public interface SafetyPort {
    void attach(SafetyControl control);

    void detach(SafetyControl control);
}

package org.mainstay.cluster;

import org.osgi.annotation.versioning.ProviderType;

/** Undoes a registration; closing twice is harmless. */
@ProviderType
@FunctionalInterface
public interface Registration extends AutoCloseable {
    @Override
    void close();
}

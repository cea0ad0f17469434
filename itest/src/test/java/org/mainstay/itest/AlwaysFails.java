package org.mainstay.itest;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A probe that must be reported as failed. */
public final class AlwaysFails implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("as intended");
    }

    @Override
    public void stop(BundleContext context) {}
}

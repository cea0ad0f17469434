package org.mainstay.itest.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Runs inside the container and stands alone: writes one line per bundle into the file that its manifest's {@code Dump-To} names. A
 * line changes when the bundle was updated, refreshed, or started again: its wiring and the ids of its services are in it.
 */
public final class BundleDump implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        List<String> lines = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (bundle.equals(context.getBundle())) {
                continue;
            }
            TreeSet<String> services = new TreeSet<>();
            ServiceReference<?>[] references = bundle.getRegisteredServices();
            if (references != null) {
                for (ServiceReference<?> reference : references) {
                    String[] types = (String[]) reference.getProperty("objectClass");
                    services.add(reference.getProperty("service.id") + "=" + String.join("+", types));
                }
            }
            lines.add(bundle.getSymbolicName() + " " + bundle.getState() + " " + bundle.getVersion() + " "
                    + bundle.getLastModified() + " " + System.identityHashCode(bundle.adapt(BundleWiring.class)) + " "
                    + String.join(",", services));
        }
        try {
            Files.write(Path.of(context.getBundle().getHeaders().get("Dump-To")), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop(BundleContext context) {}
}

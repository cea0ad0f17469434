package org.mainstay.itest;

import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** Runs inside the container: fails to start, naming the bundles that are not active or that are missing. */
public final class AllBundlesActive implements BundleActivator {
    private static final List<String> EXPECTED = List.of(
            "org.mainstay.kit",
            "org.mainstay.cluster",
            "org.mainstay.core",
            "org.mainstay.comm",
            "org.mainstay.mirror",
            "org.mainstay.shell",
            "org.mainstay.kit.ip",
            "org.mainstay.kit.app",
            "org.mainstay.kit.postgres",
            "org.mainstay.kit.genlb",
            "org.mainstay.kit.dns",
            "org.mainstay.kit.systemd",
            "org.mainstay.kit.ocf",
            "org.mainstay.kit.share");

    @Override
    public void start(BundleContext context) {
        List<String> missing = new ArrayList<>(EXPECTED);
        List<String> problems = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            missing.remove(bundle.getSymbolicName());
            boolean fragment = bundle.getHeaders().get(Constants.FRAGMENT_HOST) != null;
            boolean self = bundle.equals(context.getBundle());
            if (!self && !fragment && bundle.getState() != Bundle.ACTIVE) {
                problems.add(bundle.getSymbolicName() + " is in state " + bundle.getState());
            }
        }
        missing.forEach(name -> problems.add(name + " is not installed"));
        if (!problems.isEmpty()) {
            throw new IllegalStateException(String.join("; ", problems));
        }
    }

    @Override
    public void stop(BundleContext context) {}
}

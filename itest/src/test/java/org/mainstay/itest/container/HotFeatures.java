package org.mainstay.itest.container;

import java.io.FileInputStream;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Runs inside the container and stands alone: takes every kit feature through its life, by features and by the {@code deploy/} folder,
 * and fails to start if a bundle of the platform was touched by it, or if the class loader of a replaced kit can still be reached. Its
 * manifest names in {@code Next-Version} and {@code Next-Repository} another version of each kit feature, in {@code Deploy-Folder}
 * the folder, and in {@code Kit-Jars} and {@code Next-Jars} folders with {@code <symbolic name>.jar}.
 */
public final class HotFeatures implements BundleActivator {
    private static final List<String> PLATFORM = List.of(
            "org.mainstay.kit",
            "org.mainstay.cluster",
            "org.mainstay.core",
            "org.mainstay.comm",
            "org.mainstay.quorum",
            "org.mainstay.mirror",
            "org.mainstay.shell");
    private static final String PREFIX = "mainstay-kit-";
    private static final int UPDATES = 20;
    private static final long LIMIT_SECONDS = 60;

    private BundleContext context;
    private FeaturesService features;
    private String next;

    @Override
    public void start(BundleContext own) throws Exception {
        context = own;
        features = own.getService(own.getServiceReference(FeaturesService.class));
        next = header("Next-Version");
        List<String> touched = Collections.synchronizedList(new ArrayList<>());
        SynchronousBundleListener listener = event -> note(event, touched);
        own.addBundleListener(listener);
        Map<String, String> before = platform();
        Map<String, String> kits = kits();
        Map<String, String> versions = new TreeMap<>();
        for (Feature feature : features.listInstalledFeatures()) {
            versions.put(feature.getName(), feature.getVersion());
        }
        if (kits.size() < 3) {
            throw new IllegalStateException("kit features are missing; there are " + kits);
        }
        features.addRepository(new URI(header("Next-Repository")));
        for (Map.Entry<String, String> kit : kits.entrySet()) {
            life(kit.getKey(), kit.getValue(), versions.get(kit.getKey()));
            byDeployFolder(kit.getKey(), kit.getValue(), versions.get(kit.getKey()));
            updates(kit.getValue());
        }
        own.removeBundleListener(listener);
        check(touched.isEmpty(), "bundles of the platform were touched: " + touched);
        check(before.equals(platform()), "the platform was " + before + " and is " + platform());
    }

    private static void note(BundleEvent event, List<String> touched) {
        if (PLATFORM.contains(event.getBundle().getSymbolicName())) {
            touched.add(event.getBundle().getSymbolicName() + " " + event.getType());
        }
    }

    private String header(String name) {
        return context.getBundle().getHeaders().get(name);
    }

    /** Returns what changes when a bundle is updated, refreshed or started again: a new start brings new services. */
    private Map<String, String> platform() {
        Map<String, String> result = new TreeMap<>();
        for (String name : PLATFORM) {
            Bundle bundle = bundle(name);
            check(bundle != null && bundle.getState() == Bundle.ACTIVE, name + " is not active");
            StringBuilder services = new StringBuilder();
            ServiceReference<?>[] registered = bundle.getRegisteredServices();
            for (ServiceReference<?> service : registered == null ? new ServiceReference<?>[0] : registered) {
                services.append(' ').append(service.getProperty("service.id"));
            }
            result.put(
                    name,
                    bundle.getBundleId() + " " + bundle.getVersion() + " " + bundle.getLastModified() + " "
                            + System.identityHashCode(bundle.adapt(BundleRevision.class)) + " "
                            + System.identityHashCode(bundle.adapt(BundleWiring.class)) + services);
        }
        return result;
    }

    /** Returns the symbolic names of the kits by feature. */
    private Map<String, String> kits() throws Exception {
        Map<String, String> result = new TreeMap<>();
        for (Feature feature : features.listInstalledFeatures()) {
            if (feature.getName().startsWith(PREFIX)) {
                result.put(
                        feature.getName(),
                        "org.mainstay.kit." + feature.getName().substring(PREFIX.length()));
            }
        }
        return result;
    }

    private Bundle bundle(String name) {
        Bundle found = null;
        for (Bundle bundle : context.getBundles()) {
            if (name.equals(bundle.getSymbolicName())) {
                check(found == null, name + " is installed twice");
                found = bundle;
            }
        }
        return found;
    }

    private boolean active(String name, String version) {
        Bundle bundle = bundle(name);
        return bundle != null
                && bundle.getState() == Bundle.ACTIVE
                && bundle.getVersion().toString().equals(version)
                && offersAKit(bundle);
    }

    private static boolean offersAKit(Bundle bundle) {
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        for (ServiceReference<?> service : services == null ? new ServiceReference<?>[0] : services) {
            if (List.of((String[]) service.getProperty("objectClass")).contains("org.mainstay.kit.RecoveryKit")) {
                return true;
            }
        }
        return false;
    }

    /** Remove, install, upgrade, downgrade, by features. */
    private void life(String feature, String name, String first) throws Exception {
        String version = bundle(name).getVersion().toString();
        uninstall(feature);
        check(bundle(name) == null, name + " is still there without its feature");
        features.installFeature(feature, first);
        await(name + " is installed", () -> active(name, version));
        features.installFeature(feature, next, EnumSet.of(FeaturesService.Option.Upgrade));
        await(name + " is upgraded", () -> active(name, next));
        uninstall(feature);
        check(bundle(name) == null, name + " is still there after its upgraded feature went");
        features.installFeature(feature, first);
        await(name + " is downgraded", () -> active(name, version));
        features.installFeature(feature, next, EnumSet.of(FeaturesService.Option.Upgrade));
        features.installFeature(feature, first, EnumSet.of(FeaturesService.Option.Upgrade));
        await(name + " is downgraded in one step", () -> active(name, version));
    }

    /** Whatever version is required; a feature that was upgraded is not found by its new version. */
    private void uninstall(String feature) throws Exception {
        Map<String, Set<String>> mine = new TreeMap<>();
        features.listRequirements().forEach((region, requirements) -> {
            for (String requirement : requirements) {
                if (requirement.equals("feature:" + feature) || requirement.startsWith("feature:" + feature + "/")) {
                    mine.computeIfAbsent(region, key -> new TreeSet<>()).add(requirement);
                }
            }
        });
        check(!mine.isEmpty(), feature + " is not among " + features.listRequirements());
        features.removeRequirements(mine, EnumSet.noneOf(FeaturesService.Option.class));
    }

    private void byDeployFolder(String feature, String name, String first) throws Exception {
        String version = bundle(name).getVersion().toString();
        uninstall(feature);
        Path jar = Path.of(header("Deploy-Folder"), name + ".jar");
        Path old = Path.of(header("Kit-Jars"), name + ".jar");
        Files.copy(old, jar);
        await(name + " is deployed", () -> active(name, version));
        Files.copy(Path.of(header("Next-Jars"), name + ".jar"), jar, StandardCopyOption.REPLACE_EXISTING);
        await(name + " is upgraded by the folder", () -> active(name, next));
        Files.copy(old, jar, StandardCopyOption.REPLACE_EXISTING);
        await(name + " is downgraded by the folder", () -> active(name, version));
        Files.delete(jar);
        await(name + " is gone with its file", () -> bundle(name) == null);
        features.installFeature(feature, first);
        await(name + " is a feature again", () -> active(name, version));
    }

    private void updates(String name) throws Exception {
        Bundle bundle = bundle(name);
        String version = bundle.getVersion().toString();
        List<WeakReference<ClassLoader>> old = new ArrayList<>();
        for (int i = 0; i < UPDATES; i++) {
            old.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
            boolean back = i % 2 == 1;
            String folder = header(back ? "Kit-Jars" : "Next-Jars");
            try (InputStream in =
                    new FileInputStream(Path.of(folder, name + ".jar").toFile())) {
                bundle.update(in);
            }
            String wanted = back ? version : next;
            await(name + " is updated", () -> active(name, wanted));
        }
        refresh(bundle);
        await(name + " is at work after a refresh", () -> active(name, version));
        ClassLoader now = bundle.adapt(BundleWiring.class).getClassLoader();
        await("the old class loaders of " + name + " are gone", () -> unreachable(old, now));
    }

    private static boolean unreachable(List<WeakReference<ClassLoader>> old, ClassLoader now) {
        System.gc();
        return old.stream().map(WeakReference::get).allMatch(loader -> loader == null || loader == now);
    }

    private void refresh(Bundle bundle) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        context.getBundle("System Bundle")
                .adapt(FrameworkWiring.class)
                .refreshBundles(List.of(bundle), event -> done.countDown());
        check(done.await(LIMIT_SECONDS, TimeUnit.SECONDS), "the refresh did not end");
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            check(System.nanoTime() < end, "waited in vain until " + what);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    @Override
    public void stop(BundleContext own) {}
}

package org.mainstay.shell.internal.kit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.apache.karaf.features.FeaturesService.Option;
import org.mainstay.cluster.ExitCode;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.registry.CommandException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes the kits of this server through Karaf's features, so that they outlive restarts and a later {@code feature:install} does not
 * put an old version back. One change at a time. What fails is undone: there is the old kit, or none.
 */
final class LocalKits {
    private static final Logger LOG = LoggerFactory.getLogger(LocalKits.class);
    private static final Duration USABLE_LIMIT = Duration.ofSeconds(30);
    private static final long LOOK_MILLIS = 100;

    private final BundleContext context;
    private final FeaturesService features;
    private final KitBundles bundles;
    private final KitFiles files;
    private final ReentrantLock turn = new ReentrantLock();

    LocalKits(BundleContext context, FeaturesService features) {
        this.context = context;
        this.features = features;
        this.bundles = new KitBundles(context, features);
        // relative to MAINSTAY_HOME, the working directory of Karaf
        this.files = new KitFiles(Path.of("kits"));
    }

    List<KitState> list() throws CommandException {
        return bundles.list();
    }

    String apply(Order order) throws CommandException, InterruptedException {
        turn.lockInterruptibly();
        try {
            return switch (order.change()) {
                case INSTALL -> order.jar().length == 0 ? installNamed(order.name()) : installJar(order.jar());
                case UPGRADE -> upgrade(order);
                case REMOVE -> remove(order.name());
            };
        } finally {
            turn.unlock();
        }
    }

    private Optional<KitState> byBundle(String symbolicName) throws CommandException {
        return list().stream().filter(kit -> kit.bundle().equals(symbolicName)).findFirst();
    }

    private String installNamed(String name) throws CommandException, InterruptedException {
        Feature feature = known(name);
        if (list().stream().anyMatch(kit -> kit.name().equals(KitBundles.shortName(feature.getName())))) {
            return "kit " + name + " is installed already";
        }
        install(feature, EnumSet.of(Option.NoAutoRefreshBundles));
        String problem = awaitUsable(feature);
        if (!problem.isEmpty()) {
            uninstall(feature);
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "kit " + name + " does not work and was taken back: " + problem);
        }
        return "kit " + name + " is installed";
    }

    /** Returns the newest feature of a kit that a repository names. */
    private Feature known(String name) throws CommandException {
        try {
            Feature feature = features.getFeature(name.startsWith(KitBundles.PREFIX) ? name : KitBundles.PREFIX + name);
            if (feature != null) {
                return feature;
            }
            List<String> names = List.of(features.listFeatures()).stream()
                    .map(Feature::getName)
                    .filter(one -> one.startsWith(KitBundles.PREFIX))
                    .map(KitBundles::shortName)
                    .distinct()
                    .sorted()
                    .toList();
            throw CommandException.notFound("there is no kit '" + name + "' in the distribution; it has "
                    + String.join(", ", names) + "; for another one give its jar file");
        } catch (CommandException e) {
            throw e;
        } catch (Exception e) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, "Karaf does not say which features there are: " + e);
        }
    }

    private String installJar(byte[] jar) throws CommandException, InterruptedException {
        KitJar kit = KitJar.read(jar);
        Optional<KitState> before = byBundle(kit.bundle());
        if (before.isPresent()) {
            if (before.get().version().equals(kit.version())) {
                return "kit " + before.get().name() + " " + kit.version() + " is installed already";
            }
            throw new CommandException(
                    ExitCode.EXISTS,
                    "version " + before.get().version() + " of " + kit.bundle()
                            + " is installed; use 'mainstay kit upgrade'");
        }
        String name = KitBundles.PREFIX + kit.bundle();
        Feature feature = add(kit, name, jar);
        String problem = tryInstall(feature, EnumSet.of(Option.NoAutoRefreshBundles));
        if (!problem.isEmpty()) {
            uninstall(feature);
            forget(kit);
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR, "kit " + kit.bundle() + " does not work and was taken back: " + problem);
        }
        return "kit " + kit.bundle() + " " + kit.version() + " is installed";
    }

    private String upgrade(Order order) throws CommandException, InterruptedException {
        if (order.jar().length == 0) {
            throw CommandException.invalid("an upgrade needs the jar file of the new version");
        }
        KitJar kit = KitJar.read(order.jar());
        KitState before = byBundle(kit.bundle())
                .orElseThrow(() -> CommandException.notFound(
                        "no version of " + kit.bundle() + " is installed; use 'mainstay kit install'"));
        int newer = Version.parseVersion(kit.version()).compareTo(Version.parseVersion(before.version()));
        if (newer == 0) {
            return "kit " + before.name() + " has version " + kit.version() + " already";
        }
        if (newer < 0 && !order.downgrade()) {
            throw CommandException.invalid("version " + kit.version() + " is older than the installed "
                    + before.version() + "; with --downgrade it replaces it");
        }
        if (!before.how().equals("feature")) {
            throw new CommandException(
                    ExitCode.IN_USE,
                    before.how().equals("deploy")
                            ? "kit " + before.name() + " came by the folder deploy/; replace its file there"
                            : "kit " + before.name()
                                    + " was installed as a bundle; use 'mainstay kit remove', then 'mainstay kit"
                                    + " install'");
        }
        Feature old = bundles.feature(before);
        Feature now = add(kit, old.getName(), order.jar());
        String problem = tryInstall(now, EnumSet.of(Option.NoAutoRefreshBundles, Option.Upgrade));
        if (!problem.isEmpty()) {
            install(old, EnumSet.of(Option.NoAutoRefreshBundles, Option.Upgrade));
            String second = awaitUsable(old);
            forget(kit);
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    "version " + kit.version() + " of kit " + before.name() + " does not work: " + problem
                            + "; version "
                            + before.version()
                            + (second.isEmpty() ? " is at work again" : " was put back, but: " + second));
        }
        forget(new KitJar(kit.bundle(), before.version()));
        return "kit " + before.name() + " has version " + kit.version() + " now, it was " + before.version();
    }

    private String remove(String name) throws CommandException, InterruptedException {
        String wanted = KitBundles.shortName(name);
        KitState kit = list().stream()
                .filter(one -> one.name().equals(wanted) || one.bundle().equals(wanted))
                .findFirst()
                .orElse(null);
        if (kit == null) {
            return "kit " + wanted + " is not installed";
        }
        switch (kit.how()) {
            case "deploy" ->
                throw new CommandException(
                        ExitCode.IN_USE, "kit " + kit.name() + " came by the folder deploy/; remove its file there");
            case "bundle" -> uninstallBundle(kit);
            default -> {
                uninstall(bundles.feature(kit));
                forget(new KitJar(kit.bundle(), kit.version()));
            }
        }
        return "kit " + kit.name() + " " + kit.version() + " is removed; what it protects stays as it is";
    }

    private void uninstallBundle(KitState kit) throws CommandException {
        for (Bundle bundle : context.getBundles()) {
            if (kit.bundle().equals(bundle.getSymbolicName())) {
                try {
                    bundle.uninstall();
                } catch (BundleException e) {
                    throw new CommandException(
                            ExitCode.SYSTEM_ERROR, kit.bundle() + " cannot be uninstalled: " + e.getMessage());
                }
            }
        }
    }

    /** Keeps the jar and makes its feature known to Karaf. */
    private Feature add(KitJar kit, String name, byte[] jar) throws CommandException {
        files.keep(kit, name, jar);
        try {
            features.addRepository(files.uri(kit));
            // by its repository: a version alone may stand for newer ones too
            for (Feature feature : features.getRepository(files.uri(kit)).getFeatures()) {
                if (feature.getName().equals(name)) {
                    return feature;
                }
            }
        } catch (Exception e) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, "Karaf does not take the kit's feature: " + e);
        }
        throw new CommandException(ExitCode.SYSTEM_ERROR, "Karaf does not find the feature " + name + " of the kit");
    }

    /** Makes Karaf and the disk forget a kit that came by command; nothing for those of the distribution. */
    private void forget(KitJar kit) throws CommandException {
        try {
            if (features.getRepository(files.uri(kit)) != null) {
                features.removeRepository(files.uri(kit), false);
            }
        } catch (Exception e) {
            LOG.warn("the feature repository of {} could not be removed", kit, e);
        }
        files.drop(kit);
    }

    /** Returns why the kit does not work; empty if it does. */
    private String tryInstall(Feature feature, EnumSet<Option> options) throws InterruptedException {
        try {
            install(feature, options);
            return awaitUsable(feature);
        } catch (CommandException e) {
            return e.getMessage();
        }
    }

    private void install(Feature feature, EnumSet<Option> options) throws CommandException {
        try {
            features.installFeature(feature.getName(), feature.getVersion(), options);
        } catch (Exception e) {
            LOG.warn("the feature {} {} could not be installed", feature.getName(), feature.getVersion(), e);
            throw new CommandException(ExitCode.SYSTEM_ERROR, "it cannot be installed: " + e.getMessage());
        }
    }

    /** Takes back whatever requires the feature: after an upgrade Karaf does not find it by its version. */
    private void uninstall(Feature feature) throws CommandException {
        Map<String, Set<String>> required = new TreeMap<>();
        features.listRequirements()
                .forEach((region, requirements) -> requirements.stream()
                        .filter(one -> one.equals("feature:" + feature.getName())
                                || one.startsWith("feature:" + feature.getName() + "/"))
                        .forEach(one -> required.computeIfAbsent(region, key -> new TreeSet<>())
                                .add(one)));
        try {
            features.removeRequirements(required, EnumSet.of(Option.NoAutoRefreshBundles));
        } catch (Exception e) {
            LOG.warn("the feature {} {} could not be removed", feature.getName(), feature.getVersion(), e);
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    "the feature " + feature.getName() + " cannot be removed: " + e.getMessage());
        }
    }

    /** Waits until all kits of a feature work; returns why they do not, empty if they do. */
    private String awaitUsable(Feature feature) throws CommandException, InterruptedException {
        List<String> locations = feature.getBundles().stream()
                .map(BundleInfo::getLocation)
                .map(KitBundles::plain)
                .toList();
        long end = System.nanoTime() + USABLE_LIMIT.toNanos();
        while (true) {
            String problem = problem(locations);
            if (problem.isEmpty() || System.nanoTime() - end > 0) {
                return problem;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private String problem(List<String> locations) throws CommandException {
        for (Bundle bundle : context.getBundles()) {
            if (locations.contains(KitBundles.location(bundle))) {
                for (KitState kit : list()) {
                    if (kit.bundle().equals(bundle.getSymbolicName()) && !kit.usable()) {
                        return kit.problem();
                    }
                }
                return "";
            }
        }
        return "its bundle is not installed";
    }
}

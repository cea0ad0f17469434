package org.mainstay.shell.internal.kit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.karaf.features.BundleInfo;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.mainstay.cluster.ExitCode;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.shell.internal.registry.CommandException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/** What is installed here: bundles that need the kit API, and what they offer. */
final class KitBundles {
    static final String PREFIX = "mainstay-kit-";
    /** They need the kit API and are no kits, or come with the platform. */
    private static final Set<String> PLATFORM =
            Set.of("org.mainstay.kit", "org.mainstay.core", "org.mainstay.mirror", "org.mainstay.shell");

    private final BundleContext context;
    private final FeaturesService features;

    KitBundles(BundleContext context, FeaturesService features) {
        this.context = context;
        this.features = features;
    }

    List<KitState> list() throws CommandException {
        List<Feature> installed = installed();
        List<KitState> kits = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            if (isKit(bundle)) {
                kits.add(state(bundle, installed));
            }
        }
        kits.sort(Comparator.comparing(KitState::name).thenComparing(KitState::version));
        return kits;
    }

    private static boolean isKit(Bundle bundle) {
        String imports = bundle.getHeaders("").get(Constants.IMPORT_PACKAGE);
        return imports != null && KitJar.importsApi(imports) && !PLATFORM.contains(bundle.getSymbolicName());
    }

    /** Returns the feature a kit came by: the one whose bundle it is, as Karaf may name others of the same name. */
    Feature feature(KitState kit) throws CommandException {
        for (Bundle bundle : context.getBundles()) {
            if (kit.bundle().equals(bundle.getSymbolicName())) {
                for (Feature feature : installed()) {
                    if (holds(feature, location(bundle))) {
                        return feature;
                    }
                }
            }
        }
        throw new CommandException(
                ExitCode.SYSTEM_ERROR, "the feature of kit " + kit.name() + " is not installed any more; try again");
    }

    private List<Feature> installed() throws CommandException {
        try {
            return List.of(features.listInstalledFeatures());
        } catch (Exception e) {
            throw new CommandException(ExitCode.SYSTEM_ERROR, "Karaf does not say which features are installed: " + e);
        }
    }

    private KitState state(Bundle bundle, List<Feature> installed) {
        String location = location(bundle);
        Optional<Feature> feature =
                installed.stream().filter(one -> holds(one, location)).findFirst();
        boolean deployed = location.contains("/deploy/");
        List<String> types = new ArrayList<>();
        String problem = types(bundle, types);
        return new KitState(
                feature.map(one -> shortName(one.getName())).orElse(bundle.getSymbolicName()),
                bundle.getSymbolicName(),
                bundle.getVersion().toString(),
                feature.isPresent() ? "feature" : deployed ? "deploy" : "bundle",
                types,
                problem);
    }

    /** Returns where a bundle's present content came from: Karaf keeps the first location and adds a header when it updates one. */
    static String location(Bundle bundle) {
        String updated = bundle.getHeaders("").get(Constants.BUNDLE_UPDATELOCATION);
        return plain(updated == null ? bundle.getLocation() : updated);
    }

    /** Returns a location in one of the two ways in which the same file can be written. */
    static String plain(String location) {
        return location.startsWith("file:///") ? "file:" + location.substring("file://".length()) : location;
    }

    static boolean holds(Feature feature, String location) {
        return feature.getName().startsWith(PREFIX)
                && feature.getBundles().stream()
                        .map(BundleInfo::getLocation)
                        .map(KitBundles::plain)
                        .anyMatch(location::equals);
    }

    static String shortName(String feature) {
        return feature.startsWith(PREFIX) ? feature.substring(PREFIX.length()) : feature;
    }

    /** Returns why the kit does not work, empty if it does. */
    private String types(Bundle bundle, List<String> types) {
        if (bundle.getState() != Bundle.ACTIVE) {
            return bundle.getState() == Bundle.INSTALLED
                    ? "its bundle does not resolve: something it imports is missing; 'mainstay karaf bundle:diag "
                            + bundle.getBundleId() + "' says what"
                    : "its bundle is not started";
        }
        String problem = "its bundle offers no kit: its component is missing or does not start";
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        for (ServiceReference<?> service : services == null ? new ServiceReference<?>[0] : services) {
            if (Arrays.asList((String[]) service.getProperty(Constants.OBJECTCLASS))
                    .contains(RecoveryKit.class.getName())) {
                String answer = type(service, types);
                problem = types.isEmpty() ? answer : "";
            }
        }
        return problem;
    }

    /** Foreign code: whatever it throws is its problem only. */
    private String type(ServiceReference<?> reference, List<String> types) {
        try {
            Object service = context.getService(reference);
            if (service instanceof RecoveryKit kit) {
                KitDescriptor descriptor = kit.descriptor();
                types.add(descriptor.application() + "/" + descriptor.type());
                return "";
            }
            return "its component does not start";
        } catch (RuntimeException | LinkageError e) {
            return "its descriptor fails: " + e;
        } finally {
            context.ungetService(reference);
        }
    }
}

package org.mainstay.itest.container;

import java.io.FileInputStream;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Driver;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.karaf.features.Feature;
import org.apache.karaf.features.FeaturesService;
import org.mainstay.kit.Action;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
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
 * and fails to start if a bundle of the platform was touched by it, or if the class loader of a replaced kit that was used can still be
 * reached; then the same of core and comm. Its manifest names the kit features in {@code Kit-Features}, in {@code Core-Jar} and
 * {@code Comm-Jar} the jars of those, in {@code Next-Version} and {@code Next-Repository} another version of each kit feature, in {@code Deploy-Folder}
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
    private static final int LEAST_CALLS = 11;
    /** Threads of a platform's bundle that was just replaced may come late to their end on a busy machine. */
    private static final int LATE_VERSIONS = 2;

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
        check(
                String.join(" ", kits.keySet()).equals(header("Kit-Features")),
                "the kit features are " + kits.keySet() + ", not " + header("Kit-Features"));
        features.addRepository(new URI(header("Next-Repository")));
        for (Map.Entry<String, String> kit : kits.entrySet()) {
            life(kit.getKey(), kit.getValue(), versions.get(kit.getKey()));
            byDeployFolder(kit.getKey(), kit.getValue(), versions.get(kit.getKey()));
            updates(kit.getValue());
        }
        own.removeBundleListener(listener);
        check(touched.isEmpty(), "bundles of the platform were touched: " + touched);
        check(before.equals(platform()), "the platform was " + before + " and is " + platform());
        updatesOfThePlatform("org.mainstay.comm", header("Comm-Jar"));
        updatesOfThePlatform("org.mainstay.core", header("Core-Jar"));
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

    /** Every few updates, both versions in turn, the kit is used before it goes: what keeps an old class loader alive is mostly left behind by an action. */
    private void updates(String name) throws Exception {
        Bundle bundle = bundle(name);
        String version = bundle.getVersion().toString();
        List<WeakReference<ClassLoader>> old = new ArrayList<>();
        for (int i = 0; i < UPDATES; i++) {
            old.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
            if (i % 5 == 0) {
                check(use(bundle) >= LEAST_CALLS, name + " could not be used");
            }
            boolean back = i % 2 == 1;
            update(bundle, Path.of(header(back ? "Kit-Jars" : "Next-Jars"), name + ".jar"));
            String wanted = back ? version : next;
            await(name + " is updated", () -> active(name, wanted));
        }
        gone(bundle, old, 0);
        await(name + " is at work after a refresh", () -> active(name, version));
    }

    private void updatesOfThePlatform(String name, String jar) throws Exception {
        Bundle bundle = bundle(name);
        List<WeakReference<ClassLoader>> old = new ArrayList<>();
        for (int i = 0; i < UPDATES; i++) {
            old.add(new WeakReference<>(bundle.adapt(BundleWiring.class).getClassLoader()));
            update(bundle, Path.of(jar));
            await(name + " offers its services", () -> bundle.getState() == Bundle.ACTIVE && offers(bundle));
        }
        gone(bundle, old, LATE_VERSIONS);
        await(name + " is at work after a refresh", () -> bundle.getState() == Bundle.ACTIVE && offers(bundle));
    }

    private static boolean offers(Bundle bundle) {
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        return services != null && services.length > 0;
    }

    private static void update(Bundle bundle, Path jar) throws Exception {
        try (InputStream in = new FileInputStream(jar.toFile())) {
            bundle.update(in);
        }
    }

    /** @param most how many versions may still be held when the time is over; what really leaks keeps all of them */
    private void gone(Bundle bundle, List<WeakReference<ClassLoader>> old, int most) throws Exception {
        refresh(bundle);
        await(bundle.getSymbolicName() + " is active after a refresh", () -> bundle.getState() == Bundle.ACTIVE);
        ClassLoader now = bundle.adapt(BundleWiring.class).getClassLoader();
        try {
            await("the old class loaders of " + bundle.getSymbolicName() + " are gone", () -> held(old, now) <= most);
        } catch (IllegalStateException e) {
            throw new IllegalStateException(e.getMessage() + holders(old, now), e);
        }
    }

    /** Returns which versions are left, by the number of the update that replaced them, and the threads that were theirs. */
    private static String holders(List<WeakReference<ClassLoader>> old, ClassLoader now) {
        StringBuilder text = new StringBuilder("; left:");
        for (int i = 0; i < old.size(); i++) {
            ClassLoader loader = old.get(i).get();
            if (loader != null && loader != now) {
                text.append(' ').append(i);
                Thread.getAllStackTraces().forEach((thread, stack) -> {
                    if (thread.getContextClassLoader() == loader) {
                        text.append(" (thread ").append(thread.getName()).append(": ");
                        text.append(stack.length == 0 ? "" : stack[0]).append(')');
                    }
                });
            }
        }
        return text.toString();
    }

    /** Calls every kit of a bundle through a context whose host can do nothing, and returns how many calls came back. */
    private int use(Bundle bundle) throws Exception {
        int done = 0;
        if (bundle.getSymbolicName().endsWith(".postgres")) {
            connectInVain(bundle);
        }
        for (ServiceReference<?> reference : bundle.getRegisteredServices()) {
            if (!List.of((String[]) reference.getProperty("objectClass")).contains(RecoveryKit.class.getName())) {
                continue;
            }
            RecoveryKit kit = (RecoveryKit) context.getService(reference);
            KitDescriptor descriptor = kit.descriptor();
            Map<String, String> answers = new TreeMap<>();
            FormContext form = fake(FormContext.class, null, answers);
            done += call(() -> answer(kit.form(form), answers));
            answer(descriptor.fields(), answers);
            ResourceInfo resource =
                    new ResourceInfo("A", "used", "used", descriptor.application(), descriptor.type(), answers, true);
            CreateContext given = fake(CreateContext.class, resource, answers);
            done += call(() -> kit.create(given));
            done += call(() -> kit.killHandles(given));
            done += call(() -> kit.restore(given));
            done += call(() -> kit.quickCheck(given));
            done += call(() -> kit.deepCheck(given));
            done += call(() -> kit.recover(given));
            done += call(() -> kit.remove(given));
            done += call(() -> kit.probe(given));
            done += call(() -> kit.validate(given));
            done += call(() -> kit.migrate("0.0.1", answers));
            context.ungetService(reference);
        }
        return done;
    }

    /** No action comes as far as the driver without a server; a driver is what keeps class loaders most often. */
    private static void connectInVain(Bundle postgres) throws Exception {
        Method method =
                postgres.loadClass("org.mainstay.kit.postgres.internal.Jdbc").getDeclaredMethod("driver");
        method.setAccessible(true);
        Driver driver = (Driver) method.invoke(null);
        boolean refused = false;
        try {
            driver.connect("jdbc:postgresql://127.0.0.1:1/none?connectTimeout=2", new Properties());
        } catch (SQLException e) {
            refused = true;
        }
        check(refused, "somebody answers on port 1");
    }

    private static void answer(List<Field> fields, Map<String, String> answers) {
        for (Field field : fields) {
            // no switch over the enum: the compiler would put it into a class of its own, and this one stands alone
            String kind = field.kind().name();
            String otherwise = field.name().contains("ddress") ? "127.0.0.1" : "used.example";
            if (!field.choices().isEmpty()) {
                otherwise = field.choices().get(0);
            } else if (kind.equals("INTEGER")) {
                otherwise = "59999";
            } else if (kind.equals("PATH")) {
                otherwise = "/nowhere/used";
            } else if (kind.equals("YES_NO")) {
                otherwise = "no";
            }
            answers.putIfAbsent(field.name(), field.defaultValue().orElse(otherwise));
        }
    }

    /** What a kit refuses or throws for want of a machine is as good a use of its classes. */
    private static int call(Runnable use) {
        try {
            use.run();
        } catch (RuntimeException e) {
            return e instanceof ClassCastException ? 0 : 1;
        }
        return 1;
    }

    /** Returns something of the kit API that answers with nothing, all the way down. */
    private static <T> T fake(Class<T> type, ResourceInfo resource, Map<String, String> answers) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            Class<?> result = method.getReturnType();
            if (method.isDefault()) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
            } else if (result == ResourceInfo.class) {
                return resource;
            } else if (method.getName().equals("tunable")) {
                return arguments[1];
            } else if (method.getName().equals("answers")) {
                return answers;
            } else if (method.getName().equals("purpose")) {
                return Action.CREATE;
            } else if (result == CommandResult.class) {
                return new CommandResult(1, "", "there is no machine");
            } else if (result == Outcome.class) {
                return Outcome.failed("there is no machine");
            } else if (result == KitDescriptor.Platform.class) {
                return KitDescriptor.Platform.LINUX;
            } else if (result == Duration.class) {
                return Duration.ofSeconds(2);
            } else if (result == Optional.class) {
                return Optional.empty();
            } else if (result == List.class) {
                return List.of();
            } else if (result == String.class) {
                return "";
            } else if (result == boolean.class) {
                return false;
            } else if (result == int.class) {
                return 0;
            } else if (result == long.class) {
                return 0L;
            } else if (result.isInterface()) {
                return fake(result, resource, answers);
            }
            return null;
        };
        return type.cast(Proxy.newProxyInstance(HotFeatures.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static long held(List<WeakReference<ClassLoader>> old, ClassLoader now) {
        System.gc();
        return old.stream()
                .map(WeakReference::get)
                .filter(loader -> loader != null && loader != now)
                .count();
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

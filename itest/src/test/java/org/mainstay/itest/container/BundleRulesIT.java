package org.mainstay.itest.container;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.container.Bundles.Bundle;

/** The house rules on modules and public API (rules 1 to 8), checked on the jars that are delivered. */
class BundleRulesIT {
    /** Folder of the source to symbolic name and package root. */
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("kit.api", "org.mainstay.kit"),
            Map.entry("cluster.api", "org.mainstay.cluster"),
            Map.entry("core.bundle", "org.mainstay.core"),
            Map.entry("comm.bundle", "org.mainstay.comm"),
            Map.entry("quorum.bundle", "org.mainstay.quorum"),
            Map.entry("mirror.bundle", "org.mainstay.mirror"),
            Map.entry("shell.bundle", "org.mainstay.shell"),
            Map.entry("kit.ip", "org.mainstay.kit.ip"),
            Map.entry("kit.app", "org.mainstay.kit.app"),
            Map.entry("kit.postgres", "org.mainstay.kit.postgres"),
            Map.entry("kit.genlb", "org.mainstay.kit.genlb"),
            Map.entry("kit.dns", "org.mainstay.kit.dns"),
            Map.entry("kit.systemd", "org.mainstay.kit.systemd"),
            Map.entry("kit.ocf", "org.mainstay.kit.ocf"),
            Map.entry("kit.share", "org.mainstay.kit.share"));

    private static final Set<String> KITS =
            Set.of("kit.ip", "kit.app", "kit.postgres", "kit.genlb", "kit.dns", "kit.systemd", "kit.ocf", "kit.share");
    private static final Set<String> APIS = Set.of("kit.api", "cluster.api");

    @TempDir
    private static Path home;

    private static List<Bundle> bundles;

    @BeforeAll
    static void unpack() throws IOException {
        Bundles.unpack(Path.of(System.getProperty("mainstay.dist")), home);
        bundles = Bundles.ours(home);
    }

    private static Bundle bundle(String module) {
        return bundles.stream()
                .filter(one -> one.module().equals(module))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everyModuleIsThereUnderItsOneName() {
        assertThat(bundles.stream().collect(Collectors.toMap(Bundle::module, Bundle::name)))
                .isEqualTo(NAMES);
        for (Bundle bundle : bundles) {
            assertThat(bundle.packages().stream().filter(name -> name.startsWith("org.mainstay")))
                    .as("our packages in %s", bundle)
                    .isNotEmpty()
                    .allMatch(name -> (name + ".").startsWith(bundle.name() + "."));
            assertThat(bundle.headers().get("Require-Capability"))
                    .as("execution environment of %s", bundle)
                    .contains("version=17");
        }
    }

    @Test
    void noPackageIsInTwoBundles() {
        Map<String, List<Bundle>> holders = new HashMap<>();
        bundles.forEach(bundle -> bundle.packages()
                .forEach(name ->
                        holders.computeIfAbsent(name, n -> new ArrayList<>()).add(bundle)));
        assertThat(holders.entrySet().stream()
                        .filter(holder -> holder.getValue().size() > 1))
                .isEmpty();
    }

    @Test
    void onlyTheApiIsExportedAndEachPackageHasItsOwnVersion() {
        for (Bundle bundle : bundles) {
            if (APIS.contains(bundle.module())) {
                assertThat(bundle.exports().keySet())
                        .as("exports of %s", bundle)
                        .isEqualTo(bundle.packages());
            } else {
                assertThat(bundle.exports()).as("exports of %s", bundle).isEmpty();
            }
            bundle.exports()
                    .forEach((name, attributes) -> assertThat(attributes.get("version"))
                            .as("version of %s", name)
                            .matches("[1-9]\\d*\\.\\d+\\.\\d+"));
        }
    }

    @Test
    void theApiNeedsNothingButJavaAndItself() {
        for (String module : APIS) {
            assertThat(bundle(module).imports().keySet())
                    .as("imports of %s", module)
                    .allMatch(name -> name.startsWith("java.") || name.startsWith(NAMES.get(module)));
        }
    }

    @Test
    void kitsNeedOnlyTheKitApi() {
        for (String module : KITS) {
            assertThat(bundle(module).imports().keySet().stream().filter(name -> name.startsWith("org.mainstay")))
                    .as("imports of %s", module)
                    .containsExactly("org.mainstay.kit");
        }
    }

    @Test
    void nobodyImportsAnImplementationOfAnother() {
        for (Bundle bundle : bundles) {
            assertThat(bundle.imports().keySet().stream().filter(name -> name.startsWith("org.mainstay")))
                    .as("imports of %s", bundle)
                    .allMatch(name -> name.equals("org.mainstay.kit")
                            || name.equals("org.mainstay.cluster")
                            || name.startsWith("org.mainstay.cluster."))
                    .noneMatch(name -> name.contains(".internal"));
            assertThat(bundle.headers())
                    .as(bundle.name())
                    .doesNotContainKeys("Require-Bundle", "DynamicImport-Package");
        }
    }

    /** What a kit's author gets to see: the kit API and the test kit's own classes, whose only door to the core is one package. */
    @Test
    void kitsAndTheirTestKitReachNothingInternal() throws IOException {
        Path top = Path.of("").toAbsolutePath().getParent();
        List<Path> sources;
        try (Stream<Path> files = Files.walk(top, 16)) {
            sources = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> top.relativize(file).getName(0).toString().matches("[a-z]+\\.[a-z]+"))
                    .filter(file -> !top.relativize(file).startsWith("core.bundle"))
                    .toList();
        }
        assertThat(sources).hasSizeGreaterThan(20);
        for (Path source : sources) {
            String text = Files.readString(source);
            String module = top.relativize(source).getName(0).toString();
            if (module.equals("kit.testkit")) {
                text = text.replace("org.mainstay.core.bench", "");
            }
            assertThat(text).as("%s: the door for tests", source).doesNotContain("org.mainstay.core.bench");
            if (module.startsWith("kit.")) {
                assertThat(text).as(source.toString()).doesNotContain("org.mainstay.core.");
            }
        }
    }

    @Test
    void karafIsAtTheEdge() {
        for (Bundle bundle : bundles) {
            if (!bundle.module().equals("shell.bundle")) {
                assertThat(bundle.imports().keySet())
                        .as("imports of %s", bundle)
                        .noneMatch(name -> name.startsWith("org.apache.karaf"));
            }
        }
    }

    @Test
    void nothingOptionalCanRewireABundleAtWork() {
        for (Bundle bundle : bundles) {
            Set<String> optional = new TreeSet<>();
            bundle.imports().forEach((name, attributes) -> {
                if ("optional".equals(attributes.get("resolution:"))
                        || "dynamic".equals(attributes.get("resolution:"))) {
                    optional.add(name);
                }
            });
            // Exported by the container itself: there is no other exporter that could come or go.
            optional.remove("org.apache.karaf.jaas.boot.principal");
            assertThat(optional).as("optional imports of %s", bundle).isEmpty();
        }
        assertThat(bundle("comm.bundle").imports().keySet())
                .noneMatch(name -> name.startsWith("io.netty") || name.startsWith("org.bouncycastle"));
        assertThat(bundle("comm.bundle").packages()).contains("io.netty.channel", "org.bouncycastle.cert");
        assertThat(bundle("shell.bundle").packages()).contains("picocli", "org.snmp4j.smi");
        assertThat(bundle("shell.bundle").imports().keySet()).noneMatch(name -> name.startsWith("org.snmp4j"));
        assertThat(bundle("kit.postgres").packages()).contains("org.postgresql.core.v3");
        assertThat(bundle("kit.postgres").imports().keySet())
                .noneMatch(name -> name.startsWith("org.postgresql")
                        || name.startsWith("com.sun.jna")
                        || name.startsWith("waffle")
                        || name.startsWith("org.osgi.service.jdbc"));
    }

    @Test
    void componentsAreDeclaredAndNobodyStartsByAnActivator() throws IOException {
        for (Bundle bundle : bundles) {
            assertThat(bundle.headers()).as(bundle.name()).doesNotContainKey("Bundle-Activator");
            if (APIS.contains(bundle.module())) {
                continue;
            }
            String components = bundle.headers().get("Service-Component");
            assertThat(components).as("components of %s", bundle).isNotBlank();
            for (String component : components.split(",")) {
                String xml = Bundles.entry(bundle.jar(), component.strip());
                assertThat(xml)
                        .as("%s of %s", component, bundle)
                        .doesNotContain(" field=")
                        .contains("init=");
            }
        }
    }

    @Test
    void equalSourcesGiveEqualJars() throws IOException {
        for (Bundle bundle : bundles) {
            assertThat(bundle.headers())
                    .as(bundle.name())
                    .doesNotContainKeys("Bnd-LastModified", "Built-By", "Build-Jdk", "Private-Package");
            try (JarFile jar = new JarFile(bundle.jar().toFile())) {
                assertThat(jar.stream().map(entry -> entry.getTime()).distinct().count())
                        .as("times in %s", bundle)
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void everyKitIsAFeatureOfItsOwn() throws IOException {
        Path features;
        try (Stream<Path> files = Files.walk(home.resolve("system/org/mainstay/karaf-features"))) {
            features = files.filter(file -> file.toString().endsWith("-features.xml"))
                    .findFirst()
                    .orElseThrow();
        }
        String xml = Files.readString(features);
        for (String kit : List.of("ip", "app", "postgres")) {
            String feature = xml.substring(xml.indexOf("\"mainstay-kit-" + kit + "\""));
            feature = feature.substring(
                    0, feature.indexOf("</feature>\n\n") < 0 ? feature.length() : feature.indexOf("</feature>\n\n"));
            assertThat(feature.split("<bundle", -1))
                    .as("bundles of kit %s", kit)
                    .hasSize(2);
            assertThat(feature).contains("mvn:org.mainstay/kit." + kit + "/");
        }
    }

    @Test
    void everyInterfaceOfTheApiSaysWhoImplementsIt() throws IOException {
        classes()
                .that()
                .areInterfaces()
                .and()
                .areNotAnnotations()
                .and()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should(new ArchCondition<>("be @ProviderType or @ConsumerType") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        boolean says = type.isAnnotatedWith("org.osgi.annotation.versioning.ProviderType")
                                || type.isAnnotatedWith("org.osgi.annotation.versioning.ConsumerType");
                        boolean function = type.isAnnotatedWith(FunctionalInterface.class);
                        events.add(new SimpleConditionEvent(type, says || function, type.getName() + " says neither"));
                    }
                })
                .check(load("kit.api", "cluster.api"));
    }

    @Test
    void theDecisionCoreTouchesNothing() throws IOException {
        noClasses()
                .that()
                .resideInAPackage("org.mainstay.core.decision..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.io..",
                        "java.nio..",
                        "java.net..",
                        "java.util.concurrent..",
                        "org.osgi.framework..",
                        "org.osgi.service..",
                        "org.slf4j..",
                        "org.mainstay.core.internal..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.(Random|UUID|Timer|Date)|java\\.time\\.(Clock|Instant|LocalDate.*)")
                .check(load("core.bundle"));
    }

    private static JavaClasses load(String... modules) throws IOException {
        List<JarFile> jars = new ArrayList<>();
        for (String module : modules) {
            jars.add(new JarFile(bundle(module).jar().toFile()));
        }
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_PACKAGE_INFOS)
                .withImportOption(location -> location.contains("org/mainstay/"))
                .importJars(jars);
        for (JarFile jar : jars) {
            jar.close();
        }
        return classes;
    }
}

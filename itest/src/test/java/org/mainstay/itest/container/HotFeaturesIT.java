package org.mainstay.itest.container;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mainstay.itest.KarafContainer;

/** Every kit feature comes, changes and goes in the packed distribution; the platform's bundles do not notice (I8). */
class HotFeaturesIT {
    private static final String NEXT = "9.9.9";
    private static final String KIT = "org.mainstay.kit.";
    /** What the distribution promises, whatever else it may hold. */
    private static final List<String> FEATURES =
            List.of("app", "dns", "genlb", "ip", "ocf", "postgres", "share", "systemd");

    private static KarafContainer container;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void start() throws IOException {
        container = KarafContainer.start(Files.createDirectory(folder.resolve("container")));
    }

    @AfterAll
    static void stop() {
        if (container != null) {
            container.close();
        }
    }

    @Test
    void kitsComeAndGoWhileThePlatformStaysAsItIs() throws IOException {
        Path home = home();
        Path old = Files.createDirectory(folder.resolve("old"));
        Path next = Files.createDirectory(folder.resolve("next"));
        StringBuilder features = new StringBuilder("<features name=\"next\" ");
        features.append("xmlns=\"http://karaf.apache.org/xmlns/features/v1.6.0\">\n");
        for (Bundles.Bundle bundle : Bundles.ours(home)) {
            if (bundle.name().startsWith(KIT)) {
                String file = bundle.name() + ".jar";
                Files.copy(bundle.jar(), old.resolve(file), StandardCopyOption.REPLACE_EXISTING);
                Jars.reversion(bundle.jar(), next.resolve(file), NEXT);
                features.append("<feature name=\"mainstay-kit-")
                        .append(bundle.name().substring(KIT.length()))
                        .append("\" version=\"" + NEXT + "\"><feature>mainstay</feature><bundle start-level=\"45\">")
                        .append(next.resolve(file).toUri())
                        .append("</bundle></feature>\n");
            }
        }
        String kits = FEATURES.stream().map(kit -> "mainstay-kit-" + kit).collect(Collectors.joining(" "));
        Path repository = folder.resolve("features-next.xml");
        Files.writeString(repository, features.append("</features>\n"));
        // The probe throws, saying what was touched or what is left.
        assertThatCode(() -> container.run(
                        HotFeatures.class,
                        Map.of(
                                "Kit-Features", kits,
                                "Core-Jar", platform(home, "org.mainstay.core"),
                                "Comm-Jar", platform(home, "org.mainstay.comm"),
                                "Next-Version", NEXT,
                                "Next-Repository", repository.toUri().toString(),
                                "Deploy-Folder", home.resolve("deploy").toString(),
                                "Kit-Jars", old.toString(),
                                "Next-Jars", next.toString())))
                .doesNotThrowAnyException();
    }

    private static String platform(Path home, String name) throws IOException {
        return Bundles.ours(home).stream()
                .filter(bundle -> bundle.name().equals(name))
                .findFirst()
                .orElseThrow()
                .jar()
                .toString();
    }

    /** Returns the folder of the distribution: Pax Exam unpacks it some levels down. */
    private static Path home() throws IOException {
        try (Stream<Path> tree = Files.walk(container.folder(), 4)) {
            return tree.filter(path -> Files.isDirectory(path.resolve("system/org/mainstay")))
                    .findFirst()
                    .orElseThrow();
        }
    }
}

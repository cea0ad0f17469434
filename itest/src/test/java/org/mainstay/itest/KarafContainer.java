package org.mainstay.itest;

import static org.ops4j.pax.exam.CoreOptions.vmOption;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.configureConsole;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.doNotModifyLogConfiguration;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.editConfigurationFilePut;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.karafDistributionConfiguration;
import static org.ops4j.pax.exam.karaf.options.KarafDistributionOption.keepRuntimeFolder;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.ops4j.pax.exam.ExamSystem;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.TestContainer;
import org.ops4j.pax.exam.spi.PaxExamRuntime;
import org.osgi.framework.BundleActivator;

/**
 * The packed distribution in a Karaf of its own, started through Pax Exam. Code runs inside it as the activator of a
 * probe bundle: {@link #run}. The distribution never looks outside its folder; Pax Exam's own bundles do come from the
 * local Maven repository, hence the one edit below.
 */
public final class KarafContainer implements AutoCloseable {
    private final ExamSystem system;
    private final TestContainer container;
    private final Path folder;

    private KarafContainer(ExamSystem system, TestContainer container, Path folder) {
        this.system = system;
        this.container = container;
        this.folder = folder;
    }

    /** Unpacks the distribution below the folder and starts it. */
    public static KarafContainer start(Path folder) throws IOException {
        Option[] options = {
            karafDistributionConfiguration()
                    .frameworkUrl(
                            Path.of(System.getProperty("mainstay.dist")).toUri().toString())
                    .name("Mainstay")
                    .karafVersion(System.getProperty("karaf.version"))
                    .useDeployFolder(false)
                    .unpackDirectory(folder.toFile()),
            keepRuntimeFolder(),
            doNotModifyLogConfiguration(),
            configureConsole().ignoreLocalConsole().ignoreRemoteShell(),
            vmOption("-Xmx256m"),
            vmOption("-XX:+UseSerialGC"),
            editConfigurationFilePut(
                    "etc/org.ops4j.pax.url.mvn.cfg",
                    "org.ops4j.pax.url.mvn.localRepository",
                    System.getProperty("maven.repository")),
        };
        ExamSystem system = PaxExamRuntime.createTestSystem(options);
        TestContainer container = PaxExamRuntime.createContainer(system);
        container.start();
        return new KarafContainer(system, container, folder);
    }

    /** The folder the distribution is unpacked below. */
    public Path folder() {
        return folder;
    }

    /** Starts {@code probe}, which must stand alone (no nested classes), inside the container; its exception is ours. */
    void run(Class<? extends BundleActivator> probe) throws IOException {
        run(probe, Map.of());
    }

    /** As {@link #run(Class)}; the probe finds the headers in its manifest. */
    public void run(Class<? extends BundleActivator> probe, Map<String, String> headers) throws IOException {
        container.install("probe:" + probe.getName(), bundle(probe, headers));
    }

    @Override
    public void close() {
        container.stop();
        system.clear();
    }

    private static InputStream bundle(Class<? extends BundleActivator> probe, Map<String, String> headers)
            throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", probe.getName());
        main.putValue("Bundle-Activator", probe.getName());
        main.putValue("Import-Package", "org.osgi.framework");
        main.putValue("DynamicImport-Package", "*");
        headers.forEach(main::putValue);
        String name = probe.getName().replace('.', '/') + ".class";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JarOutputStream jar = new JarOutputStream(bytes, manifest);
                InputStream type = probe.getClassLoader().getResourceAsStream(name)) {
            jar.putNextEntry(new JarEntry(name));
            type.transferTo(jar);
            jar.closeEntry();
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }
}

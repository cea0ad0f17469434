package org.mainstay.itest.container;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.mainstay.itest.lab.LabException;

/** Makes bundles, as strangers without our build would. */
public final class Jars {
    private Jars() {}

    /** Writes a bundle. */
    public static void write(Path jar, Map<String, String> headers, Map<String, byte[]> entries) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        headers.forEach(main::putValue);
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                out.putNextEntry(new JarEntry(entry.getKey()));
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
    }

    /** Writes a bundle whose activator is a class of the tests that stands alone. */
    public static void probe(Path jar, Class<?> activator, Map<String, String> moreHeaders) throws IOException {
        String entry = activator.getName().replace('.', '/') + ".class";
        Map<String, String> headers = new LinkedHashMap<>(moreHeaders);
        headers.put("Bundle-SymbolicName", activator.getName());
        headers.put("Bundle-Activator", activator.getName());
        headers.put("Import-Package", "org.osgi.framework,org.osgi.framework.wiring");
        try (var in = activator.getClassLoader().getResourceAsStream(entry)) {
            write(jar, headers, Map.of(entry, in.readAllBytes()));
        }
    }

    /** Compiles one source file against jars and returns its classes as entries. */
    public static Map<String, byte[]> compile(Path folder, String name, String source, List<Path> classPath)
            throws IOException {
        Path file = folder.resolve(name.substring(name.lastIndexOf('.') + 1) + ".java");
        Files.writeString(file, source);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int code = compiler.run(
                null,
                null,
                null,
                "-proc:none",
                "-nowarn",
                "--release",
                "17",
                "-d",
                classes.toString(),
                "-cp",
                String.join(":", classPath.stream().map(Path::toString).toList()),
                file.toString());
        if (code != 0) {
            throw new LabException(name + " does not compile");
        }
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (Stream<Path> tree = Files.walk(classes)) {
            for (Path path : tree.filter(Files::isRegularFile).toList()) {
                entries.put(classes.relativize(path).toString(), Files.readAllBytes(path));
            }
        }
        return entries;
    }

    /** Copies a bundle as another version of itself. */
    public static void reversion(Path from, Path to, String version) throws IOException {
        try (JarFile file = new JarFile(from.toFile())) {
            Manifest manifest = file.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            try (OutputStream stream = Files.newOutputStream(to);
                    JarOutputStream out = new JarOutputStream(stream, manifest)) {
                for (JarEntry entry : file.stream().toList()) {
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        out.putNextEntry(new JarEntry(entry.getName()));
                        try (var in = file.getInputStream(entry)) {
                            in.transferTo(out);
                        }
                        out.closeEntry();
                    }
                }
            }
        }
    }

    public static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

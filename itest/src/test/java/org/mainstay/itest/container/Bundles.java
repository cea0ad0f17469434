package org.mainstay.itest.container;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.mainstay.itest.lab.Exec;

/** The jars of an unpacked distribution, read as OSGi sees them. */
final class Bundles {

    /**
     * One bundle.
     *
     * @param module folder of its source
     * @param imports packages with attributes and directives
     * @param exports the same
     * @param packages all packages with classes, private ones and those of embedded libraries included
     */
    record Bundle(
            Path jar,
            String module,
            Map<String, String> headers,
            Map<String, Map<String, String>> imports,
            Map<String, Map<String, String>> exports,
            Set<String> packages) {

        String name() {
            return headers.getOrDefault("Bundle-SymbolicName", "").replaceAll(";.*", "");
        }

        @Override
        public String toString() {
            return name();
        }
    }

    private Bundles() {}

    /** Unpacks what Karaf installs from. */
    static Path unpack(Path distribution, Path folder) {
        Exec.run("tar", "-xzf", distribution.toString(), "--strip-components=1", "-C", folder.toString())
                .orThrow();
        return folder;
    }

    /** Returns our own bundles. */
    static List<Bundle> ours(Path home) throws IOException {
        List<Bundle> bundles = new ArrayList<>();
        try (Stream<Path> jars = Files.walk(home.resolve("system/org/mainstay"))) {
            for (Path jar : jars.filter(path -> path.toString().endsWith(".jar"))
                    .sorted()
                    .toList()) {
                bundles.add(read(jar, jar.getParent().getParent().getFileName().toString()));
            }
        }
        return bundles;
    }

    static Bundle read(Path jar, String module) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Map<String, String> headers = new TreeMap<>();
            Manifest manifest = file.getManifest();
            manifest.getMainAttributes().forEach((key, value) -> headers.put(key.toString(), value.toString()));
            Set<String> packages = new TreeSet<>();
            file.stream()
                    .map(entry -> entry.getName())
                    .filter(name -> name.endsWith(".class") && !name.startsWith("META-INF/"))
                    .filter(name -> name.indexOf('/') > 0)
                    .forEach(name -> packages.add(
                            name.substring(0, name.lastIndexOf('/')).replace('/', '.')));
            return new Bundle(
                    jar,
                    module,
                    headers,
                    clauses(headers.get("Import-Package")),
                    clauses(headers.get("Export-Package")),
                    packages);
        }
    }

    /** Reads {@code a;b="1,2";c:=x,d;...} into names with attributes; directives keep their colon. */
    static Map<String, Map<String, String>> clauses(String header) {
        Map<String, Map<String, String>> result = new LinkedHashMap<>();
        for (String clause : split(header == null ? "" : header, ',')) {
            List<String> parts = split(clause, ';');
            Map<String, String> attributes = new TreeMap<>();
            List<String> names = new ArrayList<>();
            for (String part : parts) {
                int equals = part.indexOf('=');
                if (equals < 0) {
                    names.add(part.strip());
                } else {
                    attributes.put(
                            part.substring(0, equals).strip(),
                            part.substring(equals + 1).strip().replace("\"", ""));
                }
            }
            names.forEach(name -> result.put(name, attributes));
        }
        return result;
    }

    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (char c : text.toCharArray()) {
            quoted ^= c == '"';
            if (c == separator && !quoted) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        if (!part.toString().isBlank()) {
            parts.add(part.toString());
        }
        return parts;
    }

    /** Returns the text of an entry. */
    static String entry(Path jar, String name) throws IOException {
        try (JarFile file = new JarFile(jar.toFile());
                InputStream in = file.getInputStream(file.getJarEntry(name))) {
            return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }
}

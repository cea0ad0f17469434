package org.mainstay.itest.hot;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mainstay.itest.container.Jars;
import org.mainstay.itest.lab.Exec;

/** Builds kits of strangers from sources of the tests, against the delivered kit API's jar and nothing else. */
final class KitMaker {
    private final Path folder;
    private final Path api;
    private int number;

    /** @param distribution the packed distribution the API is taken from */
    KitMaker(Path folder, Path distribution) {
        this.folder = folder;
        try {
            Path unpacked = Files.createDirectories(folder.resolve("api"));
            Exec.run(
                            "tar",
                            "-xzf",
                            distribution.toString(),
                            "-C",
                            unpacked.toString(),
                            "--wildcards",
                            "*/system/org/mainstay/kit.api/*.jar")
                    .orThrow();
            try (Stream<Path> tree = Files.walk(unpacked)) {
                api = tree.filter(path -> path.toString().endsWith(".jar"))
                        .findFirst()
                        .orElseThrow();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Builds a version of the echo kit. @param port name of its property, which changed in version 2 */
    Path echo(String version, String port) {
        return build("EchoKit", "echo", version, echoValues(version, port, ""), "");
    }

    /** Builds a version of the echo kit that does not resolve. */
    Path echoThatLacks(String version, String missing) {
        return build("EchoKit", "echo", version, echoValues(version, "port", ""), "," + missing);
    }

    /** Builds a version of the echo kit that cannot read what other versions wrote. */
    Path echoThatForgets(String version) {
        String fault = "if (!fromVersion.equals(VERSION)) { throw new IllegalStateException(\"no longer readable\"); }";
        return build("EchoKit", "echo", version, echoValues(version, "port", fault), "");
    }

    private static Map<String, String> echoValues(String version, String port, String fault) {
        return Map.of("@VERSION@", version, "@PORT@", port, "@FAULT@", fault);
    }

    /** Builds a bad kit of this type. @param moreImports packages it imports besides, each with a comma before it */
    Path bad(String type, String moreImports) {
        return build("BadKit", type, "1.0.0", Map.of("@TYPE@", type), moreImports);
    }

    private Path build(String source, String type, String version, Map<String, String> values, String moreImports) {
        try (InputStream in = KitMaker.class.getResourceAsStream("/hot/" + source + ".txt")) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> value : values.entrySet()) {
                text = text.replace(value.getKey(), value.getValue());
            }
            number++;
            Path work = Files.createDirectories(folder.resolve("kit" + number));
            String bundle = "stranger." + type;
            Map<String, byte[]> entries =
                    new LinkedHashMap<>(Jars.compile(work, bundle + "." + source, text, List.of(api)));
            entries.put("OSGI-INF/kit.xml", Jars.text("""
                <?xml version="1.0"?>
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="%1$s">
                  <service><provide interface="org.mainstay.kit.RecoveryKit"/></service>
                  <implementation class="%1$s.%2$s"/>
                </scr:component>
                """.formatted(bundle, source)));
            Map<String, String> headers = new LinkedHashMap<>();
            headers.put("Bundle-SymbolicName", bundle);
            headers.put("Bundle-Version", version);
            headers.put("Service-Component", "OSGI-INF/kit.xml");
            headers.put("Import-Package", "org.mainstay.kit;version=\"[1,2)\"" + moreImports);
            Path jar = folder.resolve(type + "-" + version + ".jar");
            Jars.write(jar, headers, entries);
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package org.mainstay.guard.supervise;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The command line that starts Karaf: java on its main class, without the shell script, which would cost a second JVM to ask for
 * the version and a shell to supervise. {@code etc/guard.conf} changes parts or all of it.
 */
public final class ManagerCommand {
    /** Sized for a manager that stays small; the same as {@code bin/setenv} gives {@code bin/karaf}. */
    private static final String JAVA_OPTIONS = "-Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
            + " -XX:MinHeapFreeRatio=15 -XX:MaxHeapFreeRatio=30 -XX:+ExitOnOutOfMemoryError";

    private static final List<String> OPENED = List.of(
            "java.base/java.security",
            "java.base/java.net",
            "java.base/java.lang",
            "java.base/java.util",
            "java.naming/javax.naming.spi",
            "java.rmi/sun.rmi.transport.tcp");
    private static final List<String> EXPORTED = List.of(
            "java.base/sun.net.www.protocol.file",
            "java.base/sun.net.www.protocol.ftp",
            "java.base/sun.net.www.protocol.http",
            "java.base/sun.net.www.protocol.https",
            "java.base/sun.net.www.protocol.jar",
            "java.base/sun.net.www.content.text",
            "jdk.xml.dom/org.w3c.dom.html",
            "jdk.naming.rmi/com.sun.jndi.url.rmi",
            "java.rmi/sun.rmi.registry",
            "java.security.sasl/com.sun.security.sasl",
            "java.naming/com.sun.jndi.ldap");

    private ManagerCommand() {}

    /**
     * Builds the command.
     *
     * @param home the installation folder, absolute
     * @param settings of {@code etc/guard.conf}
     * @throws IOException if there is no Karaf below the folder
     */
    public static List<String> of(Path home, Map<String, String> settings) throws IOException {
        List<String> command = new ArrayList<>(detacher());
        String whole = settings.getOrDefault("manager.command", "");
        if (!whole.isBlank()) {
            command.addAll(List.of(whole.strip().split("\\s+")));
            return command;
        }
        command.add(settings.getOrDefault(
                "manager.java",
                Path.of(System.getProperty("java.home"), "bin/java").toString()));
        command.addAll(List.of(settings.getOrDefault("manager.java.options", JAVA_OPTIONS)
                .strip()
                .split("\\s+")));
        command.addAll(modules(home));
        command.addAll(properties(home));
        command.add("-classpath");
        command.add(classPath(home));
        command.add("org.apache.karaf.main.Main");
        return command;
    }

    /** Karaf gets a session of its own: what ends the guard's terminal or session does not reach it. */
    static List<String> detacher() {
        for (String setsid : List.of("/usr/bin/setsid", "/bin/setsid")) {
            if (Files.isExecutable(Path.of(setsid))) {
                return List.of(setsid);
            }
        }
        return List.of();
    }

    private static List<String> modules(Path home) throws IOException {
        List<String> options = new ArrayList<>(List.of(
                "-XX:+UnlockDiagnosticVMOptions",
                "-Djava.security.manager=allow",
                "--add-reads=java.xml=java.logging",
                "--add-exports=java.base/org.apache.karaf.specs.locator=java.xml,ALL-UNNAMED"));
        Path endorsed = home.resolve("lib/endorsed");
        options.add("--patch-module=java.base=" + only(endorsed, "org.apache.karaf.specs.locator-*.jar"));
        options.add("--patch-module=java.xml=" + only(endorsed, "org.apache.karaf.specs.java.xml-*.jar"));
        OPENED.forEach(name -> options.add("--add-opens=" + name + "=ALL-UNNAMED"));
        EXPORTED.forEach(name -> options.add("--add-exports=" + name + "=ALL-UNNAMED"));
        return options;
    }

    private static List<String> properties(Path home) {
        return List.of(
                "-Dkaraf.instances=" + home.resolve("instances"),
                "-Dkaraf.home=" + home,
                "-Dkaraf.base=" + home,
                "-Dkaraf.data=" + home.resolve("data"),
                "-Dkaraf.etc=" + home.resolve("etc"),
                "-Dkaraf.log=" + home.resolve("data/log"),
                "-Djava.io.tmpdir=" + home.resolve("data/tmp"),
                "-Djava.util.logging.config.file=" + home.resolve("etc/java.util.logging.properties"),
                "-Dkaraf.restart.jvm.supported=true",
                "-Dkaraf.startLocalConsole=false",
                "-Dkaraf.startRemoteShell=true");
    }

    private static Path only(Path folder, String pattern) throws IOException {
        List<Path> found = list(folder, pattern);
        if (found.size() != 1) {
            throw new IOException("expected one " + pattern + " in " + folder + ", found " + found.size()
                    + "; is this the folder of an unpacked Mainstay?");
        }
        return found.get(0);
    }

    private static String classPath(Path home) throws IOException {
        List<String> jars = new ArrayList<>();
        for (Path jar : list(home.resolve("lib/boot"), "*.jar")) {
            jars.add(jar.toString());
        }
        if (Files.isDirectory(home.resolve("lib/jdk9plus"))) {
            for (Path jar : list(home.resolve("lib/jdk9plus"), "*.jar")) {
                jars.add(jar.toString());
            }
        }
        return String.join(":", jars);
    }

    private static List<Path> list(Path folder, String pattern) throws IOException {
        TreeSet<Path> found = new TreeSet<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, pattern)) {
            stream.forEach(found::add);
        }
        return List.copyOf(found);
    }
}

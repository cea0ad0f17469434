package org.mainstay.kit.genlb.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.kit.Command;
import org.mainstay.kit.genlb.internal.responder.Options;

/**
 * The responder as a program: its classes are copied out of the bundle into a folder named after their content, so that a
 * running responder keeps its own while the kit is upgraded or removed.
 */
final class Program {
    /** Every class of the responder; a test runs it with nothing else on its class path. */
    private static final List<String> CLASSES =
            List.of("ResponderMain", "Options", "Marks", "Conversation", "ProbeServer", "ProbeServer$Accept");

    private static final String PACKAGE = "org/mainstay/kit/genlb/internal/responder/";

    private final Path folder;

    /** @param folder where the classes are put */
    Program(Path folder) {
        this.folder = folder;
    }

    /** Returns the command that starts a responder and leaves it behind. */
    Command command(Options options) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--fork",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms4m",
                "-Xmx16m",
                "-Xss256k",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-Xshare:auto",
                "-cp",
                unpack().toAbsolutePath().toString(),
                (PACKAGE + "ResponderMain").replace('/', '.')));
        arguments.addAll(options.arguments());
        return Command.of("setsid", arguments).inService().build();
    }

    private Path unpack() throws IOException {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        MessageDigest digest = sha256();
        for (String name : CLASSES) {
            try (InputStream stream = Program.class.getResourceAsStream("/" + PACKAGE + name + ".class")) {
                if (stream == null) {
                    throw new IOException("the class " + name + " of the responder is not in the kit's bundle");
                }
                byte[] bytes = stream.readAllBytes();
                digest.update(bytes);
                classes.put(name, bytes);
            }
        }
        StringBuilder version = new StringBuilder();
        byte[] sum = digest.digest();
        for (int i = 0; i < 8; i++) {
            version.append(String.format("%02x", sum[i]));
        }
        Path root = folder.resolve("responder-" + version);
        Path target = root.resolve(PACKAGE);
        Files.createDirectories(target);
        for (Map.Entry<String, byte[]> one : classes.entrySet()) {
            Path file = target.resolve(one.getKey() + ".class");
            if (!Files.exists(file) || Files.size(file) != one.getValue().length) {
                Path next = Files.createTempFile(target, one.getKey(), ".new");
                Files.write(next, one.getValue());
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return root;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

package org.mainstay.shell.internal.kit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.jar.Attributes;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import org.mainstay.shell.internal.registry.CommandException;
import org.osgi.framework.Version;

/**
 * The jar of a kit, as far as its manifest says what it is.
 *
 * @param bundle symbolic name
 * @param version bundle version
 */
public record KitJar(String bundle, String version) {
    private static final String API = "org.mainstay.kit";

    /** Reads a jar. @throws CommandException exit code 5 if it is no kit */
    public static KitJar read(byte[] jar) throws CommandException {
        Attributes main;
        try (JarInputStream in = new JarInputStream(new ByteArrayInputStream(jar))) {
            Manifest manifest = in.getManifest();
            if (manifest == null) {
                throw CommandException.invalid("the file is no jar with a manifest; give the jar of a recovery kit");
            }
            main = manifest.getMainAttributes();
        } catch (IOException e) {
            throw CommandException.invalid("the file is no jar: " + e.getMessage());
        }
        String name = main.getValue("Bundle-SymbolicName");
        String version = main.getValue("Bundle-Version");
        String imports = main.getValue("Import-Package");
        if (name == null || version == null) {
            throw CommandException.invalid("the jar is no OSGi bundle: its manifest lacks Bundle-SymbolicName or "
                    + "Bundle-Version; build it with bnd as docs/kit-authors.md shows");
        }
        if (imports == null || !importsApi(imports)) {
            throw CommandException.invalid("the bundle " + name + " is no recovery kit: it does not import " + API
                    + "; give the jar of a kit");
        }
        String symbolic = name.replaceAll(";.*", "").strip();
        if (!symbolic.matches("[A-Za-z0-9_.-]{1,200}")) {
            throw CommandException.invalid("'" + symbolic + "' is no symbolic name of a bundle");
        }
        try {
            return new KitJar(symbolic, Version.parseVersion(version).toString());
        } catch (IllegalArgumentException e) {
            throw CommandException.invalid("'" + version + "' is no version of a bundle; write it as 1.2.3");
        }
    }

    /** Returns whether an Import-Package header names the kit API's package. */
    static boolean importsApi(String imports) {
        return imports.replaceAll("\"[^\"]*\"", "").matches("(?s)(.*,)?\\s*org\\.mainstay\\.kit\\s*([;,].*)?");
    }
}

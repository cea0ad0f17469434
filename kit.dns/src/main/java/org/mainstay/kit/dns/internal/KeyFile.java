package org.mainstay.kit.dns.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xbill.DNS.Name;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.TextParseException;

/**
 * A TSIG key in the form {@code tsig-keygen} writes. Read at each use and never kept, copied or printed: messages name the file
 * only.
 */
final class KeyFile {
    private static final Pattern FORM = Pattern.compile(
            "key\\s+\"?([A-Za-z0-9._-]+)\"?\\s*\\{([^}]*)\\}\\s*;?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern ALGORITHM =
            Pattern.compile("algorithm\\s+\"?([A-Za-z0-9-]+)\"?\\s*;", Pattern.CASE_INSENSITIVE);
    private static final Pattern SECRET =
            Pattern.compile("secret\\s+\"?([A-Za-z0-9+/=]+)\"?\\s*;", Pattern.CASE_INSENSITIVE);
    /** Something in quotes, or a comment: what looks like one after other characters is a part of a secret. */
    private static final Pattern QUOTED_OR_COMMENT = Pattern.compile("\"[^\"\\n]*\"|(?<![^\\s;{}])(?:#|//).*");

    private static final List<String> ALGORITHMS =
            List.of("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1", "hmac-md5");
    private static final Set<PosixFilePermission> OTHERS = Set.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private KeyFile() {}

    private static String withoutComments(String text) {
        return QUOTED_OR_COMMENT
                .matcher(text)
                .replaceAll(found -> found.group().startsWith("\"") ? Matcher.quoteReplacement(found.group()) : "");
    }

    /** @throws IllegalArgumentException whose message says what is wrong with the file and never holds a part of it */
    static TSIG read(String path) {
        Path file = Path.of(path);
        String what = "keyFile=" + path + ": ";
        if (!file.isAbsolute() || !Files.isRegularFile(file)) {
            throw new IllegalArgumentException(what
                    + "there is no such file on this server; write one with tsig-keygen and give its absolute path");
        }
        String text;
        try {
            if (Files.readAttributes(file, PosixFileAttributes.class).permissions().stream()
                    .anyMatch(OTHERS::contains)) {
                throw new IllegalArgumentException(
                        what + "others than its owner can read or write it: run chmod 600 on it");
            }
            text = withoutComments(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    what + "it cannot be read: " + e.getClass().getSimpleName());
        }
        Matcher key = FORM.matcher(text);
        if (!key.find()) {
            throw new IllegalArgumentException(what + "it holds no key as tsig-keygen writes it");
        }
        Matcher algorithm = ALGORITHM.matcher(key.group(2));
        Matcher secret = SECRET.matcher(key.group(2));
        if (!algorithm.find() || !secret.find()) {
            throw new IllegalArgumentException(what + "its key has no algorithm or no secret");
        }
        String name = algorithm.group(1).toLowerCase(Locale.ROOT);
        if (!ALGORITHMS.contains(name)) {
            throw new IllegalArgumentException(what + "its algorithm is none of " + String.join(", ", ALGORITHMS));
        }
        try {
            return new TSIG(
                    TSIG.algorithmToName(name),
                    Name.fromString(key.group(1), Name.root),
                    Base64.getDecoder().decode(secret.group(1)));
        } catch (TextParseException | IllegalArgumentException e) {
            // no cause: it could hold a part of the secret
            throw new IllegalArgumentException(what + "its name or its secret is malformed");
        }
    }
}

package org.mainstay.quorum.internal.sight;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.mainstay.quorum.internal.config.Addresses;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Interfaces and gateways of this machine as they are now: {@code mainstay-net list} and the kernel's routing tables. */
final class Surroundings {
    private static final Logger LOG = LoggerFactory.getLogger(Surroundings.class);
    private static final int LIMIT_SECONDS = 2;
    private static final String NONE_V6 = "0".repeat(32);

    private final Path program;
    private final Path routes4;
    private final Path routes6;

    Surroundings(Path program) {
        this(program, Path.of("/proc/net/route"), Path.of("/proc/net/ipv6_route"));
    }

    Surroundings(Path program, Path routes4, Path routes6) {
        this.program = program;
        this.routes4 = routes4;
        this.routes6 = routes6;
    }

    /**
     * The links under some addresses.
     *
     * @param used interfaces that have the addresses; an address that is nowhere stands for itself
     * @param withCarrier those of them that are up with carrier
     */
    record Links(Set<String> used, Set<String> withCarrier) {}

    /** Looks at the interfaces under the addresses. @throws IOException if that is not possible */
    Links links(Set<String> addresses) throws IOException {
        return parse(run(), addresses);
    }

    private List<String> run() throws IOException {
        Process process = new ProcessBuilder(program.toString(), "list")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        try (var reader = process.inputReader()) {
            List<String> lines = reader.lines().toList();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(program + " list failed");
            }
            return lines;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    static Links parse(List<String> lines, Set<String> addresses) {
        Map<InetAddress, String> wanted = new HashMap<>();
        addresses.forEach(text -> Addresses.literal(text).ifPresent(address -> wanted.put(address, text)));
        Set<String> used = new LinkedHashSet<>();
        Set<String> carriers = new LinkedHashSet<>();
        Set<InetAddress> found = new HashSet<>();
        String link = "";
        boolean carrier = false;
        for (String line : lines) {
            String[] words = line.split(" ");
            if (words.length == 4 && words[0].equals("link")) {
                link = words[1];
                carrier = words[2].equals("up") && words[3].equals("carrier");
            } else if (words.length == 2 && words[0].equals("addr")) {
                InetAddress address =
                        Addresses.literal(words[1].replaceAll("/.*", "")).orElse(null);
                if (wanted.containsKey(address)) {
                    found.add(address);
                    used.add(link);
                    if (carrier) {
                        carriers.add(link);
                    }
                }
            }
        }
        wanted.forEach((address, text) -> {
            // loopback is not listed and always there
            if (address.isLoopbackAddress()) {
                used.add("lo");
                carriers.add("lo");
            } else if (!found.contains(address)) {
                used.add(text);
            }
        });
        return new Links(used, carriers);
    }

    /** Returns the default gateways. */
    Set<InetAddress> gateways() {
        Set<InetAddress> gateways = new LinkedHashSet<>();
        for (String[] words : table(routes4)) {
            if (words.length > 3 && words[1].equals("00000000") && !words[2].equals("00000000")) {
                add(gateways, reversed(words[2]));
            }
        }
        for (String[] words : table(routes6)) {
            boolean byDefault = words.length > 4 && words[0].equals(NONE_V6) && words[1].equals("00");
            if (byDefault && !words[4].equals(NONE_V6) && !words[4].startsWith("fe80")) {
                add(gateways, bytes(words[4]));
            }
        }
        return gateways;
    }

    private static List<String[]> table(Path file) {
        List<String[]> rows = new ArrayList<>();
        try {
            Files.readAllLines(file).forEach(line -> rows.add(line.strip().split("\\s+")));
        } catch (IOException e) {
            LOG.debug("{} cannot be read", file, e);
        }
        return rows;
    }

    private static void add(Set<InetAddress> gateways, byte[] address) {
        try {
            gateways.add(InetAddress.getByAddress(address));
        } catch (UnknownHostException e) {
            LOG.debug("a route has no usable gateway", e);
        }
    }

    private static byte[] bytes(String hex) {
        byte[] bytes = new byte[hex.length() / 2];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        return bytes;
    }

    /** The kernel prints an IPv4 address as a number in the machine's byte order. */
    private static byte[] reversed(String hex) {
        byte[] bytes = bytes(hex);
        boolean little = java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN;
        return little ? new byte[] {bytes[3], bytes[2], bytes[1], bytes[0]} : bytes;
    }
}

package org.mainstay.guard.heartbeat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Words;

/**
 * One heartbeat path as the manager gives it.
 *
 * @param id the same at both ends
 * @param peer name of the other server
 * @param local address and UDP port here; need not exist yet; null for a shared-disk path
 * @param remote address and UDP port there; null for a shared-disk path
 * @param intervalMillis 50 to 15000
 * @param misses 2 to 99 missed heartbeats after which the path is dead
 * @param keyHex 32 bytes, hexadecimal
 * @param disk where a shared-disk path leads through; null for all others
 */
public record PathConfig(
        String id,
        String peer,
        InetSocketAddress local,
        InetSocketAddress remote,
        int intervalMillis,
        int misses,
        String keyHex,
        Disk disk) {

    private static final int WORDS = 10;
    private static final int DISK_WORDS = 8;

    /**
     * The shared disk of a path.
     *
     * @param device absolute path of a block device or image, the same storage at both ends
     * @param slot which of the two slots is this server's: 0 or 1
     */
    public record Disk(String device, int slot) {
        public Disk {
            if (!device.startsWith("/")) {
                throw new IllegalArgumentException("a shared disk needs an absolute path, not '" + device + "'");
            }
            if (slot < 0 || slot > 1) {
                throw new IllegalArgumentException("a shared disk has the slots 0 and 1, not " + slot);
            }
        }
    }

    /** A path over a network. */
    public PathConfig(
            String id,
            String peer,
            InetSocketAddress local,
            InetSocketAddress remote,
            int intervalMillis,
            int misses,
            String keyHex) {
        this(id, peer, local, remote, intervalMillis, misses, keyHex, null);
    }

    public PathConfig {
        if (intervalMillis < 50 || intervalMillis > 15_000 || misses < 2 || misses > 99) {
            throw new IllegalArgumentException(
                    "path " + id + ": the interval must be 50 to 15000 ms and the misses 2 to 99, not " + intervalMillis
                            + " and " + misses);
        }
        if (!keyHex.matches("[0-9a-fA-F]{64}")) {
            throw new IllegalArgumentException("path " + id + ": the key must be 32 bytes, hexadecimal");
        }
        if (disk == null && local.equals(remote)) {
            throw new IllegalArgumentException("path " + id + ": both ends are " + local);
        }
    }

    /**
     * Reads the words {@code path ID PEER LOCAL LPORT REMOTE RPORT INTERVAL MISSES KEY} or {@code disk ID PEER DEVICE SLOT
     * INTERVAL MISSES KEY}. Never asks a name server.
     */
    public static PathConfig parse(List<String> words) {
        if (words.size() >= DISK_WORDS && words.get(0).equals("disk")) {
            return new PathConfig(
                    words.get(1),
                    words.get(2),
                    null,
                    null,
                    Integer.parseInt(words.get(5)),
                    Integer.parseInt(words.get(6)),
                    words.get(7),
                    new Disk(words.get(3), Integer.parseInt(words.get(4))));
        }
        if (words.size() < WORDS || !words.get(0).equals("path")) {
            throw new IllegalArgumentException("a path line has " + WORDS + " words, not " + words.size());
        }
        return new PathConfig(
                words.get(1),
                words.get(2),
                new InetSocketAddress(literal(words.get(3)), Integer.parseInt(words.get(4))),
                new InetSocketAddress(literal(words.get(5)), Integer.parseInt(words.get(6))),
                Integer.parseInt(words.get(7)),
                Integer.parseInt(words.get(8)),
                words.get(9));
    }

    private static InetAddress literal(String address) {
        if (!address.matches("[0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*(%.+)?")) {
            throw new IllegalArgumentException("'" + address + "' is not an IP address");
        }
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("'" + address + "' is not an IP address", e);
        }
    }

    /** Returns the line that {@link #parse} reads. */
    public String encode() {
        if (disk != null) {
            return Words.line("disk", id, peer, disk.device(), disk.slot(), intervalMillis, misses, keyHex);
        }
        return Words.line(
                "path",
                id,
                peer,
                local.getAddress().getHostAddress(),
                local.getPort(),
                remote.getAddress().getHostAddress(),
                remote.getPort(),
                intervalMillis,
                misses,
                keyHex);
    }

    public long intervalNanos() {
        return TimeUnit.MILLISECONDS.toNanos(intervalMillis);
    }

    /** Returns after how long without an echo the path is dead (COMM-031). */
    public long detectionNanos() {
        return intervalNanos() * misses;
    }

    byte[] key() {
        return HexFormat.of().parseHex(keyHex);
    }

    /** Returns what packets carry for the id: the first 8 bytes of its SHA-256. */
    long wireId() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Returns which of the two ends this is, so that a packet sent back to its sender is told from the peer's: the
     * ends have the same key.
     */
    boolean upperEnd() {
        if (disk != null) {
            return disk.slot() == 1;
        }
        byte[] mine = local.getAddress().getAddress();
        byte[] theirs = remote.getAddress().getAddress();
        int order = java.util.Arrays.compareUnsigned(mine, theirs);
        return order != 0 ? order > 0 : local.getPort() > remote.getPort();
    }

    /** Returns whether nothing but key or timing differs, so that the path can go on with its state. */
    boolean sameRoute(PathConfig other) {
        return id.equals(other.id)
                && peer.equals(other.peer)
                && Objects.equals(local, other.local)
                && Objects.equals(remote, other.remote)
                && Objects.equals(disk, other.disk);
    }

    /** Returns the address or device here, for people. */
    public String here() {
        return disk == null ? local.getAddress().getHostAddress() : disk.device();
    }

    /** Returns the address or device there, for people. */
    public String there() {
        return disk == null ? remote.getAddress().getHostAddress() : disk.device();
    }

    @Override
    public String toString() {
        if (disk != null) {
            return "path " + id + " to " + peer + " (shared disk " + disk.device() + ")";
        }
        return "path " + id + " to " + peer + " (" + local.getAddress().getHostAddress() + ":" + local.getPort() + " - "
                + remote.getAddress().getHostAddress() + ":" + remote.getPort() + ")";
    }
}

package org.mainstay.guard.witness;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.UUID;

/**
 * The content of a QWK object (QUO-080): 4096 bytes, written by one server alone. Layout in docs/decisions/0100.
 *
 * @param cluster keeps clusters apart that use the same storage
 * @param initialised random id of the initialisation of this object ({@code qwk_storage_init})
 * @param server its name
 * @param state what the server does with it
 * @param incarnation random id of the guard's life that wrote it
 * @param generation number of that life; orders two copies of which nothing else is known
 * @param sequence rises with each write of an incarnation
 * @param writtenAt wall-clock time in ms, for people; nothing is decided by it
 * @param leaseMillis L of the writer
 * @param stopMillis S of the writer
 * @param settings digest of what must be equal on all servers
 */
record SignOfLife(
        UUID cluster,
        UUID initialised,
        String server,
        State state,
        long incarnation,
        long generation,
        long sequence,
        long writtenAt,
        int leaseMillis,
        int stopMillis,
        long settings) {

    /** What a server does with its object. The numbers are part of the format. */
    enum State {
        /** {@code qwk_storage_init} runs: written, but nothing depends on it yet. */
        INITIALISING,
        RUNNING,
        /** {@code qwk_storage_exit} was run. */
        EXITED
    }

    static final int BYTES = 4096;

    private static final int MAGIC = 0x4D51574B;
    private static final short VERSION = 2;
    private static final int NAME_AT = 88;
    private static final int NAME_LIMIT = 255;
    private static final int DIGEST_AT = BYTES - 32;

    /** Thrown for a page that is no whole object of this version. */
    static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        private final int number;

        /** @param number of the catalog's message, see {@link Problem} */
        DamagedException(int number, String message) {
            super(message);
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /** @throws IllegalArgumentException if the name does not fit */
    byte[] encode() {
        byte[] name = server.getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME_LIMIT) {
            throw new IllegalArgumentException("server name longer than " + NAME_LIMIT + " bytes: " + server);
        }
        ByteBuffer page = ByteBuffer.allocate(BYTES);
        page.putInt(MAGIC).putShort(VERSION).put((byte) state.ordinal()).put((byte) name.length);
        put(page, cluster);
        put(page, initialised);
        page.putLong(incarnation).putLong(generation).putLong(sequence).putLong(writtenAt);
        page.putInt(leaseMillis).putInt(stopMillis).putLong(settings).put(name);
        page.position(DIGEST_AT).put(digest(page.array(), DIGEST_AT));
        return page.array();
    }

    private static void put(ByteBuffer page, UUID id) {
        page.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    /** @throws DamagedException if it is torn, something else, or of another version */
    static SignOfLife decode(byte[] bytes) throws DamagedException {
        if (bytes.length != BYTES) {
            throw new DamagedException(Problem.NO_SIGNATURE, "it has " + bytes.length + " bytes instead of " + BYTES);
        }
        ByteBuffer page = ByteBuffer.wrap(bytes);
        if (page.getInt(0) != MAGIC) {
            throw new DamagedException(Problem.NO_SIGNATURE, "it is no QWK object of Mainstay");
        }
        byte[] expected = Arrays.copyOfRange(bytes, DIGEST_AT, BYTES);
        if (!MessageDigest.isEqual(expected, digest(bytes, DIGEST_AT))) {
            throw new DamagedException(Problem.WRONG_CHECKSUM, "its checksum is wrong (half written or damaged)");
        }
        if (page.getShort(4) != VERSION || page.get(6) < 0 || page.get(6) > State.EXITED.ordinal()) {
            throw new DamagedException(
                    Problem.OTHER_SIGNATURE, "it was written by a version of Mainstay that is not known here");
        }
        return new SignOfLife(
                id(page, 8),
                id(page, 24),
                new String(bytes, NAME_AT, bytes[7] & 0xFF, StandardCharsets.UTF_8),
                State.values()[page.get(6)],
                page.getLong(40),
                page.getLong(48),
                page.getLong(56),
                page.getLong(64),
                page.getInt(72),
                page.getInt(76),
                page.getLong(80));
    }

    /**
     * Returns whether the page is this server's own object of that initialisation, perhaps torn: its first sector, which every write
     * leaves as it is or replaces as a whole, says so.
     */
    static boolean tornOf(byte[] bytes, UUID cluster, UUID initialised) {
        if (bytes.length != BYTES) {
            return false;
        }
        ByteBuffer page = ByteBuffer.wrap(bytes);
        return page.getInt(0) == MAGIC
                && id(page, 8).equals(cluster)
                && id(page, 24).equals(initialised);
    }

    /** Returns the sequence in an object that was decoded before. */
    static long sequenceOf(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getLong(56);
    }

    /** Returns whether it was an object once, whatever happened to it. */
    static boolean startsLikeOne(byte[] bytes) {
        return bytes.length >= Integer.BYTES && ByteBuffer.wrap(bytes).getInt(0) == MAGIC;
    }

    private static UUID id(ByteBuffer page, int at) {
        return new UUID(page.getLong(at), page.getLong(at + 8));
    }

    /** Returns an id made of the first 16 bytes of the text's SHA-256. */
    static UUID idOf(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return id(ByteBuffer.wrap(digest(bytes, bytes.length)), 0);
    }

    private static byte[] digest(byte[] bytes, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}

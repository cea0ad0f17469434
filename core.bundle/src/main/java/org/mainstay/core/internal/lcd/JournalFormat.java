package org.mainstay.core.internal.lcd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Bytes of a journal file (big endian). Checksums are CRC32C and also cover store id and generation, so that a record of
 * another file is never taken for one of this.
 *
 * <pre>
 *    0  header: magic 8, format 4, generation 8, capacity 8, store id 16, server name 1 + 63, checksum 4
 *  512  close mark: sequence of the last record at the last orderly close 8, checksum 4
 * 4096  records without gaps: magic 4, kind 4, length 4, payload checksum 4, sequence 8, header checksum 4, zero 4, payload
 *       zeros up to the capacity
 * </pre>
 *
 * @param generation number in the file name
 * @param capacity size of the file in bytes, fixed when it is made
 * @param store id of the store all files of it share
 * @param server whose store it is
 */
record JournalFormat(long generation, int capacity, UUID store, String server) {
    static final int FIRST_RECORD = 4096;
    static final int RECORD_HEADER = 32;
    /** Room kept for the record that ends a journal. */
    static final int SEAL_ROOM = 256;

    static final int COMMIT = 1;
    static final int SEAL = 2;
    static final int MARK = 512;
    static final int MARK_LENGTH = 12;

    private static final long MAGIC = 0x4d5354_4c43444a_31L; // MSTLCDJ1
    private static final int FORMAT = 1;
    private static final int RECORD_MAGIC = 0x4c434452; // LCDR
    private static final int NAME = 64;
    private static final int HEADER = 8 + 4 + 8 + 8 + 16 + NAME + 4;
    private static final int MAX_CAPACITY = 1 << 30;

    /** A record as found. @param end position after it */
    record Found(int kind, long sequence, byte[] payload, int end) {}

    /** Returns the first block of a file: the header. */
    byte[] header() {
        byte[] name = server.getBytes(StandardCharsets.UTF_8);
        if (name.length == 0 || name.length >= NAME) {
            throw new IllegalArgumentException("a server name has 1 to " + (NAME - 1) + " bytes, not " + name.length);
        }
        ByteBuffer buffer = ByteBuffer.allocate(FIRST_RECORD);
        buffer.putLong(MAGIC).putInt(FORMAT).putLong(generation).putLong(capacity);
        buffer.putLong(store.getMostSignificantBits()).putLong(store.getLeastSignificantBits());
        buffer.put((byte) name.length).put(name).position(HEADER - 4);
        buffer.putInt(crc(buffer.array(), 0, HEADER - 4));
        return buffer.array();
    }

    /** Reads the header; empty if it is damaged or of another kind of file. */
    static Optional<JournalFormat> read(byte[] file) {
        if (file.length < HEADER) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(file, 0, HEADER);
        if (buffer.getInt(HEADER - 4) != crc(file, 0, HEADER - 4)
                || buffer.getLong() != MAGIC
                || buffer.getInt() != FORMAT) {
            return Optional.empty();
        }
        long generation = buffer.getLong();
        long capacity = buffer.getLong();
        UUID store = new UUID(buffer.getLong(), buffer.getLong());
        int length = buffer.get();
        if (capacity < FIRST_RECORD || capacity > MAX_CAPACITY || length < 1 || length >= NAME) {
            return Optional.empty();
        }
        String server = new String(file, HEADER - 4 - NAME + 1, length, StandardCharsets.UTF_8);
        return Optional.of(new JournalFormat(generation, (int) capacity, store, server));
    }

    byte[] record(int kind, long sequence, byte[] payload) {
        ByteBuffer buffer = ByteBuffer.allocate(RECORD_HEADER + payload.length);
        buffer.putInt(RECORD_MAGIC).putInt(kind).putInt(payload.length).putInt(payloadCrc(payload));
        buffer.putLong(sequence);
        buffer.putInt(seeded(buffer.array(), 0, 24));
        buffer.putInt(0);
        buffer.put(payload);
        return buffer.array();
    }

    private int payloadCrc(byte[] payload) {
        return crc(payload, 0, payload.length);
    }

    /** Returns the sequence of a record header at the position; empty if there is no intact header. */
    Optional<Long> sequenceAt(byte[] file, int position) {
        if (position + RECORD_HEADER > file.length) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(file);
        return buffer.getInt(position) == RECORD_MAGIC
                        && buffer.getInt(position + 24) == seeded(file, position, 24)
                        && buffer.getInt(position + 28) == 0
                ? Optional.of(buffer.getLong(position + 16))
                : Optional.empty();
    }

    /** Returns the record at the position if header and payload are intact, whatever its sequence. */
    Optional<Found> recordAt(byte[] file, int position) {
        Optional<Long> sequence = sequenceAt(file, position);
        if (sequence.isEmpty()) {
            return Optional.empty();
        }
        ByteBuffer buffer = ByteBuffer.wrap(file);
        int length = buffer.getInt(position + 8);
        int start = position + RECORD_HEADER;
        if (length < 0 || length > file.length - start) {
            return Optional.empty();
        }
        if (buffer.getInt(position + 12) != crc(file, start, length)) {
            return Optional.empty();
        }
        return Optional.of(new Found(
                buffer.getInt(position + 4),
                sequence.get(),
                Arrays.copyOfRange(file, start, start + length),
                start + length));
    }

    byte[] mark(long sequence) {
        ByteBuffer buffer = ByteBuffer.allocate(MARK_LENGTH).putLong(sequence);
        return buffer.putInt(seeded(buffer.array(), 0, 8)).array();
    }

    /** Returns the sequence up to which an orderly close found everything acknowledged; 0 if there is no intact mark. */
    long markIn(byte[] file) {
        if (file.length < MARK + MARK_LENGTH) {
            return 0;
        }
        ByteBuffer buffer = ByteBuffer.wrap(file);
        return buffer.getInt(MARK + 8) == seeded(file, MARK, 8) ? buffer.getLong(MARK) : 0;
    }

    private int seeded(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        ByteBuffer seed = ByteBuffer.allocate(24);
        seed.putLong(generation).putLong(store.getMostSignificantBits()).putLong(store.getLeastSignificantBits());
        crc.update(seed.array());
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}

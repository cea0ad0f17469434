package org.mainstay.guard.reserve;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * One server's page of a reservation area. Written by that server alone.
 *
 * @param installation random id of the installation: who owns the slot, whatever its name
 * @param server its name, for people
 * @param state what it wants of the storage
 * @param claim number of its claim; a higher one supersedes a lower one
 * @param counter rises with each write: a holder whose counter stands still is gone
 * @param ioMillis how long this server needs from reading the area to having written to it: how long others wait for it
 * @param renewMillis how often this server renews its claim: others give it three of them
 */
record Slot(UUID installation, String server, State state, long claim, long counter, int ioMillis, int renewMillis) {

    /** What a server wants. The numbers are part of the format. */
    enum State {
        FREE,
        /** Written, not yet known whether another server wrote at the same time. */
        CLAIMING,
        CLAIMED
    }

    static final int BYTES = 4096;
    private static final int MAGIC = 0x4D535253;
    private static final short VERSION = 1;
    private static final int NAME_LIMIT = 255;
    /** Where a page of a shared-disk path carries a heartbeat: its length, then its bytes. */
    private static final int BEAT = 512;

    /** Thrown for a page that holds something, but no slot: torn, damaged or foreign. */
    static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        DamagedException(String message) {
            super(message);
        }
    }

    Slot with(State newState, long newClaim) {
        return new Slot(installation, server, newState, newClaim, counter + 1, ioMillis, renewMillis);
    }

    /** Says how slow and how often this server writes. */
    Slot withPace(int slowest, int renew) {
        return new Slot(installation, server, state, claim, counter, slowest, renew);
    }

    boolean holds() {
        return state != State.FREE;
    }

    /** Returns whether this claim goes before the other when both were written at the same time. */
    boolean beats(Slot other) {
        if (claim != other.claim) {
            return claim > other.claim;
        }
        int order = server.compareTo(other.server);
        return order != 0 ? order < 0 : installation.compareTo(other.installation) < 0;
    }

    /** Fills the page, {@link #BYTES} from the position on. */
    void write(ByteBuffer page) {
        write(page, null);
    }

    /** Fills the page. @param beat heartbeat it carries, from position to limit, left as it is; null: none */
    void write(ByteBuffer page, ByteBuffer beat) {
        int start = page.position();
        byte[] name = server.getBytes(StandardCharsets.UTF_8);
        if (name.length > NAME_LIMIT) {
            throw new IllegalArgumentException("server name longer than " + NAME_LIMIT + " bytes: " + server);
        }
        page.putInt(MAGIC).putShort(VERSION).put((byte) state.ordinal()).put((byte) name.length);
        page.putLong(installation.getMostSignificantBits()).putLong(installation.getLeastSignificantBits());
        page.putLong(claim)
                .putLong(counter)
                .putInt(ioMillis)
                .putInt(renewMillis)
                .put(name);
        while (page.position() < start + BYTES - Integer.BYTES) {
            page.put((byte) 0);
        }
        if (beat != null) {
            page.putInt(start + BEAT, beat.remaining());
            page.put(start + BEAT + Integer.BYTES, beat, beat.position(), beat.remaining());
        }
        page.putInt(crc(page, start));
    }

    /** Returns a copy of the heartbeat that a page of this format carries; empty if it carries none. */
    static ByteBuffer beat(ByteBuffer page, int start) {
        int length = page.getInt(start + BEAT);
        if (length < 0 || length > BYTES - BEAT - 2 * Integer.BYTES) {
            return ByteBuffer.allocate(0);
        }
        ByteBuffer beat = ByteBuffer.allocate(length);
        beat.put(0, page, start + BEAT + Integer.BYTES, length);
        return beat;
    }

    /** Reads the page at the index. @return null if the page is empty */
    static Slot read(ByteBuffer page, int start) throws DamagedException {
        if (page.getInt(start) == 0 && empty(page, start)) {
            return null;
        }
        if (page.getInt(start) != MAGIC) {
            throw new DamagedException("no reservation slot");
        }
        if (page.getInt(start + BYTES - Integer.BYTES) != crc(page, start)) {
            throw new DamagedException("checksum wrong");
        }
        if (page.getShort(start + 4) != VERSION || page.get(start + 6) > State.CLAIMED.ordinal()) {
            throw new DamagedException("written by a version of Mainstay that is not known here");
        }
        byte[] name = new byte[page.get(start + 7) & 0xFF];
        page.get(start + 48, name);
        return new Slot(
                new UUID(page.getLong(start + 8), page.getLong(start + 16)),
                new String(name, StandardCharsets.UTF_8),
                State.values()[page.get(start + 6)],
                page.getLong(start + 24),
                page.getLong(start + 32),
                page.getInt(start + 40),
                page.getInt(start + 44));
    }

    private static boolean empty(ByteBuffer page, int start) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            if (page.getLong(start + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private static int crc(ByteBuffer page, int start) {
        CRC32C crc = new CRC32C();
        crc.update(page.duplicate().position(start).limit(start + BYTES - Integer.BYTES));
        return (int) crc.getValue();
    }
}

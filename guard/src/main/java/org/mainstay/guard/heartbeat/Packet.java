package org.mainstay.guard.heartbeat;

import java.nio.ByteBuffer;

/**
 * A heartbeat as it travels: big-endian, {@link #LENGTH} bytes, the last 32 being the HMAC-SHA256 of all before. A later
 * minor version may put fields between {@link #BODY} and the HMAC; this one skips them. Mutable and reused: the thread that
 * sends and receives makes no garbage per packet.
 *
 * <pre>
 *   0 magic   4 version  6 flags  8 path   16 sender's guard instance  24 sequence  32 echoed instance  40 echoed sequence
 *  48 boot id (16)  64 LCD incarnation  72 LCD version  80 loop age ms  84 commit age ms  88 membership  96 epochs
 * 104 status counter  112 L of the sender ms  116 S of the sender ms  120 reserved (16)  136 HMAC (32)
 * </pre>
 */
final class Packet {
    static final int MAGIC = 0x4D534842;
    static final short VERSION = 1;
    static final int BODY = 136;
    static final int MAC = 32;
    static final int LENGTH = BODY + MAC;
    static final int LARGEST = 1024;

    static final int UPPER_END = 1;
    static final int MANAGER_PRESENT = 2;
    /** The sender receives this path's heartbeats: its path is alive. */
    static final int HEARS_YOU = 4;

    /** The sender grants its lease to the instance whose sequence it echoes, counted from when that was sent. */
    static final int GRANTS_LEASE = 8;

    /** The sender runs what it has whether it is granted anything or not: that its grants are over says nothing of it. */
    static final int WITHOUT_LEASE = 16;

    /** The sender stops what it has when its lease ends. Releases that set neither flag are taken for such. */
    static final int WITH_LEASE = 32;

    /** The sender's watchdog is fed now: it resets the machine when its guard does not go on. Never set by releases before. */
    static final int WATCHDOG_FED = 64;

    short flags;
    long path;
    long instance;
    long sequence;
    long echoInstance;
    long echoSequence;
    int leaseMillis;
    int lossStopMillis;
    /** What the sender says of its server. */
    final Status status = new Status();

    /** What heartbeats say of a server. Times in milliseconds. */
    static final class Status {
        long bootHigh;
        long bootLow;
        boolean managerPresent;
        boolean watchdogFed;
        long incarnation;
        long version;
        int loopAge;
        int commitAge;
        long membership;
        long epochs;
        long counter;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Writes everything before the HMAC. */
    void writeBody(ByteBuffer to) {
        to.putInt(MAGIC).putShort(VERSION);
        int said = (status.managerPresent ? MANAGER_PRESENT : 0) | (status.watchdogFed ? WATCHDOG_FED : 0);
        to.putShort((short) (flags | said));
        to.putLong(path)
                .putLong(instance)
                .putLong(sequence)
                .putLong(echoInstance)
                .putLong(echoSequence);
        to.putLong(status.bootHigh).putLong(status.bootLow);
        to.putLong(status.incarnation).putLong(status.version);
        to.putInt(status.loopAge).putInt(status.commitAge);
        to.putLong(status.membership).putLong(status.epochs).putLong(status.counter);
        to.putInt(leaseMillis).putInt(lossStopMillis).putLong(0).putLong(0);
    }

    /** Returns whether the datagram may be a heartbeat of a version this guard understands; reads nothing else. */
    static boolean plausible(ByteBuffer from) {
        int length = from.remaining();
        return length >= LENGTH
                && length <= LARGEST
                && from.getInt(from.position()) == MAGIC
                && from.getShort(from.position() + 4) == VERSION;
    }

    static long pathOf(ByteBuffer from) {
        return from.getLong(from.position() + 8);
    }

    /** Reads a plausible datagram that starts at position 0. */
    void read(ByteBuffer from) {
        flags = from.getShort(6);
        path = from.getLong(8);
        instance = from.getLong(16);
        sequence = from.getLong(24);
        echoInstance = from.getLong(32);
        echoSequence = from.getLong(40);
        status.bootHigh = from.getLong(48);
        status.bootLow = from.getLong(56);
        status.managerPresent = has(MANAGER_PRESENT);
        status.watchdogFed = has(WATCHDOG_FED);
        status.incarnation = from.getLong(64);
        status.version = from.getLong(72);
        status.loopAge = from.getInt(80);
        status.commitAge = from.getInt(84);
        status.membership = from.getLong(88);
        status.epochs = from.getLong(96);
        status.counter = from.getLong(104);
        leaseMillis = from.getInt(112);
        lossStopMillis = from.getInt(116);
    }
}

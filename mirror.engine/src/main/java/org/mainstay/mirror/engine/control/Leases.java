package org.mainstay.mirror.engine.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a volume may go on with after the engine itself was started again: its role, within the boot of the machine (and the mount namespace) and the
 * lease in which it was given. Not synced to storage on purpose: after a reboot it says nothing.
 */
final class Leases {
    private static final long NONE = Long.MAX_VALUE;
    /** In /proc/PID/stat, counted from the state, which follows the name. */
    private static final int START_TIME = 19;

    private final Path folder;
    private final String boot;

    Leases(Path folder) throws IOException {
        this(folder, boot());
    }

    /** @param boot names this boot of the machine */
    Leases(Path folder, String boot) {
        this.folder = folder;
        this.boot = boot;
    }

    /**
     * Mounts and attachments of another mount namespace are as gone as those of another boot. The kernel gives the number of a
     * namespace that ended to the next one, so the start of its first process belongs to it.
     */
    private static String boot() throws IOException {
        String first = Files.readString(Path.of("/proc/1/stat"));
        String started = first.substring(first.lastIndexOf(')') + 2).split(" ")[START_TIME];
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim() + "/"
                + Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")) + "/" + started;
    }

    /** Returns the time since boot, with time asleep, in milliseconds. */
    static long uptime() throws IOException {
        String text = Files.readString(Path.of("/proc/uptime"));
        return (long) (Double.parseDouble(text.substring(0, text.indexOf(' '))) * 1000);
    }

    private Path file(String volume) {
        return folder.resolve(volume + ".role");
    }

    /** @param end on {@link #uptime}; {@link Long#MAX_VALUE}: no end */
    void put(String volume, String role, long epoch, String peer, long end) throws IOException {
        String text = boot + " " + role + " " + epoch + " " + (peer.isEmpty() ? "-" : peer) + " " + end;
        Path fresh = folder.resolve(volume + ".role.new");
        Files.writeString(fresh, text);
        Files.move(fresh, file(volume), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    void remove(String volume) throws IOException {
        Files.deleteIfExists(file(volume));
    }

    /** Returns role, epoch, peer and end, if they still hold; empty if not. */
    Map<String, String> get(String volume) throws IOException {
        Map<String, String> values = new TreeMap<>();
        if (!Files.exists(file(volume))) {
            return values;
        }
        String[] words = Files.readString(file(volume)).split(" ", 6);
        if (words.length != 5 || !words[0].equals(boot)) {
            return values;
        }
        long end = Long.parseLong(words[4]);
        if (end != NONE && uptime() >= end) {
            return values;
        }
        values.put("role", words[1]);
        values.put("epoch", words[2]);
        values.put("peer", words[3]);
        values.put("end", words[4]);
        return values;
    }
}

package org.mainstay.shell.internal.snmp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Tunables;

/**
 * Where traps are sent and with which community: {@code etc/default/LifeKeeper} as it is now. What cannot be used is a sentence for
 * {@code status} and the log, never an exception. The community is a secret: it is in no text, and in no text form of this class.
 */
public final class TrapSettings {
    static final String RECEIVERS = "SNMP_TRAP_RECEIVERS";
    static final String COMMUNITY_FILE = "SNMP_TRAP_COMMUNITY_FILE";

    private static final String USUAL_COMMUNITY = "public";
    private static final int MOST_RECEIVERS = 16;
    private static final int MOST_COMMUNITY = 255;
    private static final int MOST_FILE_BYTES = 4_096;
    private static final Set<PosixFilePermission> OWNERS =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final List<TrapTarget> targets;
    private final byte[] community;
    private final List<String> problems;

    private TrapSettings(List<TrapTarget> targets, byte[] community, List<String> problems) {
        this.targets = List.copyOf(targets);
        this.community = community;
        this.problems = List.copyOf(problems);
    }

    /** Reads the settings. Asks no name server. @param home MAINSTAY_HOME */
    public static TrapSettings read(Path home) {
        List<String> problems = new ArrayList<>();
        Set<TrapTarget> targets = new LinkedHashSet<>();
        byte[] community = new byte[0];
        try {
            Tunables tunables = Tunables.read(home);
            receivers(tunables.text(RECEIVERS, ""), targets, problems);
            if (!targets.isEmpty()) {
                community = community(tunables.text(COMMUNITY_FILE, ""));
            }
        } catch (CommandException e) {
            targets.clear();
            problems.add("no SNMP traps are sent: " + e.getMessage());
        }
        return new TrapSettings(List.copyOf(targets), community, problems);
    }

    private static void receivers(String text, Set<TrapTarget> targets, List<String> problems) {
        for (String word : text.split("[,\\s]+")) {
            if (word.isEmpty()) {
                continue;
            }
            TrapTarget.parse(word)
                    .ifPresentOrElse(
                            targets::add,
                            () -> problems.add("no SNMP traps are sent to '" + word + "': " + RECEIVERS
                                    + " in etc/default/LifeKeeper takes HOST, HOST:PORT or [IPV6]:PORT with commas"
                                    + " between them, ports 1 to 65535; correct the file"));
        }
        if (targets.size() > MOST_RECEIVERS) {
            List<TrapTarget> all = List.copyOf(targets);
            targets.retainAll(all.subList(0, MOST_RECEIVERS));
            problems.add("SNMP traps are sent to the first " + MOST_RECEIVERS + " of " + RECEIVERS
                    + " in etc/default/LifeKeeper only: it lists " + all.size());
        }
    }

    /** A console may take a trap with another community for an attack: with a file that cannot be used nothing is sent. */
    private static byte[] community(String name) throws CommandException {
        if (name.isEmpty()) {
            return USUAL_COMMUNITY.getBytes(StandardCharsets.UTF_8);
        }
        String what = COMMUNITY_FILE + "=" + name + " in etc/default/LifeKeeper ";
        if (!name.startsWith("/")) {
            throw CommandException.invalid(what + "must be an absolute path");
        }
        try {
            Path file = Path.of(name);
            if (!Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class)
                    .isRegularFile()) {
                throw CommandException.invalid(what + "is not a file");
            }
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view != null && !OWNERS.containsAll(view.readAttributes().permissions())) {
                throw CommandException.invalid(
                        what + "can be read by others than its owner: say 'chmod 600 " + name + "'");
            }
            if (Files.size(file) > MOST_FILE_BYTES) {
                throw CommandException.invalid(what + "holds more than one line with a community");
            }
            String first = Files.readString(file, StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
            byte[] bytes = first.getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0 || bytes.length > MOST_COMMUNITY || first.matches(".*\\p{Cntrl}.*")) {
                throw CommandException.invalid(
                        what + "needs a community of 1 to " + MOST_COMMUNITY + " bytes in its first line");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw CommandException.invalid(what + "does not exist");
        } catch (IOException | java.nio.file.InvalidPathException e) {
            throw CommandException.invalid(
                    what + "cannot be read: " + e.getClass().getSimpleName());
        }
    }

    /** Returns what cannot be used, one sentence each; empty if all is well. */
    public List<String> problems() {
        return problems;
    }

    /** Returns where traps go; empty if they go nowhere. */
    List<TrapTarget> targets() {
        return targets;
    }

    byte[] community() {
        return Arrays.copyOf(community, community.length);
    }
}

package org.mainstay.core.internal.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Finds out who keeps a mount point or a device busy. Reads links and tables in {@code /proc} only and never the files
 * themselves, so that storage that hangs cannot hang the search.
 */
final class StorageUsers {
    private final Path proc;
    private final List<MountInfo> mounts;

    StorageUsers(Path proc, List<MountInfo> mounts) {
        this.proc = proc;
        this.mounts = mounts;
    }

    /** Returns processes as {@code pid (name)}, then mounts below or of the place. */
    List<String> of(Path place) {
        Set<Integer> ids = mounts.stream()
                .filter(mount -> mount.target().equals(place))
                .map(MountInfo::id)
                .collect(Collectors.toSet());
        Set<String> devices = mounts.stream()
                .filter(mount -> mount.target().equals(place))
                .map(MountInfo::device)
                .collect(Collectors.toSet());
        List<String> users = new ArrayList<>();
        Optional<String> namespace = ProcFiles.link(proc.resolve("self/ns/mnt"));
        for (long pid : ProcFiles.pids(proc)) {
            Path folder = proc.resolve(String.valueOf(pid));
            boolean sameNamespace = ProcFiles.link(folder.resolve("ns/mnt")).equals(namespace);
            if (sameNamespace && holds(folder, place)
                    || keepsOpen(folder, place, ids)
                    || maps(folder, devices, sameNamespace)) {
                users.add(pid + " (" + ProcFiles.text(folder.resolve("comm")).strip() + ")");
            }
        }
        for (MountInfo mount : mounts) {
            if (!mount.target().equals(place) && mount.target().startsWith(place)) {
                users.add("mount " + mount.target());
            } else if (mount.source().equals(place.toString())) {
                users.add("mount " + mount.target());
            }
        }
        return users;
    }

    private static boolean holds(Path folder, Path place) {
        for (String name : List.of("cwd", "root", "exe")) {
            Optional<String> link = ProcFiles.link(folder.resolve(name));
            if (link.isPresent() && isBelow(link.get(), place)) {
                return true;
            }
        }
        return false;
    }

    /** Open files carry the id of their mount; a device node is found by its name. */
    private static boolean keepsOpen(Path folder, Path place, Set<Integer> ids) {
        for (Path open : ProcFiles.list(folder.resolve("fd"))) {
            if (!ids.isEmpty()) {
                String info = ProcFiles.text(folder.resolve("fdinfo").resolve(open.getFileName()));
                if (info.lines()
                        .anyMatch(line -> line.startsWith("mnt_id:")
                                && ids.contains(
                                        Integer.parseInt(line.substring(7).strip())))) {
                    return true;
                }
            } else if (ProcFiles.link(open).filter(place.toString()::equals).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** A mapped file is known by its device; file systems with devices of their own per file are missed. */
    private static boolean maps(Path folder, Set<String> devices, boolean sameNamespace) {
        if (devices.isEmpty() || !sameNamespace) {
            return false;
        }
        return ProcFiles.text(folder.resolve("maps")).lines().anyMatch(line -> {
            String[] fields = line.split(" +", 6);
            return fields.length >= 5 && !fields[4].equals("0") && devices.contains(decimal(fields[3]));
        });
    }

    /** From hexadecimal {@code 07:00} of maps to decimal {@code 7:0} of mountinfo. */
    private static String decimal(String device) {
        String[] parts = device.split(":");
        return Integer.parseInt(parts[0], 16) + ":" + Integer.parseInt(parts[1], 16);
    }

    private static boolean isBelow(String link, Path place) {
        String plain = link.endsWith(" (deleted)") ? link.substring(0, link.length() - 10) : link;
        return plain.startsWith("/") && Path.of(plain).startsWith(place) && !place.equals(Path.of("/"));
    }
}

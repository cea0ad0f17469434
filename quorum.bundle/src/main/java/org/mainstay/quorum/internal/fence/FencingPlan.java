package org.mainstay.quorum.internal.fence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code etc/fencing} as it is in effect: the file if it is usable, else the last usable one, also after a restart. Used by one
 * thread.
 */
final class FencingPlan {
    private static final Logger LOG = LoggerFactory.getLogger(FencingPlan.class);

    private final Path file;
    private final Path kept;
    private List<Device> devices = List.of();
    private String refused = "";
    private Object version;

    FencingPlan(Path file, Path folder) {
        this.file = file;
        this.kept = folder.resolve("fencing");
    }

    /** Reads the file if it changed. @return whether anything is different now */
    boolean refresh() {
        Object now = version();
        if (now.equals(version)) {
            return false;
        }
        boolean first = version == null;
        version = now;
        List<Device> before = devices;
        String refusedBefore = refused;
        try {
            devices = FencingFile.read(file);
            refused = "";
            keep();
        } catch (IOException | FencingProblem e) {
            refused = e instanceof IOException ? "etc/fencing cannot be read: " + e.getMessage() : e.getMessage();
            if (first) {
                devices = lastGood();
            }
        }
        return first || !before.equals(devices) || !refusedBefore.equals(refused);
    }

    private Object version() {
        try {
            return List.of(Files.getLastModifiedTime(file), Files.size(file));
        } catch (IOException e) {
            return "none";
        }
    }

    private void keep() {
        try {
            Files.createDirectories(kept.toAbsolutePath().getParent());
            if (Files.exists(file)) {
                Path fresh = kept.resolveSibling("fencing.new");
                Files.copy(file, fresh, StandardCopyOption.REPLACE_EXISTING);
                Files.move(fresh, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                Files.deleteIfExists(kept);
            }
        } catch (IOException e) {
            LOG.warn("{} cannot be kept for the next start: {}", file, e.toString());
        }
    }

    private List<Device> lastGood() {
        try {
            // secrets lie beside the file in etc/, not beside the copy
            return FencingFile.read(kept, file.toAbsolutePath().getParent());
        } catch (IOException | FencingProblem e) {
            LOG.warn("the last usable fencing configuration is lost: {}", e.toString());
            return List.of();
        }
    }

    List<Device> devices() {
        return devices;
    }

    /** Returns why the present file is not in effect; empty: it is. */
    String refused() {
        return refused;
    }

    /** Returns the levels of a server in their order. */
    SortedMap<Integer, List<Device>> levels(String server) {
        SortedMap<Integer, List<Device>> levels = new TreeMap<>();
        devices.stream()
                .filter(device -> device.server().equals(server))
                .forEach(device -> levels.merge(device.level(), List.of(device), FencingPlan::joined));
        return levels;
    }

    private static List<Device> joined(List<Device> some, List<Device> more) {
        List<Device> all = new java.util.ArrayList<>(some);
        all.addAll(more);
        return List.copyOf(all);
    }

    /** Returns the servers that can be fenced without a person, this one left out. */
    Set<String> covered(String self) {
        Set<String> covered = new TreeSet<>();
        devices.stream()
                .filter(device -> device.kind() != Device.Kind.MANUAL)
                .map(Device::server)
                .filter(server -> !server.equals(self))
                .forEach(covered::add);
        return covered;
    }
}

package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.ResourceInfo;

/** What must be true of a mirrored volume on a server, beside what is asked of every volume. Changes nothing. */
final class MirrorChecks {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final CreateContext context;
    private final VolumeChecks checks;

    MirrorChecks(CreateContext context, VolumeChecks checks) {
        this.context = context;
        this.checks = checks;
    }

    /** Checks the first side, which has the file system, and completes the properties. */
    Map<String, String> create(Volume volume, Mirrored mirrored) throws VolumeChecks.RefusedException {
        Volume known = checks.own(volume, context.resource(), context.resources());
        common(known, mirrored);
        byte[] random = new byte[4];
        RANDOM.nextBytes(random);
        String slug = known.mount().getFileName().toString().replaceAll("[^A-Za-z0-9_.-]", "_");
        String name = slug.substring(0, Math.min(40, slug.length())) + "-"
                + HexFormat.of().formatHex(random);
        return properties(known, mirrored, name, size(known.device()));
    }

    /** Checks a further side: any storage that is large enough; what is on it is overwritten. */
    Map<String, String> extend(Volume volume, Mirrored mirrored) throws VolumeChecks.RefusedException {
        checks.blank(volume, context.resource(), context.resources());
        common(volume, mirrored);
        long size = size(volume.device());
        if (size < mirrored.size()) {
            throw new VolumeChecks.RefusedException("device: " + volume.device() + " has " + size
                    + " bytes here; the volume has " + mirrored.size() + ": choose one of at least that size");
        }
        checks.remarks().add("what is on " + volume.device() + " here is overwritten by the mirror");
        return properties(volume, mirrored, mirrored.volume(), mirrored.size());
    }

    private static Map<String, String> properties(Volume volume, Mirrored mirrored, String name, long size) {
        Map<String, String> all =
                new TreeMap<>(volume.withReservation(Volume.NONE).properties());
        all.put(Mirrored.ADDRESS, mirrored.address());
        all.put(Mirrored.TYPE, mirrored.type());
        all.put(Mirrored.NAME, name);
        all.put(Mirrored.SIZE, Long.toString(size));
        return all;
    }

    private void common(Volume volume, Mirrored mirrored) throws VolumeChecks.RefusedException {
        if (!volume.reservation().isEmpty() && !volume.reservation().equals(Volume.NONE)) {
            throw new VolumeChecks.RefusedException(
                    "reservation: a mirrored volume has no shared storage to reserve; leave it out");
        }
        requireLocal(mirrored.address());
        for (ResourceInfo other : context.resources()) {
            if (other.application().equals(VolumeKit.APPLICATION)
                    && other.type().equals(VolumeKit.TYPE)) {
                int port = Mirrored.of(other.tag(), other.properties())
                        .map(Mirrored::port)
                        .orElse(mirrored.port());
                if (port != mirrored.port()) {
                    throw new VolumeChecks.RefusedException("mirror: the engine of this server listens on port " + port
                            + " for '" + other.tag() + "' already; use that");
                }
            }
        }
    }

    private void requireLocal(String address) throws VolumeChecks.RefusedException {
        String host = address.substring(0, address.lastIndexOf(':')).replaceAll("^\\[|\\]$", "");
        List<InetAddress> own = context.host().network().interfaces().stream()
                .flatMap(one -> one.addresses().stream())
                .map(HostNetwork.InterfaceAddress::address)
                .toList();
        try {
            if (!own.contains(InetAddress.getByName(host))) {
                throw new VolumeChecks.RefusedException("mirror: " + host + " is not an address of this server ("
                        + context.resource().server() + "); give one that the other servers reach, with --set mirror=");
            }
        } catch (IOException e) {
            throw new VolumeChecks.RefusedException("mirror: " + host + " is not known: " + e.getMessage());
        }
    }

    private long size(Path device) throws VolumeChecks.RefusedException {
        try {
            if (Devices.isImage(device)) {
                return Files.size(device);
            }
        } catch (IOException e) {
            throw new VolumeChecks.RefusedException("device: " + device + " cannot be read: " + e.getMessage());
        }
        CommandResult result = context.host()
                .run(Command.of("blockdev", "--getsize64", device.toString()).build());
        if (!result.succeeded() || !result.output().strip().matches("[0-9]+")) {
            throw new VolumeChecks.RefusedException(
                    "device: the size of " + device + " is not known: " + result.summary());
        }
        return Long.parseLong(result.output().strip());
    }
}

package org.mainstay.shell.internal.command.node;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.registry.Tunables;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mainstay commpath create} (ADM-086, ADM-401 to ADM-407). */
@Command(
        name = "create",
        description = {
            "Creates both ends of a comm path and waits until it is alive, or changes nothing (exit code 9).",
            "",
            "A path of type disk leads over a small raw partition (1 MB is enough) or image that both servers of a cluster of two reach "
                    + "by the same name. It carries heartbeats only: while it lives, nothing of the other server is taken over even if "
                    + "all networks are cut. Its device must hold nothing."
        },
        footer = {
            "",
            "Examples:",
            "  mainstay commpath create --to B --local 10.77.1.1 --remote 10.77.1.2",
            "  mainstay commpath create --to B --local 10.77.2.1 --remote 10.77.2.2 \\",
            "      --priority 2 --interval 0.2 --misses 3",
            "  mainstay commpath create --to B --type disk \\",
            "      --device /dev/disk/by-id/scsi-360-part3"
        })
public final class CommPathCreate extends BaseCommand {
    private static final BigDecimal MILLIS_PER_SECOND = BigDecimal.valueOf(1000);

    @Option(names = "--to", required = true, paramLabel = "NAME", description = "The other server.")
    private String peer;

    @Option(names = "--type", paramLabel = "TYPE", description = "tcp (default) or disk.")
    private String type;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "The shared device of a path of type disk: an absolute path, the same on both servers.")
    private String device;

    @Option(
            names = "--local",
            paramLabel = "ADDRESS",
            description = "Address of this server on the path; default: the one closest to --remote.")
    private String local;

    @Option(
            names = "--remote",
            paramLabel = "ADDRESS",
            description = "Address of the other server on the path; needed unless the type is disk.")
    private String remote;

    @Option(
            names = "--priority",
            paramLabel = "N",
            description =
                    "1 to 99, the lowest is preferred for messages; default: one more than the paths so far, for type disk 61.")
    private Integer priority;

    @Option(
            names = "--interval",
            paramLabel = "SECONDS",
            description = "Heartbeat interval, 0.05 to 15; default: LCMHBEATTIME, as shipped 0.5.")
    private BigDecimal interval;

    @Option(
            names = "--misses",
            paramLabel = "N",
            description =
                    "Missed heartbeats after which the path is dead, 2 to 99; default: LCMNUMHBEATS, as shipped 6.")
    private Integer misses;

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        boolean disk = disk();
        String from = disk ? device : localAddress(invocation);
        String to = disk ? device : remote;
        Tunables tunables = Tunables.read(invocation.platform().home());
        Profile profile = Profile.of(tunables);
        BigDecimal seconds = interval == null ? tunables.decimal("LCMHBEATTIME", profile.interval()) : interval;
        int allowed = misses == null ? tunables.integer("LCMNUMHBEATS", profile.misses()) : misses;
        int rank = priority == null ? nextPriority(invocation.snapshot(), disk) : priority;
        int millis = millis(seconds);
        profile.check(seconds, millis, allowed);
        try {
            new CommPath("", peer, from, to, rank, millis, allowed);
        } catch (IllegalArgumentException e) {
            throw CommandException.invalid(e.getMessage());
        }
        return invocation.submit(new Request.CreatePath(peer, from, to, rank, millis, allowed));
    }

    private boolean disk() throws CommandException {
        String chosen = type == null ? device == null ? "tcp" : "disk" : type.toLowerCase(Locale.ROOT);
        if (!chosen.equals("tcp") && !chosen.equals("disk")) {
            throw CommandException.invalid("--type must be tcp or disk, not '" + type + "'"
                    + (chosen.equals("tty") ? ": serial paths are not supported" : ""));
        }
        boolean disk = chosen.equals("disk");
        if (disk && (device == null || local != null || remote != null)) {
            throw CommandException.invalid("a path of type disk needs --device, and neither --local nor --remote");
        }
        if (disk && !device.startsWith("/")) {
            throw CommandException.invalid("--device must be an absolute path, not '" + device + "'");
        }
        if (!disk && (device != null || remote == null)) {
            throw CommandException.invalid("a path of type tcp needs --remote, and no --device");
        }
        return disk;
    }

    private String localAddress(Invocation invocation) throws CommandException {
        requireAddress("--remote", remote);
        String from = local == null ? nearest(invocation) : local;
        requireAddress("--local", from);
        return from;
    }

    /** Too large and too small values become ones that are out of range as well. */
    private static int millis(BigDecimal seconds) {
        BigDecimal most = BigDecimal.valueOf(Integer.MAX_VALUE);
        return seconds.abs()
                .min(most)
                .multiply(MILLIS_PER_SECOND)
                .min(most)
                .setScale(0, RoundingMode.HALF_UP)
                .multiply(BigDecimal.valueOf(seconds.signum()))
                .intValueExact();
    }

    private static void requireAddress(String option, String address) throws CommandException {
        if (!IpAddresses.isLiteral(address)) {
            throw CommandException.invalid(option + " must be an IPv4 or IPv6 address, not '" + address + "'");
        }
    }

    private String nearest(Invocation invocation) throws CommandException {
        List<String> addresses = invocation.platform().enrolment().localAddresses();
        return IpAddresses.nearest(addresses, remote)
                .orElseThrow(() -> CommandException.invalid("no address of this server fits " + remote
                        + "; give --local, one of " + String.join(", ", addresses)));
    }

    private int nextPriority(ClusterSnapshot snapshot, boolean disk) {
        Collection<CommPath> paths = snapshot.own().rows(LcdSection.PATHS).values();
        int next = paths.stream()
                        .filter(path -> path.peer().equals(peer) && (disk || !path.disk()))
                        .mapToInt(CommPath::priority)
                        .max()
                        .orElse(0)
                + 1;
        return disk ? Math.max(CommPath.DISK_PRIORITY, next) : next;
    }
}

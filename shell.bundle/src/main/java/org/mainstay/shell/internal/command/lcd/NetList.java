package org.mainstay.shell.internal.command.lcd;

import java.util.List;
import java.util.Map;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import picocli.CommandLine.Command;

/** {@code net_list} (TRB-286): comm paths of a server. */
@Command(
        name = "net_list",
        separator = " ",
        description =
                "Lists comm paths: remote server, device, type, three counters (always 0), state, priority, heartbeat "
                        + "interval in seconds, allowed misses, remote address, local address. Device and type are TCP:port and TLI, or "
                        + "the shared device and DISK, then without addresses. -fC separates the fields by the character C "
                        + "instead of ^A.",
        customSynopsis = "net_list [-d destsys] [-fC]",
        footer = {"", "Example:", "  net_list -f:"})
public final class NetList extends ListCommand {
    @Override
    public int run(Invocation invocation) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        for (Map.Entry<String, CommPath> entry :
                snapshot.own().rows(LcdSection.PATHS).entrySet()) {
            CommPath path = entry.getValue();
            Boolean alive = snapshot.paths().get(entry.getKey());
            int port = snapshot.own()
                    .membership()
                    .member(path.peer())
                    .map(Member::port)
                    .orElse(0);
            print(
                    invocation,
                    List.of(
                            path.peer(),
                            path.disk() ? path.device() : "TCP:" + port,
                            path.disk() ? "DISK" : "TLI",
                            "0",
                            "0",
                            "0",
                            alive == null ? "UNKNOWN" : alive ? "ALIVE" : "DEAD",
                            Integer.toString(path.priority()),
                            seconds(path.intervalMillis()),
                            Integer.toString(path.misses()),
                            path.disk() ? "" : path.remote(),
                            path.disk() ? "" : path.local()));
        }
        return ExitCode.SUCCESS;
    }

    private static String seconds(int millis) {
        return java.math.BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
    }
}

package org.mainstay.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mainstay.guard.lease.LeaseView;

/** Lease, grants, quarantine and watchdog in the answer to {@code status}. */
final class LeaseText {
    /** No machine runs for longer: the time of something that is not known. */
    private static final long LONGEST_MILLIS = 100L * 365 * 24 * 3600 * 1000;

    private LeaseText() {}

    static List<String> people(LeaseView lease, long quarantineLeft, String watchdog) {
        List<String> lines = new ArrayList<>();
        if (quarantineLeft > 0) {
            lines.add("quorum quarantine for " + seconds(quarantineLeft)
                    + " more: Karaf does not run and no other server is spoken to; lkstart ends it");
        }
        String mode =
                lease.settings().mode() + ", L " + seconds(lease.settings().leaseMillis()) + ", S "
                        + seconds(lease.settings().lossStopMillis());
        lines.add(
                switch (lease.state()) {
                    case "none" -> "lease: none is needed (" + mode + "): " + lease.reason();
                    case "held" ->
                        "lease: held for " + seconds(lease.left()) + " more, without a gap for "
                                + seconds(lease.since()) + " (" + mode + "): " + lease.reason();
                    default ->
                        "lease: LOST"
                                + (-lease.left() > LONGEST_MILLIS
                                        ? ", nobody knows since when"
                                        : " for " + seconds(-lease.left()))
                                + ", everything must be out "
                                + (lease.outBy() > 0 ? "in " + seconds(lease.outBy()) : "already") + " (" + mode
                                + "): " + lease.reason();
                });
        for (LeaseView.Peer peer : lease.peers()) {
            lines.add("  " + peer.name() + ": "
                    + (peer.grantLeft() > 0 ? "grants for " + seconds(peer.grantLeft()) + " more" : "grants nothing")
                    + "; gets " + (peer.withheld() ? "nothing (withheld)" : "grants") + ", what it got "
                    + (peer.lapsed() ? "has lapsed" : "lapses in " + seconds(peer.lapsesIn()))
                    + (peer.word().isEmpty() ? "" : "; witness: " + peer.word() + ", " + peer.wordReason()));
        }
        if (!watchdog.isEmpty()) {
            lines.add("watchdog: " + watchdog);
        }
        return lines;
    }

    private static String seconds(long millis) {
        return millis / 1000 + "." + millis % 1000 / 100 + " s";
    }

    /** Returns the members of the JSON object, without a comma before or after. */
    static String json(LeaseView lease, long quarantineLeft, String watchdog) {
        String peers = lease.peers().stream()
                .map(peer -> "{" + text("peer", peer.name()) + ",\"grantLeftMillis\":" + peer.grantLeft()
                        + ",\"withheld\":" + peer.withheld() + ",\"lapsed\":" + peer.lapsed()
                        + ",\"lapsesInMillis\":" + peer.lapsesIn() + ","
                        + text("witness", peer.word()) + "," + text("witnessReason", peer.wordReason()) + "}")
                .collect(Collectors.joining(","));
        return "\"lease\":{" + text("mode", lease.settings().mode().name()) + "," + text("state", lease.state())
                + ",\"leaseMillis\":" + lease.settings().leaseMillis() + ",\"lossStopMillis\":"
                + lease.settings().lossStopMillis() + ",\"leftMillis\":" + lease.left() + ",\"heldMillis\":"
                + lease.since() + ",\"outInMillis\":" + lease.outBy() + "," + text("reason", lease.reason())
                + ",\"peers\":[" + peers + "]},\"quarantineMillis\":" + quarantineLeft + ","
                + text("watchdog", watchdog);
    }

    private static String text(String name, String value) {
        return StatusText.quote(name) + ":" + StatusText.quote(value);
    }
}

package org.mainstay.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.mainstay.guard.heartbeat.HeartbeatService;
import org.mainstay.guard.kill.InService;
import org.mainstay.guard.lease.LeaseView;
import org.mainstay.guard.reserve.Reservations;

/** The answer to {@code status}, for people and as JSON. */
record StatusText(
        String server,
        String manager,
        long managerPid,
        long loopAgeMillis,
        long foreignPackets,
        List<HeartbeatService.View> paths,
        InService inService,
        List<Reservations.View> reservations,
        LeaseView lease,
        long quarantineLeft,
        String watchdog,
        String unfit) {

    List<String> people() {
        List<String> lines = new ArrayList<>();
        lines.add("guard of " + (server.isEmpty() ? "a server without a name yet" : server) + ", process "
                + ProcessHandle.current().pid());
        lines.add("manager: " + manager + (managerPid == 0 ? "" : ", process " + managerPid));
        if (!unfit.isEmpty()) {
            lines.add("CANNOT KEEP ITS PROMISES: " + unfit);
        }
        for (HeartbeatService.View path : paths) {
            lines.add(path.config() + ": " + path.state()
                    + (path.trouble().isEmpty() ? "" : " (" + path.trouble() + ")"));
        }
        lines.addAll(LeaseText.people(lease, quarantineLeft, watchdog));
        inService
                .byTag()
                .forEach((tag, handles) -> lines.add("in service: " + tag + ", " + handles.size() + " kill handles"));
        if (!inService.unknown().isEmpty()) {
            lines.add("in service: NOT KNOWN: " + inService.unknown());
        }
        for (Reservations.View area : reservations) {
            lines.add("reservation " + area.area() + ": "
                    + (area.claim() == 0
                            ? "observed"
                            : "held, claim " + (area.claim() < 0 ? "not known yet" : area.claim()))
                    + (area.trouble().isEmpty() ? "" : " (" + area.trouble() + ")"));
        }
        return lines;
    }

    String json() {
        String pathList = paths.stream()
                .map(path -> "{" + text("id", path.config().id()) + ","
                        + text("peer", path.config().peer()) + ","
                        + text("local", path.config().here()) + ","
                        + text("remote", path.config().there()) + ","
                        + text("state", path.state()) + ",\"silentMillis\":" + path.silentMillis() + ","
                        + text("trouble", path.trouble()) + "}")
                .collect(Collectors.joining(","));
        String tags = inService.byTag().entrySet().stream()
                .map(entry -> "{" + text("tag", entry.getKey()) + ",\"handles\":["
                        + entry.getValue().stream().map(StatusText::quote).collect(Collectors.joining(",")) + "]}")
                .collect(Collectors.joining(","));
        String areas = reservations.stream()
                .map(area -> "{" + text("area", area.area()) + ",\"held\":" + (area.claim() != 0) + ",\"claim\":"
                        + area.claim() + "," + text("trouble", area.trouble()) + "}")
                .collect(Collectors.joining(","));
        return "{\"schema\":1," + text("server", server) + ",\"guardPid\":"
                + ProcessHandle.current().pid() + "," + text("manager", manager) + ",\"managerPid\":"
                + (managerPid == 0 ? "null" : managerPid) + ",\"loopAgeMillis\":" + loopAgeMillis
                + ",\"foreignPackets\":" + foreignPackets + "," + text("unfit", unfit) + ",\"paths\":[" + pathList
                + "],\"inService\":[" + tags
                + "]," + text("inServiceUnknown", inService.unknown()) + ",\"reservations\":[" + areas + "],"
                + LeaseText.json(lease, quarantineLeft, watchdog) + "}";
    }

    private static String text(String name, String value) {
        return quote(name) + ":" + quote(value);
    }

    static String quote(String value) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}

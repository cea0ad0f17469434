package org.mainstay.quorum.internal.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;

/**
 * What the reservations of a server's storage protect there: the volumes that have one and what needs them. What lies beside a
 * volume is brought into service elsewhere without it, so no reservation protects that. Pure.
 */
final class Reserved {

    /** What protects a resource. */
    enum By {
        NOTHING(""),
        /** Another server's claim is refused while the holder renews: no more than that (decision 0061). */
        AREA("a second mount is refused while the holder renews its reservation area; not proof against an owner that"
                + " stands still"),
        /** SCSI-3: a server that takes over takes the old owner's right to write from it. */
        DEVICE("its device is reserved (SCSI-3) and refuses the writes of an owner that was replaced");

        private final String remark;

        By(String remark) {
            this.remark = remark;
        }

        String remark() {
            return remark;
        }
    }

    /**
     * What protects all that is shared and in service.
     *
     * @param all whether there is something, and nothing of it is without a reservation
     * @param device whether anything is protected by its device
     * @param area whether anything is protected by an area only
     */
    record Cover(boolean all, boolean device, boolean area) {
        /** Returns whether devices protect everything. */
        boolean certain() {
            return all && !area;
        }
    }

    static final String ADDRESS =
            "needs a reserved device (SCSI-3), but an address is on two servers until an owner that was replaced notices";

    private final Set<String> devices;
    private final Set<String> areas;
    private final Set<String> addresses = new LinkedHashSet<>();

    Reserved(Lcd lcd) {
        devices = new LinkedHashSet<>();
        areas = new LinkedHashSet<>();
        for (Instance instance : lcd.instances().values()) {
            if (!instance.state().inService()) {
                continue;
            }
            for (String handle : instance.ownership().killHandles()) {
                String[] words = handle.split("\t", -1);
                if (words[0].equals("ADDRESS")) {
                    addresses.add(instance.tag());
                } else if (words[0].equals("MOUNT") && words.length == 4) {
                    if (words[3].equals("scsi")) {
                        devices.add(instance.tag());
                    } else if (words[3].startsWith("/")) {
                        areas.add(instance.tag());
                    }
                }
            }
        }
        ancestors(lcd, devices);
        ancestors(lcd, areas);
    }

    /** Adds whatever needs what is in the set, directly or not. */
    private static void ancestors(Lcd lcd, Set<String> tags) {
        Deque<String> open = new ArrayDeque<>(tags);
        while (!open.isEmpty()) {
            String child = open.remove();
            for (Dependency row : lcd.rows(LcdSection.DEPENDENCIES).values()) {
                if (row.child().equals(child) && tags.add(row.parent())) {
                    open.add(row.parent());
                }
            }
        }
    }

    By of(String tag) {
        if (devices.contains(tag) && !addresses.contains(tag)) {
            return By.DEVICE;
        }
        return areas.contains(tag) ? By.AREA : By.NOTHING;
    }

    /** Returns whether it is an address that needs a device; that one stops nobody from answering. */
    boolean addressAbove(String tag) {
        return devices.contains(tag) && of(tag) == By.NOTHING;
    }
}

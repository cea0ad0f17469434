package org.mainstay.sim;

import java.util.TreeMap;
import java.util.UUID;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.core.decision.event.Event;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.lease.MemoryLeaseFiles;

/** A machine: a clock that runs a little wrongly, disks that survive everything, a guard, a manager and what really runs. */
final class Machine {
    private final Cluster cluster;
    private final String name;
    private final int number;
    private final double rate;
    private final Apps apps;
    private final GuardSide guard;
    private final ManagerSide manager;

    private Tunables tunables = Tunables.USUAL;
    private boolean powered;
    private int boot;
    private long bootedAt;
    private long origin;
    private int still;
    private int guardStill;
    private int managerStill;
    private long stoodStill;
    private long stillSince;

    // disks
    private Lcd lcd;
    private final TreeMap<String, Lcd> copies = new TreeMap<>();
    private final MemoryLeaseFiles.Disk leaseDisk = new MemoryLeaseFiles.Disk();

    Machine(Cluster cluster, String name, int number) {
        this.cluster = cluster;
        this.name = name;
        this.number = number;
        this.rate = 1 + (cluster.random(1001) - 500) / 100_000.0;
        this.lcd = Lcd.empty(name, 1);
        apps = new Apps(cluster, this);
        guard = new GuardSide(cluster, this);
        manager = new ManagerSide(cluster, this);
    }

    /** Gives a database the rows of the paths that the guard is told. */
    Lcd paths(Lcd database) {
        Lcd with = database;
        for (PathConfig path : cluster.network().paths(this)) {
            CommPath row = new CommPath(
                    path.id(),
                    path.peer(),
                    path.local().getHostString(),
                    path.remote().getHostString(),
                    1,
                    path.intervalMillis(),
                    path.misses());
            with = with.with(LcdSection.PATHS, row.id(), row);
        }
        return with;
    }

    String name() {
        return name;
    }

    int number() {
        return number;
    }

    Apps apps() {
        return apps;
    }

    GuardSide guardSide() {
        return guard;
    }

    ManagerSide manager() {
        return manager;
    }

    Lcd lcd() {
        return lcd;
    }

    void lcd(Lcd stored) {
        lcd = stored;
    }

    /** Returns what its administrator has changed. */
    Tunables tunables() {
        return tunables;
    }

    /** Returns the settings of its manager. */
    Settings settings() {
        return tunables.of(cluster.plan());
    }

    /** An administrator changes its tunables; a manager that runs reads them and tells its guard. */
    void tunables(Tunables newest) {
        Settings before = settings();
        tunables = newest;
        if (manager.up() && !settings().equals(before)) {
            manager.post(new Event.SettingsChanged(settings()));
            cluster.disturbed();
            guard.members();
        }
    }

    TreeMap<String, Lcd> copies() {
        return copies;
    }

    MemoryLeaseFiles.Disk leaseDisk() {
        return leaseDisk;
    }

    boolean powered() {
        return powered;
    }

    /** Returns the kernel's id of this boot. */
    String bootId() {
        return new UUID(number + 1L, boot).toString();
    }

    int boot() {
        return boot;
    }

    // ---- time

    long now() {
        return cluster.now();
    }

    /** Returns milliseconds since the boot, on this machine's clock. */
    long bootMillis() {
        return (long) (bootNanos() / 1e6);
    }

    double bootNanos() {
        long lost = cluster.mutant() == Mutant.CLOCK_STOPS_IN_PAUSES ? stoodStill : 0;
        return (origin + (cluster.clock().pulse() - bootedAt - lost) * rate) * 1e6;
    }

    /** Returns how long a duration of this machine's clock lasts, in milliseconds of virtual time. */
    long real(double localMillis) {
        return (long) Math.ceil(localMillis / rate);
    }

    // ---- power

    void powerOn() {
        if (powered) {
            return;
        }
        powered = true;
        boot++;
        still = 0;
        guardStill = 0;
        managerStill = 0;
        stoodStill = 0;
        bootedAt = cluster.clock().pulse();
        origin = 5_000L + cluster.random(100_000);
        guard.start();
        manager.start();
    }

    void powerOff() {
        if (!powered) {
            return;
        }
        powered = false;
        boot++;
        manager.die(true);
        guard.die();
        apps.powerOff();
        cluster.disturbed();
    }

    // ---- standing still

    boolean guardRuns() {
        return powered && still == 0 && guardStill == 0;
    }

    boolean managerRuns() {
        return powered && still == 0 && managerStill == 0;
    }

    boolean runs() {
        return powered && still == 0;
    }

    /** Nothing of this machine runs for a while. */
    void pause(long millis) {
        int during = boot;
        if (still++ == 0) {
            stillSince = cluster.clock().pulse();
        }
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            if (powered && boot == during && --still == 0) {
                stoodStill += cluster.clock().pulse() - stillSince;
                resume();
            }
        });
    }

    void pauseGuard(long millis) {
        int during = boot;
        guardStill++;
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            if (powered && boot == during && --guardStill == 0) {
                resume();
            }
        });
    }

    void pauseManager(long millis) {
        int during = boot;
        managerStill++;
        cluster.clock().disturb(millis);
        cluster.clock().after(millis, () -> {
            if (powered && boot == during && --managerStill == 0) {
                resume();
            }
        });
    }

    private void resume() {
        cluster.disturbed();
        // Who runs first after a pause is anybody's guess.
        if (cluster.chance(0.5)) {
            guard.resume();
            cluster.clock().after(cluster.random(20), this::managerResumes);
        } else {
            managerResumes();
            cluster.clock().after(cluster.random(20), guard::resume);
        }
        apps.resume();
    }

    private void managerResumes() {
        manager.resume();
    }

    @Override
    public String toString() {
        return name;
    }
}

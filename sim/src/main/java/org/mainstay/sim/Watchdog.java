package org.mainstay.sim;

/** The watchdog of a machine: resets it when the time that was said last has come, guard or not. */
final class Watchdog {
    private static final long EARLY = 1_000;
    private static final long REBOOT = 20_000;

    private final Cluster cluster;
    private final Machine machine;
    private long fedUntil;
    private boolean watching;

    Watchdog(Cluster cluster, Machine machine) {
        this.cluster = cluster;
        this.machine = machine;
    }

    /** @param until on the clock of the boot, milliseconds */
    void feed(long until) {
        fedUntil = until;
        if (!watching) {
            watching = true;
            watch(machine.boot());
        }
    }

    private void watch(int boot) {
        long left = fedUntil - EARLY - machine.bootMillis();
        if (left > 0) {
            cluster.clock().pulseAfter(machine.real(left), () -> {
                if (machine.powered() && machine.boot() == boot) {
                    watch(boot);
                } else {
                    watching = false;
                }
            });
            return;
        }
        watching = false;
        cluster.say(machine + " is reset by its watchdog");
        machine.powerOff();
        cluster.clock().after(REBOOT, machine::powerOn);
    }
}

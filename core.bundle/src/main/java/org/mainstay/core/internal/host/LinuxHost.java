package org.mainstay.core.internal.host;

import java.util.Optional;
import org.mainstay.cluster.GuardControl;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.StorageReservation;

/** The machine, bound to one action. */
final class LinuxHost implements Host {
    private final ActionCommands runner;
    private final HostNetwork network;
    private final HostStorage storage;
    private final HostProcesses processes;
    private final StorageReservation reservation;

    LinuxHost(
            ActionCommands runner,
            Optional<Cgroups> cgroups,
            GuardControl guard,
            LoopDevices loops,
            MountRecords mounts) {
        this.runner = runner;
        this.network = new LinuxNetwork(runner);
        this.storage = new LinuxStorage(runner, loops, mounts);
        this.processes = new LinuxProcesses(runner, cgroups);
        this.reservation = new GuardReservation(guard, runner.time());
    }

    @Override
    public CommandResult run(Command command) {
        return runner.run(command);
    }

    @Override
    public HostNetwork network() {
        return network;
    }

    @Override
    public HostStorage storage() {
        return storage;
    }

    @Override
    public HostProcesses processes() {
        return processes;
    }

    @Override
    public StorageReservation reservation() {
        return reservation;
    }

    @Override
    public KitDescriptor.Platform platform() {
        return KitDescriptor.Platform.LINUX;
    }
}

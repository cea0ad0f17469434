package org.mainstay.core.internal.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.mainstay.cluster.GuardControl;
import org.mainstay.kit.Host;
import org.mainstay.kit.KillHandle;
import org.slf4j.Logger;

/** The Linux implementation: what all hosts of this server share. */
final class LinuxHostFactory implements HostFactory {
    private static final Path MOUNT_INFO = Path.of("/proc/self/mountinfo");

    private final Launcher launcher;
    private final Optional<Cgroups> cgroups;
    private final Optional<String> limitation;
    private final GuardControl guard;
    private final LoopDevices loops;
    private final MountRecords mounts;
    private final ExecutorService readers;

    LinuxHostFactory(HostSettings settings, GuardControl guard) {
        this(settings, guard, MOUNT_INFO);
    }

    /** @param mountInfo the mount table in which a version 2 control group hierarchy is looked for */
    LinuxHostFactory(HostSettings settings, GuardControl guard, Path mountInfo) {
        this.guard = Objects.requireNonNull(guard, "guard");
        AtomicInteger number = new AtomicInteger();
        this.readers = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mainstay-output-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        Optional<Cgroups> found;
        Optional<String> lacks;
        try {
            found = Optional.of(Cgroups.find(mountInfo, settings.server(), settings.home()));
            lacks = Optional.empty();
        } catch (IOException e) {
            found = Optional.empty();
            lacks = Optional.of(
                    "processes of resources are tracked by session only, so that a stop without their kit is not"
                            + " certain: " + e.getMessage()
                            + "; mount cgroup2 and run Mainstay as root for full protection");
        }
        this.cgroups = found;
        this.limitation = lacks;
        this.launcher = new Launcher(settings, found, readers);
        this.loops = new LoopDevices(settings.home().resolve("data/run/loops"));
        this.mounts = new MountRecords(settings.home().resolve("data/run/mounts"));
    }

    @Override
    public Host forAction(String tag, ActionTime time, Logger log) {
        return host(new ActionCommands(launcher, tag, time, log, true));
    }

    @Override
    public Host forLook(String tag, ActionTime time, Logger log) {
        return host(new ActionCommands(launcher, tag, time, log, false));
    }

    private Host host(ActionCommands commands) {
        return new LinuxHost(commands, cgroups, guard, loops, mounts);
    }

    @Override
    public Optional<KillHandle> processHandle(String tag) {
        return cgroups.map(groups -> KillHandle.cgroup(groups.of(tag).toString()));
    }

    @Override
    public Optional<String> survivors(String tag) {
        return launcher.survivors(tag);
    }

    @Override
    public Optional<String> limitation() {
        if (!Files.isExecutable(launcher.program())) {
            return Optional.of(launcher.program() + " is missing or not executable: no program can be started;"
                    + " unpack the distribution again");
        }
        return limitation;
    }

    @Override
    public void forget(String tag) {
        cgroups.ifPresent(groups -> Cgroups.removeEmpty(groups.of(tag)));
    }

    @Override
    public void close() {
        readers.shutdownNow();
        // an installation that leaves nothing in service leaves no folder on the machine either
        cgroups.ifPresent(Cgroups::removeIfUnused);
    }
}

package org.mainstay.core.internal.run;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.mainstay.core.internal.host.ActionTime;
import org.mainstay.core.internal.host.HostFactory;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.StorageReservation;
import org.slf4j.Logger;

/** A machine on which nothing happens but what a test gives for commands. */
public final class FakeHosts implements HostFactory {
    private final Function<Command, CommandResult> commands;
    private final HostProcesses processes;
    /** What commands left that hangs. */
    volatile Optional<String> survivors = Optional.empty();

    /** How many hosts were made for what only looks. */
    final AtomicInteger looks = new AtomicInteger();

    public FakeHosts() {
        this(command -> new CommandResult(0, "", ""), null);
    }

    public FakeHosts(Function<Command, CommandResult> commands, HostProcesses processes) {
        this.commands = commands;
        this.processes = processes;
    }

    @Override
    public Host forAction(String tag, ActionTime time, Logger log) {
        return new Host() {
            @Override
            public CommandResult run(Command command) {
                return commands.apply(command);
            }

            @Override
            public HostNetwork network() {
                throw new UnsupportedOperationException("no network in this test");
            }

            @Override
            public HostStorage storage() {
                throw new UnsupportedOperationException("no storage in this test");
            }

            @Override
            public HostProcesses processes() {
                return processes;
            }

            @Override
            public StorageReservation reservation() {
                throw new UnsupportedOperationException("no reservation in this test");
            }

            @Override
            public KitDescriptor.Platform platform() {
                return KitDescriptor.Platform.LINUX;
            }
        };
    }

    @Override
    public Host forLook(String tag, ActionTime time, Logger log) {
        looks.incrementAndGet();
        return forAction(tag, time, log);
    }

    @Override
    public Optional<KillHandle> processHandle(String tag) {
        return Optional.of(KillHandle.cgroup("/sys/fs/cgroup/mainstay/test/" + tag));
    }

    @Override
    public Optional<String> survivors(String tag) {
        return survivors;
    }

    @Override
    public Optional<String> limitation() {
        return Optional.empty();
    }

    @Override
    public void forget(String tag) {}

    @Override
    public void close() {}
}

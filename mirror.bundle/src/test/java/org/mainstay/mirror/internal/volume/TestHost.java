package org.mainstay.mirror.internal.volume;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.Host;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.HostProcesses;
import org.mainstay.kit.HostStorage;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.StorageReservation;

/** A machine in memory: what is mounted, who holds what; commands run for real with a PATH of the test's. */
class TestHost implements Host, HostStorage, StorageReservation {
    final List<Mount> mounted = new ArrayList<>();
    final List<Mount> lingering = new ArrayList<>();
    final List<String> done = new ArrayList<>();
    final Map<Path, String> fileSystems = new HashMap<>();
    final Map<Path, String> holders;
    final String server;
    String path = "/nowhere";
    Outcome mountAnswer = Outcome.success("mounted");
    int busyUnmounts;
    String initialiseCode = "";
    Outcome checkAnswer;

    /** @param holders of reservation areas, shared by the servers of a test */
    TestHost(String server, Map<Path, String> holders) {
        this.server = server;
        this.holders = holders;
    }

    @Override
    public CommandResult run(Command command) {
        try {
            List<String> words = new ArrayList<>(command.arguments());
            Path program = Path.of(path, words.get(0));
            if (!Files.isExecutable(program)) {
                return new CommandResult(-1, "", "no program " + words.get(0));
            }
            words.set(0, program.toString());
            Process process = new ProcessBuilder(words).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            return new CommandResult(process.waitFor(), output, errors);
        } catch (IOException | InterruptedException e) {
            return new CommandResult(-1, "", e.toString());
        }
    }

    @Override
    public HostNetwork network() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostStorage storage() {
        return this;
    }

    @Override
    public HostProcesses processes() {
        throw new UnsupportedOperationException();
    }

    @Override
    public StorageReservation reservation() {
        return this;
    }

    @Override
    public KitDescriptor.Platform platform() {
        return KitDescriptor.Platform.LINUX;
    }

    @Override
    public List<Mount> mounts() {
        return List.copyOf(mounted);
    }

    @Override
    public List<Mount> lingering(Path device) {
        return lingering.stream()
                .filter(mount -> Devices.isSame(mount.source(), device))
                .toList();
    }

    @Override
    public Outcome mount(Path device, Path target, String fileSystem, String options) {
        done.add("mount " + device.getFileName() + " " + fileSystem + " " + options);
        if (mountAnswer.succeeded()) {
            mounted.add(new Mount(device.toString(), target, fileSystem, options.isEmpty() ? "rw" : "rw," + options));
        }
        return mountAnswer;
    }

    @Override
    public Outcome unmount(Path target) {
        done.add("unmount");
        if (busyUnmounts > 0) {
            busyUnmounts--;
            return Outcome.failed("cannot unmount " + target + ": target is busy; in use by 12 (postgres)");
        }
        mounted.removeIf(mount -> mount.target().equals(target));
        return Outcome.success("unmounted");
    }

    @Override
    public Optional<Path> attachLoop(Path file) {
        done.add("attach");
        // a loop device of the machine would do; the image itself stands for it
        return Optional.of(file);
    }

    @Override
    public Outcome detachLoop(Path device) {
        done.add("detach");
        return Outcome.success("detached");
    }

    @Override
    public List<String> users(Path target) {
        return List.of();
    }

    @Override
    public Optional<String> fileSystem(Path device) {
        if (!Files.exists(device)) {
            throw new UncheckedIOException(new IOException("there is no " + device));
        }
        return Optional.ofNullable(fileSystems.get(device));
    }

    @Override
    public void observe(Path area) {
        done.add("observe");
    }

    @Override
    public Outcome claim(Path area, boolean force) {
        done.add("claim" + (force ? " by force" : ""));
        String holder = holders.get(area);
        if (holder != null && !holder.equals(server) && !force) {
            return Outcome.failed("reservation " + area + ": held by " + holder);
        }
        holders.put(area, server);
        return Outcome.success("claimed");
    }

    @Override
    public Outcome release(Path area) {
        done.add("release");
        holders.remove(area, server);
        return Outcome.success("released");
    }

    @Override
    public Outcome check(Path area) {
        if (checkAnswer != null) {
            return checkAnswer;
        }
        String holder = holders.get(area);
        return server.equals(holder)
                ? Outcome.success("held by this server")
                : Outcome.failed("the reservation " + area + " is " + (holder == null ? "free" : "with " + holder))
                        .withCode(holder == null ? HELD_BY_NOBODY : HELD_ELSEWHERE);
    }

    @Override
    public Outcome initialise(Path area) {
        done.add("initialise " + area.getFileName());
        try {
            if (!Files.exists(area)) {
                Files.createFile(area);
            }
            return Outcome.success("ready").withCode(initialiseCode);
        } catch (IOException e) {
            return Outcome.failed("cannot create " + area + ": " + e.getMessage());
        }
    }
}

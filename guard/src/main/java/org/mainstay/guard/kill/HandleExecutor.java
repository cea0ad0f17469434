package org.mainstay.guard.kill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Log;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Ticker;
import org.mainstay.guard.util.Waiting;

/**
 * Ends what kill handles name, in the order address, processes, mount, device, and believes nothing before it has looked.
 * Repeatable: what is gone already is done. Blocks; called on threads of its own, of which several may run at the same time. A run
 * that is interrupted begins nothing more.
 */
public final class HandleExecutor {
    private static final List<String> ORDER = List.of("ADDRESS", "CGROUP", "MOUNT", "LOOP_DEVICE");
    private static final int TOOL_SECONDS = 15;
    private static final long EMPTY_WITHIN = TimeUnit.SECONDS.toNanos(10);
    /** Who waits for an attachment ends with it; what has not ended by then waits for one that hangs. */
    private static final long ABORT_AFTER = TimeUnit.SECONDS.toNanos(1);

    private static final long STEP = TimeUnit.MILLISECONDS.toNanos(5);

    private final Ticker ticker;
    private final Log log;
    private final Commands commands;
    private final MountEnder mounts;

    public HandleExecutor(Ticker ticker, Log log) {
        this(ticker, log, Commands.real(TOOL_SECONDS));
    }

    HandleExecutor(Ticker ticker, Log log, Commands commands) {
        this.ticker = ticker;
        this.log = log;
        this.commands = commands;
        // The installation's folder is the guard's working directory.
        HeldDevices held = new HeldDevices(Path.of("").toAbsolutePath(), commands);
        this.mounts = new MountEnder(ticker, commands, held);
    }

    /** Executes the handles; one result for each, in the order given. */
    public List<Result> execute(List<String> handles) throws InterruptedException {
        return execute(handles, images(handles));
    }

    /** Returns the images of the volumes that {@code MOUNT} handles name. */
    static List<String> images(List<String> handles) {
        return handles.stream()
                .map(handle -> handle.split("\t", -1))
                .filter(words -> words[0].equals("MOUNT") && words.length > 2)
                .map(words -> words[2])
                .toList();
    }

    /** @param images of the volumes of the resource whose handles these are, or some of them */
    List<Result> execute(List<String> handles, List<String> images) throws InterruptedException {
        Result[] results = new Result[handles.size()];
        for (String kind : ORDER) {
            for (int i = 0; i < results.length; i++) {
                if (kind(handles.get(i)).equals(kind)) {
                    results[i] = executeOne(handles.get(i), images);
                }
            }
        }
        for (int i = 0; i < results.length; i++) {
            if (results[i] == null) {
                results[i] = Result.failed("this guard does not know what '" + kind(handles.get(i)) + "' is");
            }
        }
        return List.of(results);
    }

    /**
     * Cuts off the file systems that the {@code MOUNT} handles among these name, before anything else and also while
     * another run of {@link #execute} waits for processes to die.
     *
     * @param superseded another server has their storage: a file system that cannot be cut off without writing is left as it is
     * @return by handle
     */
    public Map<String, Result> cut(List<String> handles, boolean superseded) throws InterruptedException {
        Map<String, Result> results = new LinkedHashMap<>();
        for (String handle : handles) {
            String[] words = handle.split("\t", -1);
            if (!words[0].equals("MOUNT") || words.length < 2) {
                continue;
            }
            Result result;
            try {
                result = mounts.cut(Path.of(words[1]), words.length > 2 ? words[2] : "", superseded);
            } catch (IOException | RuntimeException e) {
                result = Result.failed("cutting off " + words[1] + ": " + e);
            }
            log.warn((superseded ? "reservation lost: " : "lease over: ") + result.message());
            results.put(handle, result);
        }
        return results;
    }

    private static String kind(String handle) {
        return handle.split("\t", 2)[0];
    }

    private Result executeOne(String handle, List<String> images) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        String[] all = handle.split("\t", -1);
        String[] arguments = Arrays.copyOfRange(all, 1, all.length);
        Result result;
        try {
            result = switch (all[0]) {
                case "ADDRESS" -> address(arguments[0], arguments[1]);
                case "CGROUP" -> cgroup(new ControlGroup(Path.of(arguments[0])), images);
                case "MOUNT" -> mounts.end(Path.of(arguments[0]), arguments.length > 1 ? arguments[1] : "");
                default -> mounts.detach(arguments[0], arguments.length > 1 ? arguments[1] : "");
            };
        } catch (IOException | RuntimeException e) {
            result = Result.failed("kill handle '" + handle.replace('\t', ' ') + "': " + e);
        }
        if (result.done()) {
            log.info("kill handle " + handle.replace('\t', ' ') + ": " + result.message());
        } else {
            log.error("kill handle " + handle.replace('\t', ' ') + " failed: " + result.message());
        }
        return result;
    }

    private Result address(String networkInterface, String address) throws InterruptedException {
        if (!present(networkInterface, address)) {
            return Result.done(address + " is not on " + networkInterface);
        }
        Commands.Ended removed = commands.run(List.of("ip", "addr", "del", address, "dev", networkInterface));
        return present(networkInterface, address)
                ? Result.failed("cannot take " + address + " off " + networkInterface + ": " + removed.summary())
                : Result.done(address + " taken off " + networkInterface);
    }

    private boolean present(String networkInterface, String address) throws InterruptedException {
        Commands.Ended shown = commands.run(List.of("ip", "-o", "addr", "show", "dev", networkInterface));
        if (!shown.succeeded()) {
            // An interface that is gone has no address; any other failure must not be taken for that.
            return Files.exists(Path.of("/sys/class/net", networkInterface));
        }
        return shown.output().lines().anyMatch(line -> line.contains(" " + address + " "));
    }

    /** @param images of the volumes that end with the processes */
    private Result cgroup(ControlGroup group, List<String> images) throws IOException, InterruptedException {
        if (!group.exists()) {
            return Result.done("there is no control group " + group.folder());
        }
        int before = group.members().size();
        long begun = ticker.nanos();
        long deadline = begun + EMPTY_WITHIN;
        boolean aborted = false;
        group.kill();
        while (!group.isEmpty() && ticker.nanos() - deadline < 0) {
            Waiting.until(ticker, ticker.nanos() + STEP);
            if (!aborted && ticker.nanos() - begun >= ABORT_AFTER) {
                aborted = true;
                abort(images);
            }
            group.killAgain();
        }
        if (!group.isEmpty()) {
            return Result.failed("processes do not die, they wait in the kernel: " + group.names());
        }
        return Result.done(before == 0 ? "no processes in " + group.folder() : before + " processes killed");
    }

    private void abort(List<String> images) throws IOException, InterruptedException {
        for (String image : images) {
            mounts.abort(image).ifPresent(text -> log.warn("processes do not die: " + text));
        }
    }
}

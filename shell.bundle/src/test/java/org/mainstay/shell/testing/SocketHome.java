package org.mainstay.shell.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.socket.CommandRunner;
import org.mainstay.shell.internal.socket.CommandSocket;
import org.mainstay.shell.internal.socket.CommandSocket.Limits;
import org.mainstay.shell.internal.socket.DoorGroup;

/** A command socket in a folder of its own, whose commands are what a test says. */
public final class SocketHome implements CommandRunner, AutoCloseable {
    private final Path home;
    private final AtomicReference<Body> body = new AtomicReference<>((call, context) -> 0);
    private CommandSocket socket;

    /** What a command does. */
    @FunctionalInterface
    public interface Body {
        int run(CommandCall call, CommandContext context) throws InterruptedException, IOException;
    }

    public SocketHome(Path home) {
        this.home = home;
    }

    public SocketHome open(Limits limits) throws IOException {
        return open(Optional.empty(), limits);
    }

    /** Opens the door for a group too. */
    public SocketHome open(Optional<DoorGroup> group, Limits limits) throws IOException {
        // A relative path, as in the product: the folder may lie deeper than a socket address is long.
        socket = CommandSocket.open(
                Path.of("").toAbsolutePath().relativize(home.toAbsolutePath()).resolve("data/run/node.sock"),
                group,
                this,
                limits);
        return this;
    }

    public void runs(Body value) {
        body.set(value);
    }

    public CommandSocket socket() {
        return socket;
    }

    public Path path() {
        return home.resolve("data/run/node.sock");
    }

    @Override
    public int run(CommandCall call, CommandContext context) throws InterruptedException {
        try {
            return body.get().run(call, context);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String server() {
        return "A";
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
    }

    /** Returns whether the socket file is there. */
    public boolean exists() {
        return Files.exists(path());
    }
}

package org.mainstay.shell.internal.snmp;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One receiver of traps, with a thread and a bounded queue of its own: a name server that does not answer delays neither events nor
 * other receivers. What is lost is said once a minute. Thread-safe.
 */
final class TrapReceiver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrapReceiver.class);
    static final int MOST_WAITING = 100;
    private static final long IDLE_SECONDS = 30;
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final TrapTarget target;
    private final Network network;
    private final LongSupplier nanos;
    private final ThreadPoolExecutor thread;
    private long lost;
    private long lastSaid;
    private boolean said;
    private String problem = "";

    /** How a message leaves this machine. */
    interface Network {
        /** The machine's network. */
        Network REAL = (host, port, message) -> {
            InetAddress address = InetAddress.getByName(host);
            try (DatagramSocket socket = new DatagramSocket()) {
                socket.send(new DatagramPacket(message, message.length, address, port));
            }
        };

        /** Sends a message; may wait for a name server. */
        void send(String host, int port, byte[] message) throws IOException;
    }

    /** @param nanos monotonic time */
    TrapReceiver(TrapTarget target, Network network, LongSupplier nanos) {
        this.target = target;
        this.network = network;
        this.nanos = nanos;
        thread = new ThreadPoolExecutor(
                1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), task -> {
                    Thread made = new Thread(task, "mainstay-snmp-" + target);
                    made.setDaemon(true);
                    return made;
                });
        thread.allowCoreThreadTimeOut(true);
    }

    /** Sends a message sometime; returns at once. */
    void send(byte[] message) {
        try {
            thread.execute(() -> deliver(message));
        } catch (RejectedExecutionException e) {
            lost("too many wait to be sent");
        }
    }

    private void deliver(byte[] message) {
        try {
            network.send(target.host(), target.port(), message);
            synchronized (this) {
                problem = "";
            }
        } catch (UnknownHostException e) {
            lost("its name has no address");
        } catch (IOException e) {
            lost(String.valueOf(e.getMessage()));
        }
    }

    private synchronized void lost(String why) {
        lost++;
        problem =
                "SNMP traps to " + target + " are lost: " + why + "; see SNMP_TRAP_RECEIVERS in etc/default/LifeKeeper";
        long now = nanos.getAsLong();
        if (!said || now - lastSaid >= QUIET_NANOS) {
            LOG.warn("{} (traps lost since this was said last: {})", problem, lost);
            said = true;
            lastSaid = now;
            lost = 0;
        }
    }

    /** Returns why the last trap did not leave; empty if it did. */
    synchronized Optional<String> problem() {
        return Optional.of(problem).filter(text -> !text.isEmpty());
    }

    /** Lets what waits be sent, for so long at most. */
    void finish(long millis) throws InterruptedException {
        thread.shutdown();
        thread.awaitTermination(Math.max(0, millis), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}

package org.mainstay.comm.internal.node;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** Forwards TCP connections; can hang (hold connections open and forward nothing) and cut them. */
final class Proxy implements AutoCloseable {
    private final ServerSocket server;
    private final String target;
    private final int port;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final LongAdder forwarded = new LongAdder();
    private volatile boolean hanging;

    /** Listens on the address and forwards to the target, both on the port. */
    Proxy(String address, String target, int port) throws IOException {
        this.target = target;
        this.port = port;
        server = new ServerSocket(port, 50, InetAddress.getByName(address));
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket in = server.accept();
                Socket out = new Socket(target, port);
                in.setTcpNoDelay(true);
                out.setTcpNoDelay(true);
                sockets.add(in);
                sockets.add(out);
                start(() -> forward(in, out));
                start(() -> forward(out, in));
            } catch (IOException e) {
                continue; // closed, or the target is not there
            }
        }
    }

    private void forward(Socket from, Socket to) {
        byte[] buffer = new byte[64 * 1024];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                synchronized (this) {
                    while (hanging) {
                        wait();
                    }
                }
                out.write(buffer, 0, n);
                forwarded.add(n);
            }
        } catch (IOException e) {
            sockets.remove(from);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Forwards nothing any more, or goes on. */
    synchronized void hang(boolean on) {
        hanging = on;
        notifyAll();
    }

    /** Returns how many bytes it has forwarded in both directions. */
    long forwarded() {
        return forwarded.sum();
    }

    /** Cuts all connections. */
    void cut() {
        sockets.forEach(Proxy::reset);
        sockets.clear();
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            Thread.onSpinWait(); // closed already
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        hang(false);
        cut();
    }
}

package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import org.mainstay.mirror.engine.io.Buffers;
import org.mainstay.mirror.engine.io.CertificateFiles;
import org.mainstay.mirror.engine.io.DiskExport;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.FileDisk;
import org.mainstay.mirror.engine.io.LocalIo;
import org.mainstay.mirror.engine.io.Tls;

/** Serves one file named "v" for a test. */
final class FileServer implements AutoCloseable, Exports {
    static final int SIZE = 8 << 20;

    final Path file;
    final Path socket;
    final Buffers buffers = new Buffers(48 << 20);
    final NbdServer server;
    final Queue<String> log = new ConcurrentLinkedQueue<>();
    /** Exports of other names: none. */
    volatile Function<String, Export> others = name -> null;

    private final ExecutorService workers = Executors.newFixedThreadPool(4);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final FileDisk disk;
    private final Export export;

    FileServer(Path folder, NbdLimits limits, boolean readOnly) throws IOException {
        this(folder, limits, readOnly, SIZE);
    }

    FileServer(Path folder, NbdLimits limits, boolean readOnly, long size) throws IOException {
        file = folder.resolve("volume");
        socket = folder.resolve("s");
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(size);
        }
        disk = FileDisk.open(file, true);
        export = new DiskExport(new LocalIo(disk, workers, log::add, System::nanoTime), readOnly);
        server = new NbdServer(this, limits, buffers, timer, log::add);
        server.listen(socket);
    }

    SocketAddress address() {
        return UnixDomainSocketAddress.of(socket);
    }

    /** Listens over TCP too, with the certificates of a folder. @return the port */
    int listen(Path certificates) throws IOException {
        Tls tls = CertificateFiles.read(certificates).tls();
        InetSocketAddress any = new InetSocketAddress("localhost", 0);
        return ((InetSocketAddress)
                        server.listen(any, plain -> tls.secure(plain, false)).address())
                .getPort();
    }

    String uri() {
        return "nbd+unix:///v?socket=" + socket;
    }

    @Override
    public Export find(String name) {
        return name.equals("v") || name.isEmpty() ? export : others.apply(name);
    }

    @Override
    public List<String> names() {
        return List.of("v");
    }

    @Override
    public void close() throws IOException {
        server.close();
        workers.shutdown();
        timer.shutdown();
        disk.close();
    }
}

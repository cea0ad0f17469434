package org.mainstay.mirror.engine.io;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A disk as it is, without a mirror. */
public final class DiskExport implements Export {
    private final LocalIo io;
    private final boolean readOnly;
    private final Set<AutoCloseable> clients = new HashSet<>();
    private boolean ended;

    /** @param readOnly refuse changes */
    public DiskExport(LocalIo io, boolean readOnly) {
        this.io = io;
        this.readOnly = readOnly;
    }

    @Override
    public long size() {
        return io.disk().size();
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean manyConnections() {
        // All connections use one file: its page cache is seen by all, and its flush covers all.
        return true;
    }

    @Override
    public void submit(BlockRequest[] requests, int count) {
        for (int i = 0; i < count; i++) {
            io.answer(requests[i]);
        }
    }

    @Override
    public synchronized boolean attach(AutoCloseable client) {
        return !ended && clients.add(client);
    }

    @Override
    public synchronized void detach(AutoCloseable client) {
        clients.remove(client);
    }

    /** Disconnects all clients and admits no more. @throws Exception what the last client's close threw */
    public void end() throws Exception {
        List<AutoCloseable> all;
        synchronized (this) {
            ended = true;
            all = new ArrayList<>(clients);
        }
        for (AutoCloseable client : all) {
            client.close();
        }
    }
}

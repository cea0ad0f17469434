package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** The way of one server to the storage, with what can go wrong on it. */
final class FaultyStore implements ObjectStore {
    private final ObjectStore real;
    private final Map<String, byte[]> remembered = new ConcurrentHashMap<>();
    final AtomicInteger busy = new AtomicInteger();
    volatile String denied = "";
    volatile CountDownLatch hang;
    /** Only writes hang, and are done when they go on. */
    volatile CountDownLatch writesHang;

    volatile boolean readOnly;
    volatile boolean tearsWrites;
    volatile boolean stale;

    FaultyStore(ObjectStore real) {
        this.real = real;
    }

    private void pass() throws IOException, InterruptedException {
        CountDownLatch latch = hang;
        if (latch != null) {
            latch.await();
        }
        if (!denied.isEmpty()) {
            throw new IOException(denied);
        }
    }

    @Override
    public byte[] read(String location) throws IOException, InterruptedException {
        pass();
        if (stale && remembered.containsKey(location)) {
            return remembered.get(location);
        }
        byte[] object = real.read(location);
        remembered.put(location, object);
        return object;
    }

    @Override
    public void write(String location, byte[] object, boolean create) throws IOException, InterruptedException {
        busy.incrementAndGet();
        try {
            writeNow(location, object, create);
        } finally {
            busy.decrementAndGet();
        }
    }

    private void writeNow(String location, byte[] object, boolean create) throws IOException, InterruptedException {
        pass();
        if (readOnly) {
            throw new IOException(location + " cannot be written: Read-only file system");
        }
        if (tearsWrites) {
            byte[] torn = real.read(location);
            System.arraycopy(object, 0, torn, 0, 512);
            real.write(location, torn, false);
            throw new IOException(location + ": input/output error");
        }
        CountDownLatch latch = writesHang;
        if (latch != null) {
            latch.await();
        }
        real.write(location, object, create);
    }
}

package org.mainstay.comm.internal.enrol;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A join connection in memory; a test may stand in between by reading one side's queue and writing the other's. */
final class Pipe implements JoinWire {
    private static final byte[] END = new byte[0];
    final BlockingQueue<byte[]> in;
    final BlockingQueue<byte[]> out;

    Pipe(BlockingQueue<byte[]> in, BlockingQueue<byte[]> out) {
        this.in = in;
        this.out = out;
    }

    /** Returns two connected ends. */
    static Pipe[] pair() {
        BlockingQueue<byte[]> there = new LinkedBlockingQueue<>();
        BlockingQueue<byte[]> back = new LinkedBlockingQueue<>();
        return new Pipe[] {new Pipe(back, there), new Pipe(there, back)};
    }

    @Override
    public byte[] read() throws IOException {
        try {
            byte[] frame = in.poll(20, TimeUnit.SECONDS);
            if (frame == null || frame.length == 0) {
                throw new IOException("the connection ended");
            }
            return frame;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public void write(byte[] frame) {
        out.add(frame);
    }

    @Override
    public void patience(int millis) {
        // the queue's own limit serves
    }

    @Override
    public void close() {
        out.add(END);
    }
}

package org.mainstay.comm.internal.enrol;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The joining side's connection: a plain socket. */
final class SocketJoinWire implements JoinWire {
    private static final Logger LOG = LoggerFactory.getLogger(SocketJoinWire.class);
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;

    SocketJoinWire(Socket socket) throws IOException {
        this.socket = socket;
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
        out.write(MAGIC);
    }

    @Override
    public byte[] read() throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MAX_FRAME) {
            throw new IOException("a message longer than allowed");
        }
        byte[] frame = new byte[length];
        in.readFully(frame);
        return frame;
    }

    @Override
    public void write(byte[] frame) throws IOException {
        byte[] all = ByteBuffer.allocate(frame.length + 4)
                .putInt(frame.length)
                .put(frame)
                .array();
        out.write(all);
        out.flush();
    }

    @Override
    public void patience(int millis) {
        try {
            socket.setSoTimeout(millis);
        } catch (SocketException e) {
            LOG.debug("the connection is closed", e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.debug("closing failed", e);
        }
    }
}

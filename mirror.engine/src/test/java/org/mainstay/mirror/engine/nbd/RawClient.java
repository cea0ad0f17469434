package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.LongToIntFunction;
import org.mainstay.mirror.engine.io.SocketWire;
import org.mainstay.mirror.engine.io.Wire;

/** An NBD client that can also do what no client should. */
public final class RawClient implements AutoCloseable {
    private Wire wire;
    private long size;
    private int flags;

    /** What came back for a request. */
    public record Answer(int error, long cookie, byte[] data) {}

    /** What came back for an option. */
    public record OptionReply(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }
    }

    public RawClient(SocketAddress address) throws IOException {
        this.wire = SocketWire.connect(address);
    }

    /** What a client says first. */
    interface Greeting {
        RawClient of(RawClient connected) throws IOException;
    }

    /** Connects as often as it takes until there is a place. */
    static RawClient patient(SocketAddress address, Greeting greeting) {
        // When the time of the test is over it is interrupted, and nothing can be opened any more.
        while (!Thread.currentThread().isInterrupted()) {
            try {
                RawClient client = new RawClient(address);
                try {
                    return greeting.of(client);
                } catch (IOException e) {
                    // Thousands of these would use up the process's files.
                    client.close();
                }
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("no place became free");
    }

    /** Asks for TLS, and does the client's part of its handshake. */
    public RawClient startTls(TlsUpgrade client) throws IOException {
        option(Nbd.OPT_STARTTLS, 0, new byte[0]);
        OptionReply reply = reply();
        if (reply.type() != Nbd.REP_ACK) {
            throw new IOException("no TLS: " + reply.text());
        }
        return secure(client);
    }

    /** Does the client's part of the TLS handshake. */
    public RawClient secure(TlsUpgrade client) throws IOException {
        wire = client.secure(wire);
        return this;
    }

    /** Takes whatever comes until the server has closed the connection. */
    public void drained() {
        boolean more = true;
        while (more) {
            more = !ended();
        }
    }

    public ByteBuffer read(int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        wire.readFully(buffer);
        return buffer.flip();
    }

    public void write(ByteBuffer bytes) throws IOException {
        wire.write(bytes);
    }

    public RawClient hello() throws IOException {
        read(18);
        write(ByteBuffer.allocate(4).putInt(3).flip());
        return this;
    }

    public void option(int option, int length, byte[] data) throws IOException {
        write(ByteBuffer.allocate(16 + data.length)
                .putLong(Nbd.IHAVEOPT)
                .putInt(option)
                .putInt(length)
                .put(data)
                .flip());
    }

    public OptionReply reply() throws IOException {
        ByteBuffer head = read(20);
        if (head.getLong() != Nbd.OPTION_REPLY) {
            throw new IOException("not an option's reply");
        }
        return new OptionReply(head.getInt(), head.getInt(), read(head.getInt()).array());
    }

    public RawClient go(String name) throws IOException {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        byte[] data = ByteBuffer.allocate(6 + text.length)
                .putInt(text.length)
                .put(text)
                .putShort((short) 0)
                .array();
        option(Nbd.OPT_GO, data.length, data);
        while (true) {
            OptionReply reply = reply();
            if (reply.type() == Nbd.REP_ACK) {
                return this;
            }
            if (reply.type() != Nbd.REP_INFO) {
                throw new IOException("refused: " + reply.text());
            }
            ByteBuffer info = ByteBuffer.wrap(reply.data());
            if (info.getShort() == Nbd.INFO_EXPORT) {
                size = info.getLong();
                flags = info.getShort() & 0xffff;
            }
        }
    }

    public long size() {
        return size;
    }

    public int flags() {
        return flags;
    }

    public static ByteBuffer request(int flags, int type, long cookie, long offset, int length, byte[] data) {
        return ByteBuffer.allocate(28 + data.length)
                .putInt(Nbd.REQUEST)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(cookie)
                .putLong(offset)
                .putInt(length)
                .put(data)
                .flip();
    }

    /** Sends a request and returns its simple reply. */
    public Answer call(int flags, int type, long offset, int length, byte[] data) throws IOException {
        write(request(flags, type, 77, offset, length, data));
        return answer(type == Nbd.CMD_READ ? length : 0);
    }

    public Answer answer(int dataLength) throws IOException {
        return answer(cookie -> dataLength);
    }

    /** @param dataLength how much comes with the answer to a request */
    public Answer answer(LongToIntFunction dataLength) throws IOException {
        ByteBuffer head = read(16);
        if (head.getInt() != Nbd.SIMPLE_REPLY) {
            throw new IOException("not a simple reply");
        }
        int error = head.getInt();
        long cookie = head.getLong();
        int length = error == 0 ? dataLength.applyAsInt(cookie) : 0;
        return new Answer(error, cookie, read(length).array());
    }

    public Answer writeAt(long offset, byte[] data) throws IOException {
        return call(0, Nbd.CMD_WRITE, offset, data.length, data);
    }

    public byte[] readAt(long offset, int length) throws IOException {
        Answer answer = call(0, Nbd.CMD_READ, offset, length, new byte[0]);
        if (answer.error() != 0) {
            throw new IOException("read failed: " + answer.error());
        }
        return answer.data();
    }

    public int flush() throws IOException {
        return call(0, Nbd.CMD_FLUSH, 0, 0, new byte[0]).error();
    }

    /** Takes whatever comes, on a thread of its own, to the end of the connection. */
    public void drain() {
        Thread thread = new Thread(() -> {
            try {
                ByteBuffer all = ByteBuffer.allocate(64 << 10);
                while (wire.read(all.clear()) >= 0) {
                    all.clear();
                }
            } catch (IOException e) {
                // The connection has ended.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** Says whether the server has closed the connection. */
    public boolean ended() {
        try {
            return wire.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}

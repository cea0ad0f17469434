package org.mainstay.mirror.engine.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.mainstay.mirror.engine.io.Export;
import org.mainstay.mirror.engine.io.Wire;

/** The newstyle fixed negotiation of one connection: ends with an export chosen, or with the connection. */
final class Handshake {
    /** An option may be this long; longer ones are read away up to {@link #SKIPPED}. */
    private static final int LONGEST_OPTION = 8192;

    private static final int SKIPPED = 1 << 20;
    private static final int LONGEST_NAME = 4096;
    private static final int MOST_OPTIONS = 256;
    private static final int OPTION_HEADER = 16;

    private final Exports exports;
    private final boolean list;
    private final TlsUpgrade tls;
    private final ByteBuffer buffer = ByteBuffer.allocate(LONGEST_OPTION + OPTION_HEADER);
    private Wire wire;
    private boolean secured;
    private boolean noZeroes;
    private boolean structured;

    /** What was agreed on. */
    record Agreement(Wire wire, Export export, boolean structured) {}

    /** @param tls how the connection is to be secured before anything is told on it; null: it is local */
    Handshake(Wire wire, Exports exports, boolean list, TlsUpgrade tls) {
        this.wire = wire;
        this.exports = exports;
        this.list = list;
        this.tls = tls;
    }

    /** Negotiates. @return null if the client ended the negotiation properly */
    Agreement run() throws IOException {
        ByteBuffer hello = ByteBuffer.allocate(18);
        hello.putLong(Nbd.NBDMAGIC).putLong(Nbd.IHAVEOPT);
        hello.putShort((short) (Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES));
        wire.write(hello.flip());
        int flags = receive(4).getInt();
        if ((flags & ~(Nbd.FLAG_FIXED_NEWSTYLE | Nbd.FLAG_NO_ZEROES)) != 0) {
            throw new HandshakeException("client flags 0x" + Integer.toHexString(flags) + " are not known");
        }
        noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
        for (int i = 0; i < MOST_OPTIONS; i++) {
            ByteBuffer header = receive(OPTION_HEADER);
            if (header.getLong() != Nbd.IHAVEOPT) {
                throw new HandshakeException("an option does not begin as one");
            }
            int option = header.getInt();
            int length = header.getInt();
            if (option == Nbd.OPT_ABORT) {
                reply(option, Nbd.REP_ACK, new byte[0]);
                return null;
            }
            Agreement agreement = option(option, length);
            if (agreement != null) {
                return agreement;
            }
        }
        throw new HandshakeException("more than " + MOST_OPTIONS + " options");
    }

    private Agreement option(int option, int length) throws IOException {
        if (tls != null && !secured && option != Nbd.OPT_STARTTLS) {
            if (option == Nbd.OPT_EXPORT_NAME) {
                // This oldest option has no way to say no.
                throw new HandshakeException("a client asked for an export without TLS");
            }
            skip(length);
            refuse(option, Nbd.REP_ERR_TLS_REQD, "this server talks TLS only: send STARTTLS first");
            return null;
        }
        if (option == Nbd.OPT_EXPORT_NAME) {
            return exportName(length);
        }
        if (length < 0 || length > LONGEST_OPTION) {
            skip(length);
            refuse(option, Nbd.REP_ERR_TOO_BIG, "an option has at most " + LONGEST_OPTION + " bytes");
            return null;
        }
        ByteBuffer data = receive(length);
        switch (option) {
            case Nbd.OPT_LIST -> list(data);
            case Nbd.OPT_STRUCTURED_REPLY -> structuredReply(data);
            case Nbd.OPT_STARTTLS -> startTls(data);
            case Nbd.OPT_INFO, Nbd.OPT_GO -> {
                return infoOrGo(option, data);
            }
            default -> refuse(option, Nbd.REP_ERR_UNSUP, "this server does not know option " + option);
        }
        return null;
    }

    private Agreement exportName(int length) throws IOException {
        if (length < 0 || length > LONGEST_NAME) {
            throw new HandshakeException("an export name of " + (length & 0xffffffffL) + " bytes");
        }
        String name = text(receive(length));
        Export export = name == null ? null : exports.find(name);
        if (export == null) {
            // This oldest option has no way to say no.
            throw new HandshakeException("no export '" + name + "'");
        }
        ByteBuffer answer = ByteBuffer.allocate(noZeroes ? 10 : 134);
        answer.putLong(export.size()).putShort((short) flags(export));
        wire.write(answer.position(answer.capacity()).flip());
        return new Agreement(wire, export, structured);
    }

    private void list(ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            refuse(Nbd.OPT_LIST, Nbd.REP_ERR_INVALID, "LIST has no data");
            return;
        }
        if (!list) {
            refuse(Nbd.OPT_LIST, Nbd.REP_ERR_POLICY, "this server does not list its exports");
            return;
        }
        for (String name : exports.names()) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            reply(
                    Nbd.OPT_LIST,
                    Nbd.REP_SERVER,
                    ByteBuffer.allocate(4 + bytes.length)
                            .putInt(bytes.length)
                            .put(bytes)
                            .array());
        }
        reply(Nbd.OPT_LIST, Nbd.REP_ACK, new byte[0]);
    }

    private void structuredReply(ByteBuffer data) throws IOException {
        if (data.hasRemaining()) {
            refuse(Nbd.OPT_STRUCTURED_REPLY, Nbd.REP_ERR_INVALID, "STRUCTURED_REPLY has no data");
            return;
        }
        structured = true;
        reply(Nbd.OPT_STRUCTURED_REPLY, Nbd.REP_ACK, new byte[0]);
    }

    private void startTls(ByteBuffer data) throws IOException {
        if (data.hasRemaining() || secured) {
            refuse(Nbd.OPT_STARTTLS, Nbd.REP_ERR_INVALID, secured ? "TLS is on already" : "STARTTLS has no data");
            return;
        }
        if (tls == null) {
            refuse(Nbd.OPT_STARTTLS, Nbd.REP_ERR_POLICY, "this server has no TLS on this socket");
            return;
        }
        reply(Nbd.OPT_STARTTLS, Nbd.REP_ACK, new byte[0]);
        wire = tls.secure(wire);
        secured = true;
        // What was agreed on before might have been said by somebody in between.
        structured = false;
    }

    private Agreement infoOrGo(int option, ByteBuffer data) throws IOException {
        int length = data.remaining() < 6 ? -1 : data.getInt();
        if (length < 0 || length > LONGEST_NAME || length > data.remaining() - 2) {
            refuse(option, Nbd.REP_ERR_INVALID, "the lengths in this option do not fit");
            return null;
        }
        byte[] name = new byte[length];
        data.get(name);
        int wanted = data.getShort() & 0xffff;
        if (data.remaining() != 2 * wanted) {
            refuse(option, Nbd.REP_ERR_INVALID, "the lengths in this option do not fit");
            return null;
        }
        boolean wantsName = false;
        while (data.hasRemaining()) {
            wantsName |= data.getShort() == Nbd.INFO_NAME;
        }
        String text = text(ByteBuffer.wrap(name));
        Export export = text == null ? null : exports.find(text);
        if (export == null) {
            refuse(option, Nbd.REP_ERR_UNKNOWN, "no such export here now");
            return null;
        }
        if (wantsName) {
            reply(
                    option,
                    Nbd.REP_INFO,
                    ByteBuffer.allocate(2 + name.length)
                            .putShort((short) Nbd.INFO_NAME)
                            .put(name)
                            .array());
        }
        reply(
                option,
                Nbd.REP_INFO,
                ByteBuffer.allocate(12)
                        .putShort((short) Nbd.INFO_EXPORT)
                        .putLong(export.size())
                        .putShort((short) flags(export))
                        .array());
        reply(
                option,
                Nbd.REP_INFO,
                ByteBuffer.allocate(14)
                        .putShort((short) Nbd.INFO_BLOCK_SIZE)
                        .putInt(1)
                        .putInt(Nbd.PREFERRED_BLOCK)
                        .putInt(Nbd.LARGEST_PAYLOAD)
                        .array());
        reply(option, Nbd.REP_ACK, new byte[0]);
        return option == Nbd.OPT_GO ? new Agreement(wire, export, structured) : null;
    }

    private int flags(Export export) {
        int flags = Nbd.HAS_FLAGS | Nbd.SEND_FLUSH;
        if (export.readOnly()) {
            flags |= Nbd.READ_ONLY;
        } else {
            flags |= Nbd.SEND_FUA | Nbd.SEND_TRIM | Nbd.SEND_WRITE_ZEROES;
        }
        if (export.manyConnections()) {
            flags |= Nbd.CAN_MULTI_CONN;
        }
        return structured ? flags | Nbd.SEND_DF : flags;
    }

    /** Returns UTF-8 text without control characters, null for anything else. */
    private static String text(ByteBuffer bytes) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return text.chars().anyMatch(c -> c < ' ') ? null : text;
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private void skip(int length) throws IOException {
        long left = length & 0xffffffffL;
        if (left > SKIPPED) {
            throw new HandshakeException("an option of " + left + " bytes");
        }
        while (left > 0) {
            left -= receive((int) Math.min(left, LONGEST_OPTION)).remaining();
        }
    }

    private ByteBuffer receive(int length) throws IOException {
        ByteBuffer part = buffer.clear().limit(length);
        wire.readFully(part);
        return part.flip();
    }

    private void refuse(int option, int type, String text) throws IOException {
        reply(option, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private void reply(int option, int type, byte[] data) throws IOException {
        ByteBuffer reply = ByteBuffer.allocate(20 + data.length);
        reply.putLong(Nbd.OPTION_REPLY)
                .putInt(option)
                .putInt(type)
                .putInt(data.length)
                .put(data);
        wire.write(reply.flip());
    }
}

package org.mainstay.kit.dns.internal;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.mainstay.kit.ActionContext;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.Section;
import org.xbill.DNS.TSIG;
import org.xbill.DNS.Type;
import org.xbill.DNS.Update;

/** Talks to name servers over TCP within one action: a client library with threads of its own would outlive the action. */
final class DnsClient {
    /** How long one server may take to answer. Tunable {@code LKDNS_TIMEOUT_MILLIS}. */
    private static final long TIMEOUT_MILLIS = 3000;

    private final ActionContext context;
    private final Optional<TSIG> key;
    private final int timeoutMillis;

    DnsClient(ActionContext context, Optional<TSIG> key) {
        this.context = context;
        this.key = key;
        String text = context.tunable("LKDNS_TIMEOUT_MILLIS", String.valueOf(TIMEOUT_MILLIS))
                .strip();
        this.timeoutMillis = text.matches("[1-9]\\d{0,5}") ? Integer.parseInt(text) : (int) TIMEOUT_MILLIS;
    }

    /** A zone a server answers for. */
    record Zone(Name name, Name master) {}

    /** Asks a server which zone the name is in. @return empty if it does not answer for it */
    Optional<Zone> zone(NameServer server, Name name) throws IOException {
        Message answer = query(server, name, Type.SOA);
        for (int section : new int[] {Section.ANSWER, Section.AUTHORITY}) {
            for (Record record : answer.getSection(section)) {
                if (record instanceof SOARecord soa && name.subdomain(soa.getName())) {
                    return Optional.of(new Zone(soa.getName(), soa.getHost()));
                }
            }
        }
        return Optional.empty();
    }

    /** Returns the records of the name and type; empty if there are none. @throws IOException if it cannot be told */
    List<Record> records(NameServer server, Name name, int type) throws IOException {
        Message answer = query(server, name, type);
        if (answer.getRcode() != Rcode.NOERROR && answer.getRcode() != Rcode.NXDOMAIN) {
            throw new IOException(
                    server + " answers " + Rcode.string(answer.getRcode()) + " when asked for " + name.toString(true));
        }
        List<Record> found = new ArrayList<>();
        for (Record record : answer.getSection(Section.ANSWER)) {
            if (record.getType() == type && record.getName().equals(name)) {
                found.add(record);
            }
        }
        return found;
    }

    private Message query(NameServer server, Name name, int type) throws IOException {
        return exchange(server, Message.newQuery(Record.newRecord(name, type, DClass.IN)), Optional.empty());
    }

    /** Sends an update, signed if there is a key. @return what the server said, {@link Rcode#NOERROR} if it is done */
    int update(NameServer server, Update update) throws IOException {
        return exchange(server, update, key).getRcode();
    }

    private Message exchange(NameServer server, Message request, Optional<TSIG> signature) throws IOException {
        if (context.cancelled()) {
            throw new CancellationException("the action's time is up");
        }
        signature.ifPresent(tsig -> tsig.apply(request, null));
        byte[] bytes = request.toWire();
        long limit = Math.min(timeoutMillis, Math.max(1, context.remaining().toMillis()));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address(server), server.port()), (int) limit);
            socket.setSoTimeout((int) limit);
            OutputStream out = socket.getOutputStream();
            byte[] framed = new byte[bytes.length + 2];
            framed[0] = (byte) (bytes.length >> 8);
            framed[1] = (byte) bytes.length;
            System.arraycopy(bytes, 0, framed, 2, bytes.length);
            out.write(framed);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readUnsignedShort()];
            in.readFully(answer);
            Message response = new Message(answer);
            if (response.getHeader().getID() != request.getHeader().getID()) {
                throw new IOException(server + " answered another question");
            }
            if (signature.isPresent()) {
                check(server, signature.get(), response, answer, request);
            }
            return response;
        } catch (IOException e) {
            throw new IOException(server + " does not answer: " + e.getMessage(), e);
        }
    }

    /** An unsigned refusal may pass, as a server that does not know the key cannot sign; an unsigned success may not. */
    private static void check(NameServer server, TSIG key, Message response, byte[] bytes, Message request)
            throws IOException {
        int error = key.verify(response, bytes, request.getTSIG());
        if (error != Rcode.NOERROR && response.getRcode() == Rcode.NOERROR) {
            throw new IOException(server + " answered without a valid signature: " + Rcode.TSIGstring(error));
        }
    }

    private static InetAddress address(NameServer server) throws UnknownHostException {
        Optional<InetAddress> literal = Settings.literal(server.host());
        return literal.isPresent() ? literal.get() : InetAddress.getByName(server.host());
    }
}

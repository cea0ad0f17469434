package org.mainstay.kit.dns.internal;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
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
    private final String getent;
    private final int timeoutMillis;
    private final long end;
    private final Map<String, Optional<InetAddress>> known = new HashMap<>();

    /** @param budget how long all questions together may take */
    DnsClient(ActionContext context, Optional<TSIG> key, Duration budget) {
        this(context, key, budget, "getent");
    }

    /**
     * @param budget how long all questions together may take
     * @param getent program that looks names up
     */
    DnsClient(ActionContext context, Optional<TSIG> key, Duration budget, String getent) {
        this.context = context;
        this.key = key;
        this.getent = getent;
        this.end = System.nanoTime() + budget.toNanos();
        String text = context.tunable("LKDNS_TIMEOUT_MILLIS", String.valueOf(TIMEOUT_MILLIS))
                .strip();
        this.timeoutMillis = text.matches("[1-9]\\d{0,5}") ? Integer.parseInt(text) : (int) TIMEOUT_MILLIS;
    }

    /** Returns how long the next step may take. @throws IOException if no time is left for it */
    private Duration limit() throws IOException {
        if (context.cancelled()) {
            throw new CancellationException("the action's time is up");
        }
        long budget = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (budget <= 0) {
            throw new IOException("no time is left for name servers");
        }
        long action = Math.max(1, context.remaining().toMillis());
        return Duration.ofMillis(Math.min(timeoutMillis, Math.min(action, budget)));
    }

    /**
     * Returns the address of a host, looked up once per action by a program that can be ended: the resolver inside of Java
     * neither has a time limit nor heeds the end of the action.
     *
     * @throws IOException if no time is left
     */
    Optional<InetAddress> address(String host) throws IOException {
        Optional<InetAddress> literal = Settings.literal(host);
        if (literal.isPresent() || known.containsKey(host)) {
            return literal.isPresent() ? literal : known.get(host);
        }
        Optional<InetAddress> found = Optional.empty();
        if (host.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
            CommandResult result = context.host()
                    .run(Command.of(getent, "ahosts", host).timeLimit(limit()).build());
            List<InetAddress> all = result.output()
                    .lines()
                    .flatMap(line -> Settings.literal(line.strip().split("\\s+")[0]).stream())
                    .toList();
            found = all.stream().filter(Inet4Address.class::isInstance).findFirst();
            found = found.isPresent() ? found : all.stream().findFirst();
        }
        known.put(host, found);
        return found;
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

    /** Returns the types of the records the name has, as far as the server tells them to who asks for any. */
    List<String> types(NameServer server, Name name) throws IOException {
        return query(server, name, Type.ANY).getSection(Section.ANSWER).stream()
                .filter(record -> record.getName().equals(name))
                .map(record -> Type.string(record.getType()))
                .distinct()
                .sorted()
                .toList();
    }

    private Message query(NameServer server, Name name, int type) throws IOException {
        return exchange(server, Message.newQuery(Record.newRecord(name, type, DClass.IN)), Optional.empty());
    }

    /** Sends an update, signed if there is a key. @return what the server said, {@link Rcode#NOERROR} if it is done */
    int update(NameServer server, Update update) throws IOException {
        return exchange(server, update, key).getRcode();
    }

    private Message exchange(NameServer server, Message request, Optional<TSIG> signature) throws IOException {
        InetAddress address = address(server.host())
                .orElseThrow(
                        () -> new UnknownHostException(server + ": the name has no address, or was not found in time"));
        int limit = (int) limit().toMillis();
        signature.ifPresent(tsig -> tsig.apply(request, null));
        byte[] bytes = request.toWire();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, server.port()), limit);
            socket.setSoTimeout(limit);
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
}

package org.mainstay.kit.dns.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.dns.internal.DnsClient.Zone;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.Type;
import org.xbill.DNS.Update;

/**
 * Writes and checks the records of one resource on all name servers of its zone (ADM-121, ADM-122, ADM-131): those the
 * administrator listed, the zone's master and its NS records.
 */
final class Publisher {
    private static final Duration POLL = Duration.ofMillis(200);
    /** How many times longer the server that took an update may lack it: a secondary that forwards it fetches it back. */
    private static final int FORWARDING = 5;

    private static final List<Integer> ALL_TYPES = List.of(Type.A, Type.AAAA, Type.CNAME);

    private final ActionContext context;
    private final Settings settings;
    private final DnsClient client;
    private final Map<NameServer, String> silent = new LinkedHashMap<>();

    Publisher(ActionContext context, Settings settings) {
        this(context, settings, context.remaining());
    }

    /** @param budget how long all questions to name servers together may take */
    Publisher(ActionContext context, Settings settings, Duration budget) {
        this.context = context;
        this.settings = settings;
        this.client = new DnsClient(context, settings.keyFile().map(KeyFile::read), budget);
    }

    /**
     * The name servers found.
     *
     * @param zone zone of the name
     * @param servers those that answer for it, the listed ones first
     */
    record Scene(Zone zone, List<NameServer> servers) {}

    /** Returns why nothing was found, for messages. */
    String whySilent() {
        return silent.isEmpty() ? "none was asked" : String.join("; ", silent.values());
    }

    /** Finds the zone and its servers; empty if no listed server answers for the name. */
    Optional<Scene> look() {
        return look(settings.owner());
    }

    private Optional<Scene> look(Name name) {
        Set<NameServer> found = new LinkedHashSet<>();
        Zone zone = null;
        for (NameServer server : settings.servers()) {
            try {
                Optional<Zone> answer = client.zone(server, name);
                if (answer.isEmpty()) {
                    silent.put(server, server + " does not answer for " + name.toString(true));
                    continue;
                }
                found.add(server);
                if (zone == null) {
                    zone = answer.get();
                }
            } catch (IOException e) {
                silent.put(server, e.getMessage());
            }
        }
        if (zone == null) {
            return Optional.empty();
        }
        NameServer target = found.iterator().next();
        Set<NameServer> all = new LinkedHashSet<>(found);
        for (NameServer other : discovered(target, zone)) {
            if (isNew(all, other)) {
                all.add(other);
            }
        }
        return Optional.of(new Scene(zone, List.copyOf(all)));
    }

    private boolean isNew(Set<NameServer> known, NameServer other) {
        return known.stream().noneMatch(one -> address(one).equals(address(other)) && one.port() == other.port());
    }

    private Optional<InetAddress> address(NameServer server) {
        try {
            return client.address(server.host());
        } catch (IOException e) {
            // no time is left; the next question says so
            return Optional.empty();
        }
    }

    /** Returns the master and the NS records' servers by address, as the target knows them. */
    private List<NameServer> discovered(NameServer target, Zone zone) {
        Set<Name> names = new LinkedHashSet<>(List.of(zone.master()));
        List<NameServer> servers = new ArrayList<>();
        try {
            for (Record record : client.records(target, zone.name(), Type.NS)) {
                names.add(((NSRecord) record).getTarget());
            }
            for (Name name : names) {
                Set<InetAddress> addresses = addresses(target, name);
                for (InetAddress address : addresses) {
                    servers.add(new NameServer(address.getHostAddress(), target.port()));
                }
                if (addresses.isEmpty()) {
                    address(new NameServer(name.toString(true), target.port()))
                            .ifPresent(found -> servers.add(new NameServer(found.getHostAddress(), target.port())));
                }
            }
        } catch (IOException e) {
            context.progress("warning: the other name servers of " + zone.name().toString(true)
                    + " could not be found: " + e.getMessage());
        }
        return servers;
    }

    private Set<InetAddress> addresses(NameServer server, Name name) throws IOException {
        Set<InetAddress> addresses = new LinkedHashSet<>();
        for (Record record : client.records(server, name, Type.A)) {
            addresses.add(((ARecord) record).getAddress());
        }
        for (Record record : client.records(server, name, Type.AAAA)) {
            addresses.add(((AAAARecord) record).getAddress());
        }
        return addresses;
    }

    /** Returns whether the server has exactly the records this server wants. */
    boolean holds(NameServer server) throws IOException {
        return contents(server).equals(texts(settings.records()));
    }

    /** Returns the addresses or the alias the name has on the server, whichever the resource keeps. */
    Set<String> contents(NameServer server) throws IOException {
        return texts(records(server, types()));
    }

    /** Returns all the name means on the server: what the resource keeps, and what an update of it replaces. */
    Set<String> meaning(NameServer server) throws IOException {
        return texts(records(server, ALL_TYPES));
    }

    private List<Integer> types() {
        return settings.alias() != null ? List.of(Type.CNAME) : List.of(Type.A, Type.AAAA);
    }

    private List<Record> records(NameServer server, List<Integer> types) throws IOException {
        List<Record> found = new ArrayList<>();
        for (int type : types) {
            found.addAll(client.records(server, settings.owner(), type));
        }
        return found;
    }

    private static Set<String> texts(List<Record> records) {
        Set<String> texts = new TreeSet<>();
        records.forEach(record -> texts.add(Type.string(record.getType()) + " " + record.rdataToString()));
        return texts;
    }

    /** Asks whether updates are accepted, without changing anything. @return why not */
    Optional<String> refusal(Scene scene) {
        return send(scene.servers(), new Update(scene.zone().name())).isPresent()
                ? Optional.empty()
                : Optional.of(whySilent());
    }

    /** Makes the name mean this server on every name server of the zone that can be reached. */
    Outcome publish() {
        Optional<Scene> scene = look();
        if (scene.isEmpty()) {
            return Outcome.failed("no name server answers for " + settings.ownerText() + ": " + whySilent()
                    + "; one of servers must be reachable from this server");
        }
        List<NameServer> without = lacking(scene.get().servers());
        Set<InetAddress> before = before(scene.get());
        if (!without.isEmpty()) {
            Optional<NameServer> took =
                    send(scene.get().servers(), wanted(scene.get().zone()));
            if (took.isEmpty()) {
                return Outcome.failed("no name server accepts the update of " + settings.ownerText() + ": "
                        + whySilent() + "; check keyFile and the zone's update policy");
            }
            Outcome spread = spread(scene.get(), took.get(), without);
            if (!spread.succeeded()) {
                return spread;
            }
        }
        if (settings.reverse()) {
            reverse(before);
        }
        return Outcome.success(settings.ownerText() + " is " + settings.value());
    }

    /** An alias beside an address, or the other way round, would be ignored without an error (RFC 2136, 3.4.2.2): both go. */
    private Update wanted(Zone zone) {
        Update update = new Update(zone.name());
        ALL_TYPES.forEach(type -> update.delete(settings.owner(), type));
        settings.records().forEach(update::add);
        return update;
    }

    private Set<InetAddress> before(Scene scene) {
        try {
            return settings.alias() == null ? addresses(scene.servers().get(0), settings.owner()) : Set.of();
        } catch (IOException e) {
            context.progress("warning: " + e.getMessage());
            return Set.of();
        }
    }

    /** Sends the update to one server after the other until one takes it. */
    private Optional<NameServer> send(List<NameServer> servers, Update update) {
        for (NameServer server : servers) {
            try {
                Update own = new Update(update.getQuestion().getName());
                update.getSection(org.xbill.DNS.Section.UPDATE)
                        .forEach(record -> own.addRecord(record, org.xbill.DNS.Section.UPDATE));
                int code = client.update(server, own);
                if (code == Rcode.NOERROR) {
                    return Optional.of(server);
                }
                silent.put(server, server + " answers " + Rcode.TSIGstring(code));
            } catch (IOException e) {
                silent.put(server, e.getMessage());
            }
        }
        return Optional.empty();
    }

    /** Returns the servers that can be reached and lack the records. */
    private List<NameServer> lacking(List<NameServer> servers) {
        List<NameServer> without = new ArrayList<>();
        for (NameServer server : servers) {
            try {
                if (!holds(server)) {
                    without.add(server);
                }
            } catch (IOException e) {
                silent.put(server, e.getMessage());
            }
        }
        return without;
    }

    /**
     * Updates servers that replicate nothing (several masters, ADM-122), then gives the zone's own replication a moment.
     *
     * @param before servers that lacked the records
     * @return failed if the update changed nothing, whatever the server said that took it
     */
    private Outcome spread(Scene scene, NameServer took, List<NameServer> before) {
        for (NameServer server : lacking(scene.servers())) {
            if (!server.equals(took)) {
                send(List.of(server), wanted(scene.zone()));
            }
        }
        long begin = System.nanoTime();
        List<NameServer> without = lacking(scene.servers());
        boolean ignored = without.contains(took) && without.containsAll(before);
        while (!without.isEmpty()
                && System.nanoTime() - begin
                        < spreadTime().multipliedBy(ignored ? FORWARDING : 1).toNanos()
                && context.pause(POLL)) {
            without = lacking(without);
            ignored = without.contains(took) && without.containsAll(before);
        }
        if (ignored) {
            return Outcome.failed(took + " accepts the update of " + settings.ownerText() + " but does not carry it out"
                    + present(took) + "; "
                    + (settings.alias() != null
                            ? "an alias has no place beside other records of its name: delete them or choose kind=primary"
                            : "see its log and the zone's update policy"));
        }
        for (NameServer server : without) {
            context.progress("warning: " + server + " still gives the old records; it must fetch the zone from " + took
                    + ": " + silent.getOrDefault(server, "it took no update"));
        }
        return Outcome.success("the records are published");
    }

    private String present(NameServer server) {
        try {
            List<String> types = client.types(server, settings.owner());
            return types.isEmpty() ? "" : " (the name has " + String.join(", ", types) + ")";
        } catch (IOException e) {
            return " (what the name has could not be asked: " + e.getMessage() + ")";
        }
    }

    /** How long a restore waits for secondaries, tunable {@code LKDNS_SPREAD_SECS}; clients wait with it. */
    private Duration spreadTime() {
        String text = context.tunable("LKDNS_SPREAD_SECS", "3").strip();
        return Duration.ofSeconds(text.matches("\\d{1,3}") ? Long.parseLong(text) : 3);
    }

    /** PTR records of our addresses are added, ours of the addresses the name had before go; other names' stay. */
    private void reverse(Set<InetAddress> before) {
        for (InetAddress address : settings.addresses()) {
            pointer(address, true);
        }
        for (InetAddress address : before) {
            if (!settings.addresses().contains(address)) {
                pointer(address, false);
            }
        }
    }

    private void pointer(InetAddress address, boolean present) {
        Name name = ReverseMap.fromAddress(address);
        PTRRecord pointer = new PTRRecord(name, DClass.IN, settings.ttl(), settings.owner());
        try {
            Optional<Scene> scene = look(name);
            if (scene.isEmpty()) {
                context.progress("warning: no name server answers for the PTR record of " + address.getHostAddress()
                        + "; set ptr=no if there is no such zone");
                return;
            }
            boolean there = client.records(scene.get().servers().get(0), name, Type.PTR).stream()
                    .anyMatch(record -> ((PTRRecord) record).getTarget().equals(settings.owner()));
            if (there == present) {
                return;
            }
            Update update = new Update(scene.get().zone().name());
            if (present) {
                update.add(pointer);
            } else {
                update.delete(pointer);
            }
            if (send(scene.get().servers(), update).isEmpty()) {
                context.progress("warning: the PTR record of " + address.getHostAddress() + " could not be written: "
                        + whySilent());
            }
        } catch (IOException e) {
            context.progress("warning: the PTR record of " + address.getHostAddress() + ": " + e.getMessage());
        }
    }

    /** Takes our records away, where they are still ours; what cannot be reached is told and left to the next owner. */
    void withdraw() {
        Optional<Scene> scene = look();
        if (scene.isEmpty()) {
            context.progress("warning: the records of " + settings.ownerText() + " stay: " + whySilent());
            return;
        }
        Update update = new Update(scene.get().zone().name());
        settings.records().forEach(update::delete);
        if (send(scene.get().servers(), update).isEmpty()) {
            context.progress("warning: the records of " + settings.ownerText() + " stay: " + whySilent());
        }
        if (settings.reverse()) {
            settings.addresses().forEach(address -> pointer(address, false));
        }
    }

    /** Every server that can be reached has the records, and at least one can be reached (ADM-129, ADM-131). */
    Outcome check() {
        Optional<Scene> scene = look();
        if (scene.isEmpty()) {
            return Outcome.failed("no name server of " + settings.ownerText() + " can be reached: " + whySilent());
        }
        List<NameServer> without = lacking(scene.get().servers());
        return without.isEmpty()
                ? Outcome.success(settings.ownerText() + " is " + settings.value() + " on "
                        + scene.get().servers().size() + " name servers")
                : Outcome.failed(settings.ownerText() + " is not " + settings.value() + " on "
                        + String.join(
                                ", ", without.stream().map(NameServer::toString).toList()));
    }
}

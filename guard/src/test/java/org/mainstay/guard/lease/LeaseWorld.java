package org.mainstay.guard.lease;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.mainstay.guard.lease.LeaseBook.Former;
import org.mainstay.guard.lease.LeaseSettings.Mode;

/**
 * Some servers with real lease books and a model of the heartbeat exchange, on virtual time: clocks that run wrongly
 * by up to half a percent, loss, delay, reordering and duplication, one-way cuts, servers that stand still, guards
 * that are started again, settings that differ and change. A server withholds what has lapsed, and allows again at
 * random.
 */
final class LeaseWorld {
    static final int STEP = 50;

    private record Packet(
            int from,
            int to,
            long instance,
            long sequence,
            int lease,
            int stop,
            long echoOf,
            long echo,
            boolean grants) {}

    private record UnderWay(Packet packet, long arrives) {}

    private static final class Sent {
        final long at;
        final int lease;
        final int stop;

        Sent(long at, int lease, int stop) {
            this.at = at;
            this.lease = lease;
            this.stop = stop;
        }
    }

    private final class Server {
        final int number;
        final double rate = 1 + (random.nextDouble() - 0.5) / 100;
        final long origin = random.nextLong(1_000_000);
        LeaseSettings settings;
        LeaseBook book;
        long instance = random.nextLong(1, Long.MAX_VALUE);
        long sequence;
        final Map<Integer, Map<Long, Sent>> sent = new HashMap<>();
        final Map<Integer, Long> heardInstance = new HashMap<>();
        final Map<Integer, Long> heardSequence = new HashMap<>();
        final Map<Integer, Long> heardAt = new HashMap<>();
        final Map<Integer, Sent> heardSettings = new HashMap<>();
        long pausedUntil;
        long nextSend;
        /** What it owes by its own clock: until then something may run here. */
        long mayRunUntil = LeaseBook.NEVER;
        /** What is on disk. */
        long writtenUntil = LeaseBook.NEVER;

        long writtenSince = LeaseBook.NEVER;
        boolean wasHeld;

        Server(int number) {
            this.number = number;
            this.settings = settings();
            this.book = new LeaseBook(settings, Former.NOTHING, settings.peers(), Map.of(), clock());
        }

        private LeaseSettings settings() {
            int lease = faults ? random.nextInt(1500, 6000) : 3000;
            int stop = faults ? random.nextInt(500, 9000) : 5000;
            return new LeaseSettings(Mode.MAJORITY, name(number), lease, stop, names, "", Map.of());
        }

        long clock() {
            return origin + (long) (time * rate);
        }

        void turn() {
            long now = clock();
            note(now);
            for (int peer = 0; peer < servers.size(); peer++) {
                String name = name(peer);
                if (peer != number && faults && book.lapsed(name, now) && random.nextInt(10) == 0) {
                    book.withhold(name);
                } else if (peer != number && random.nextInt(faults ? 60 : 1) == 0) {
                    book.allow(name);
                }
                if (peer != number && time >= nextSend) {
                    send(peer, now);
                }
            }
            nextSend = time >= nextSend ? time + random.nextInt(100, 900) : nextSend;
            if (faults && random.nextInt(400) == 0) {
                settings = settings();
                book.settings(settings, true, now);
            }
        }

        /** Remembers how long something may run here because of the lease. */
        void note(long now) {
            boolean before = wasHeld;
            wasHeld = book.held(now);
            if (wasHeld) {
                mayRunUntil = book.outBy(now);
                heldSteps++;
                if (Math.abs(book.until(now) - writtenUntil) >= 500) {
                    writtenUntil = book.until(now);
                    writtenSince = book.since();
                }
            } else if (before) {
                lost++;
            }
        }

        private void send(int peer, long now) {
            sequence++;
            sent.computeIfAbsent(peer, key -> new HashMap<>())
                    .put(sequence, new Sent(now, settings.leaseMillis(), settings.lossStopMillis()));
            long echo = heardSequence.getOrDefault(peer, 0L);
            boolean grants = false;
            if (echo > 0) {
                Sent heard = heardSettings.get(peer);
                String name = name(peer);
                int missing = book.toRecord(heard.lease, heard.stop, name);
                if (missing > 0 && random.nextInt(3) == 0) {
                    book.recorded(name, missing);
                }
                grants = book.grant(name, grantTime(peer), shorter(heard.lease), shorter(heard.stop));
            }
            transmit(new Packet(
                    number,
                    peer,
                    instance,
                    sequence,
                    settings.leaseMillis(),
                    settings.lossStopMillis(),
                    heardInstance.getOrDefault(peer, 0L),
                    echo,
                    grants));
        }

        private long grantTime(int peer) {
            return mutant.equals("lapses at L") ? heardAt.get(peer) - 20_000 : heardAt.get(peer);
        }

        private int shorter(int millis) {
            return mutant.equals("lapses at L") ? 0 : millis;
        }

        void receive(Packet packet) {
            long now = clock();
            note(now);
            int peer = packet.from;
            Sent own = packet.echoOf == instance
                    ? sent.getOrDefault(peer, Map.of()).get(packet.echo)
                    : null;
            boolean known = heardInstance.getOrDefault(peer, 0L) == packet.instance;
            if (known && packet.sequence <= heardSequence.getOrDefault(peer, 0L)) {
                return;
            }
            boolean fresh = own != null && now - own.at < 3000;
            // Stricter in production: an instance not known yet is believed only if it echoes something sent lately.
            heardInstance.put(peer, packet.instance);
            heardSequence.put(peer, packet.sequence);
            heardAt.put(peer, now);
            heardSettings.put(peer, new Sent(now, packet.lease, packet.stop));
            if (fresh && packet.grants) {
                long from = mutant.equals("counted from receipt") ? now : own.at;
                book.granted(name(peer), new Grant(from, own.lease, own.stop), now);
            }
            note(now);
        }

        /** The guard dies and starts again, now and then in another boot. */
        void restart() {
            long now = clock();
            note(now);
            boolean sameBoot = random.nextInt(4) > 0;
            if (!sameBoot) {
                // nothing runs after a reboot, and nobody may think otherwise
                mayRunUntil = LeaseBook.NEVER;
            }
            Former former = sameBoot ? new Former(writtenUntil, writtenSince) : Former.NOTHING;
            Set<String> allowed = sameBoot ? book.allowed() : new TreeSet<>();
            LeaseBook old = book;
            book = new LeaseBook(settings, former, allowed, old.announced(), now);
            if (mutant.equals("restart forgets")) {
                book = new LeaseBook(settings, former, allowed, old.announced(), now - 100_000);
            }
            instance = random.nextLong(1, Long.MAX_VALUE);
            sequence = 0;
            sent.clear();
            heardInstance.clear();
            heardSequence.clear();
        }
    }

    private final SplittableRandom random;
    private final Set<String> names = new TreeSet<>();
    private final List<Server> servers = new ArrayList<>();
    private final List<UnderWay> underWay = new ArrayList<>();
    private final Set<String> cut = new HashSet<>();
    private final int count;
    private long time = 1_000_000;
    private double badLuck;
    boolean faults = true;
    String mutant = "";
    long heldSteps;
    long lapsedMajorities;
    long lost;

    LeaseWorld(int servers, SplittableRandom random) {
        this.random = random;
        this.count = servers;
        for (int i = 0; i < servers; i++) {
            names.add(name(i));
        }
    }

    private static String name(int number) {
        return "S" + number;
    }

    /** Runs for so many milliseconds. @return what was violated, or nothing */
    String run(long millis) {
        for (int i = 0; i < count; i++) {
            servers.add(new Server(i));
        }
        badLuck = faults ? random.nextDouble() * 0.3 : 0;
        for (long end = time + millis; time < end; time += STEP) {
            if (faults) {
                fault();
            }
            deliver();
            for (Server server : servers) {
                if (time >= server.pausedUntil) {
                    server.turn();
                }
            }
            String violation = check();
            if (!violation.isEmpty()) {
                return violation;
            }
        }
        return "";
    }

    private void fault() {
        int dice = random.nextInt(400);
        int one = random.nextInt(count);
        int other = random.nextInt(count);
        switch (dice) {
            case 0, 1, 2 -> cut.add(one + ">" + other);
            case 3, 4 -> {
                for (int i = 0; i < count; i++) {
                    cut.add(one + ">" + i);
                    cut.add(i + ">" + one);
                }
            }
            case 5, 6 -> cut.clear();
            case 7, 8 -> servers.get(one).pausedUntil = time + random.nextInt(15_000);
            case 9 -> servers.get(one).restart();
            default -> {
                // nothing happens now
            }
        }
    }

    private void transmit(Packet packet) {
        if (cut.contains(packet.from + ">" + packet.to) || random.nextDouble() < badLuck) {
            return;
        }
        int copies = faults && random.nextInt(20) == 0 ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delay = faults && random.nextInt(15) == 0 ? random.nextInt(25_000) : random.nextInt(30);
            underWay.add(new UnderWay(packet, time + delay));
        }
    }

    private void deliver() {
        List<UnderWay> later = new ArrayList<>();
        List<UnderWay> now = new ArrayList<>(underWay);
        underWay.clear();
        for (UnderWay sent : now) {
            Server to = servers.get(sent.packet.to);
            if (sent.arrives > time || time < to.pausedUntil) {
                later.add(sent);
            } else {
                to.receive(sent.packet);
            }
        }
        underWay.addAll(later);
    }

    private String check() {
        for (Server holder : servers) {
            int lapsed = 0;
            for (Server grantor : servers) {
                if (grantor != holder && grantor.book.lapsed(name(holder.number), grantor.clock())) {
                    lapsed++;
                }
            }
            boolean majority = lapsed >= count / 2 + 1;
            lapsedMajorities += majority ? 1 : 0;
            if (majority && holder.clock() < holder.mayRunUntil) {
                return name(holder.number) + " may run something for " + (holder.mayRunUntil - holder.clock())
                        + " ms more, and it has lapsed at " + lapsed + " of " + count;
            }
        }
        return "";
    }
}

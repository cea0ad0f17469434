package org.mainstay.core.decision.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.mainstay.cluster.lcd.CommPath;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.Flag;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.cluster.lcd.Restriction;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.decision.state.Safety;
import org.mainstay.core.decision.state.Settings;
import org.mainstay.core.decision.world.Invariants;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** Builds the cluster of a scenario from its {@code given} lines and plays its {@code when} lines. */
final class Stage {
    static final String TYPE = "gen/app";
    private static final long SETTLE = 40_000;

    private final boolean clockJumps;
    private Settings settings = Settings.DEFAULT;
    private World world;
    private Transcript transcript;
    private Invariants invariants;
    private final Map<String, Lcd> backups = new TreeMap<>();
    private final Map<String, List<String>> requests = new TreeMap<>();

    Stage() {
        this(false);
    }

    /** @param clockJumps whether the wall clock jumps by years all the time */
    Stage(boolean clockJumps) {
        this.clockJumps = clockJumps;
    }

    /** Plays one line and returns what follows. */
    List<String> play(String line) {
        if (line.startsWith("given ")) {
            given(line.substring("given ".length()));
        } else {
            String command = line.substring("when ".length());
            boolean atOnce = command.endsWith(", at once");
            new Actors(this, world)
                    .play(atOnce ? command.substring(0, command.length() - ", at once".length()) : command);
            if (!atOnce) {
                pass(command.startsWith("wait ") ? 0 : SETTLE);
            }
        }
        if (invariants != null) {
            invariants.check();
        }
        return transcript == null ? List.of() : transcript.take();
    }

    void pass(long millis) {
        long end = world.now() + millis;
        while (world.step(end)) {
            invariants.check();
        }
    }

    void backUp(Server server) {
        backups.put(server.name(), server.disk());
    }

    Lcd backup(Server server) {
        return backups.get(server.name());
    }

    void asked(String server, String requestId) {
        requests.computeIfAbsent(server, key -> new ArrayList<>()).add(requestId);
    }

    /** Returns the last or the first request made on a server. */
    String asked(String server, boolean last) {
        List<String> ids = requests.get(server);
        return ids.get(last ? ids.size() - 1 : 0);
    }

    void flags() {
        world.servers()
                .values()
                .forEach(server -> transcript.say(server + " has the flags "
                        + server.disk().rows(LcdSection.FLAGS).keySet()));
    }

    void obstacles() {
        for (Server server : world.servers().values()) {
            if (server.managerUp()) {
                server.state().obstacles().forEach((tag, why) -> transcript.say(server + ": " + tag + ": " + why));
            }
        }
    }

    static IllegalArgumentException unknown(String command) {
        return new IllegalArgumentException("unknown words: '" + command + "'");
    }

    private void given(String text) {
        List<String> words = List.of(text.split(" +"));
        switch (words.get(0)) {
            case "setting" -> setting(words);
            case "quorum" -> {
                expect(words.size() == 3, text);
                settings = settings.withSafety(settings.safety()
                        .withQuorum(
                                Safety.Quorum.valueOf(words.get(1).toUpperCase(Locale.ROOT)),
                                Safety.Witness.valueOf(words.get(2).toUpperCase(Locale.ROOT))));
            }
            case "fencing" -> {
                expect(words.size() > 2 && words.get(1).equals("of"), text);
                Safety safety = settings.safety();
                settings = settings.withSafety(safety.withFenced(Set.copyOf(words.subList(2, words.size()))));
            }
            case "watchdogs" -> world.watchdogs(true);
            case "outcomes" -> transcript.outcomes();
            case "servers" -> servers(words.subList(1, words.size()));
            case "resource" -> resource(words.subList(1, words.size()));
            case "dependency" ->
                everywhere(words.get(1), lcd -> {
                    Dependency row = new Dependency(words.get(1), words.get(2));
                    return lcd.with(LcdSection.DEPENDENCIES, row.key(), row);
                });
            case "flag" -> {
                expect(words.size() == 4 && words.get(2).equals("on"), text);
                String flag = words.get(1);
                world.server(words.get(3)).prepare(lcd -> lcd.with(LcdSection.FLAGS, flag, new Flag(flag)));
            }
            case "path" -> path(words, text);
            case "disk" -> disk(words, text);
            case "partitions" -> {
                expect(text.equals("partitions without quorum"), text);
                invariants.partitionsWithoutQuorum();
            }
            case "restriction" -> restriction(words, text);
            case "started" -> {
                world.servers().values().forEach(Server::powerOn);
                pass(SETTLE);
            }
            case "service" -> {
                expect(words.size() == 4 && words.get(2).equals("on"), text);
                world.server(words.get(3))
                        .request("operator", new ServiceRequest.BringInService(words.get(1), false, true, false));
                pass(SETTLE);
            }
            default -> throw unknown(text);
        }
        if (transcript != null) {
            transcript.take();
        }
    }

    static void expect(boolean holds, String text) {
        if (!holds) {
            throw unknown(text);
        }
    }

    private void setting(List<String> words) {
        long value = Long.parseLong(words.get(2));
        settings = switch (words.get(1)) {
            case "failure-limit" -> settings.withFailureLimit((int) value);
            case "reservation-wait-seconds" -> settings.withReservationWait(value * 1000);
            case "start-wait-seconds" -> settings.withStartWait(value * 1000);
            case "quarantine-seconds" ->
                settings.withSafety(settings.safety()
                        .withTimes(settings.safety().lease(), settings.safety().lossStop(), value * 1000));
            case "safety-limit-seconds" ->
                settings.withSafety(settings.safety()
                        .withLimit(value * 1000, settings.safety().alert()));
            default -> throw unknown(words.get(1));
        };
    }

    /** {@code path ID between A and B}: one more than the path all servers have. */
    private void path(List<String> words, String text) {
        expect(
                words.size() == 6
                        && words.get(2).equals("between")
                        && words.get(4).equals("and"),
                text);
        String id = words.get(1);
        String one = words.get(3);
        String other = words.get(5);
        world.server(one).prepare(lcd -> lcd.with(LcdSection.PATHS, id, spare(id, other)));
        world.server(other).prepare(lcd -> lcd.with(LcdSection.PATHS, id, spare(id, one)));
    }

    /** {@code disk ID between A and B}: a shared-disk path. */
    private void disk(List<String> words, String text) {
        expect(
                words.size() == 6
                        && words.get(2).equals("between")
                        && words.get(4).equals("and"),
                text);
        String id = words.get(1);
        String one = words.get(3);
        String other = words.get(5);
        world.server(one).prepare(lcd -> lcd.with(LcdSection.PATHS, id, onDisk(id, other)));
        world.server(other).prepare(lcd -> lcd.with(LcdSection.PATHS, id, onDisk(id, one)));
        world.sharedDisk(one, other, true);
    }

    private static CommPath onDisk(String id, String peer) {
        return new CommPath(id, peer, "/dev/" + id, "/dev/" + id, CommPath.DISK_PRIORITY, 500, 6);
    }

    private static CommPath spare(String id, String peer) {
        return new CommPath(id, peer, "10.9.0.1", "10.9.0.2", 2, 500, 6);
    }

    private void servers(List<String> names) {
        world = new World(1, false, settings);
        if (clockJumps) {
            world.wallClockJumps();
        }
        transcript = new Transcript(world);
        invariants = new Invariants(world);
        world.watch(transcript);
        world.watch(invariants);
        names.forEach(name -> world.add(name).types().add(TYPE));
        if (settings.safety().leased()) {
            Membership members = new Membership(
                    1,
                    names.stream()
                            .map(name -> new Member(name, "10.0.0.1", 1500, ""))
                            .toList());
            names.forEach(name ->
                    world.server(name).prepare(lcd -> lcd.with(LcdSection.MEMBERSHIP, Membership.KEY, members)));
        }
    }

    private void everywhere(String tag, UnaryOperator<Lcd> change) {
        for (Server server : world.servers().values()) {
            if (server.disk().instance(tag).isPresent()) {
                server.prepare(change);
            }
        }
    }

    /** {@code TAG on A B ... [init=OPTION] [recovery=on] [switchback=AUTOMATIC]}: the order of the servers is the priority. */
    private void resource(List<String> words) {
        String tag = words.get(0);
        expect(words.get(1).equals("on"), String.join(" ", words));
        List<String> servers = new ArrayList<>();
        InstanceSettings options = InstanceSettings.DEFAULT;
        for (String word : words.subList(2, words.size())) {
            int equals = word.indexOf('=');
            if (equals < 0) {
                servers.add(world.server(word).name());
                continue;
            }
            String value = word.substring(equals + 1);
            options = switch (word.substring(0, equals)) {
                case "init" -> options.withInit(InitOption.valueOf(value));
                case "recovery" -> options.withLocalRecovery(value.equals("on"));
                case "switchback" -> options.withSwitchback(Switchback.valueOf(value));
                default -> throw unknown(word);
            };
        }
        InstanceSettings chosen = options;
        for (String server : servers) {
            world.server(server)
                    .prepare(lcd -> extended(
                            lcd.with(Instance.create(tag, "id-" + tag, "gen", "app")
                                    .withSettings(chosen)),
                            tag,
                            servers));
        }
    }

    private static Lcd extended(Lcd old, String tag, List<String> servers) {
        Lcd lcd = old;
        for (int i = 0; i < servers.size(); i++) {
            for (int j = i + 1; j < servers.size(); j++) {
                Equivalency row = new Equivalency(
                        servers.get(i), tag, servers.get(j), tag, Math.max(1, 10 * i), Math.max(1, 10 * j));
                if (row.server().equals(lcd.server()) || row.otherServer().equals(lcd.server())) {
                    lcd = lcd.with(LcdSection.EQUIVALENCIES, row.key(), row);
                }
            }
        }
        return lcd;
    }

    /** {@code restriction on A against B system|resource}. */
    private void restriction(List<String> words, String text) {
        expect(words.size() == 6 && words.get(1).equals("on") && words.get(3).equals("against"), text);
        expect(words.get(5).equals("system") || words.get(5).equals("resource"), text);
        Restriction row = new Restriction(words.get(4), true, words.get(5).equals("resource"));
        world.server(words.get(2)).prepare(lcd -> lcd.with(LcdSection.RESTRICTIONS, row.server(), row));
    }
}

package org.mainstay.shell.internal.command.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mainstay.shell.internal.command.config.ConfigDocument.DependencyPart;
import org.mainstay.shell.internal.command.config.ConfigDocument.InstancePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ResourcePart;
import org.mainstay.shell.internal.command.config.ConfigDocument.ServerPart;
import org.mainstay.shell.testing.FakePlatform;

/** The way from one configuration to another. */
class ConfigPlanTest {
    private static InstancePart at(int priority, Map<String, String> properties, Map<String, String> settings) {
        return new InstancePart(priority, "id", "", properties, null, settings);
    }

    private static Map<String, String> network(String network) {
        return Map.of("address", "10.77.1.100/24", "interface", network);
    }

    private static ConfigDocument document(Map<String, InstancePart> app, Map<String, InstancePart> ip) {
        Map<String, ResourcePart> resources = new TreeMap<>();
        Map<String, String> settings = Map.of("quickCheck", "60");
        resources.put("web", new ResourcePart("gen", "app", settings, new TreeMap<>(app)));
        resources.put("vip", new ResourcePart("comm", "ip", settings, new TreeMap<>(ip)));
        ServerPart server = new ServerPart("stay", List.of(), List.of());
        return new ConfigDocument(
                1,
                new TreeMap<>(Map.of("B", server, "X", server)),
                List.of(),
                resources,
                List.of(new DependencyPart("web", "vip")));
    }

    private static List<String> lines(ConfigDocument now, ConfigDocument wanted) {
        return new ConfigPlan("B", now, wanted, new FakePlatform(null))
                .steps().stream().map(words -> String.join(" ", words)).toList();
    }

    /** A server that left and joined under another name gets back what it had (decision 0285). */
    @Test
    void aServerThatIsNewGetsWhatTheFileSaysOfIt() {
        Map<String, String> start = Map.of("restore", "/start");
        ConfigDocument now = document(Map.of("B", at(1, start, null)), Map.of("B", at(1, network("eth0"), null)));
        ConfigDocument wanted = document(
                Map.of("B", at(10, start, null), "X", at(1, Map.of("restore", "/srv/start"), null)),
                Map.of("B", at(10, network("eth0"), null), "X", at(1, network("eth7"), Map.of("quickCheck", "90"))));
        assertThat(lines(now, wanted))
                .containsExactly(
                        "mainstay resource extend web --to X --priority 2 --set web.restore=/srv/start"
                                + " --set vip.interface=eth7",
                        "ins_setchkint -d X -t vip -c quick -v 90",
                        "mainstay resource priorities web B=10 X=1");
        assertThat(lines(wanted, wanted)).isEmpty();
    }

    @Test
    void settingsOfOneServerBecomeThoseOfAllAndBack() {
        Map<String, String> start = Map.of("restore", "/start");
        Map<String, InstancePart> ip = Map.of("B", at(1, network("eth0"), null), "X", at(10, network("eth7"), null));
        ConfigDocument same = document(Map.of("B", at(1, start, null), "X", at(10, start, null)), ip);
        ConfigDocument differing = document(
                Map.of(
                        "B",
                        at(1, start, null),
                        "X",
                        at(10, start, Map.of("quickCheck", "90", "init", "INIT_OSU", "localRecovery", "no"))),
                ip);
        assertThat(lines(differing, same)).containsExactly("mainstay resource set web quickCheck=60");
        assertThat(lines(same, differing))
                .containsExactly(
                        "ins_setit -d X -t web -I INIT_OSU",
                        "ins_setlocalrecover -d X -t web -l N",
                        "ins_setchkint -d X -t web -c quick -v 90");
        assertThat(lines(differing, differing)).isEmpty();
    }
}

package org.mainstay.sim.operators;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.lcd.Dependency;
import org.mainstay.cluster.lcd.Equivalency;
import org.mainstay.cluster.lcd.InitOption;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.InstanceSettings;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Switchback;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.World;

/** A random cluster: two to four servers, a few hierarchies of different shapes, random priorities and settings. */
final class Scenery {
    private final World world;
    private final Random random;
    private final List<List<String>> hierarchies = new ArrayList<>();
    private final Map<String, List<String>> children = new TreeMap<>();
    private final Map<String, List<String>> order = new TreeMap<>();

    Scenery(World world) {
        this.world = world;
        this.random = world.random();
    }

    void build() {
        int servers = 2 + (random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 0);
        for (int i = 0; i < servers; i++) {
            world.add(String.valueOf((char) ('A' + i)));
        }
        int count = 1 + random.nextInt(3);
        for (int i = 1; i <= count; i++) {
            shape(i);
        }
        for (List<String> hierarchy : hierarchies) {
            place(hierarchy);
        }
    }

    private void shape(int i) {
        String app = "app" + i;
        String ip = "ip" + i;
        String vol = "vol" + i;
        String web = "web" + i;
        switch (random.nextInt(4)) {
            case 0 -> hierarchies.add(List.of(ip));
            case 1 -> {
                hierarchies.add(List.of(app, ip, vol));
                children.put(app, List.of(ip, vol));
            }
            case 2 -> {
                hierarchies.add(List.of(app, web, ip));
                children.put(app, List.of(ip));
                children.put(web, List.of(ip));
            }
            default -> {
                hierarchies.add(List.of(web, app, vol));
                children.put(web, List.of(app));
                children.put(app, List.of(vol));
            }
        }
    }

    private void place(List<String> hierarchy) {
        List<String> servers = new ArrayList<>(world.servers().keySet());
        Collections.shuffle(servers, random);
        InstanceSettings settings = InstanceSettings.DEFAULT
                .withLocalRecovery(random.nextInt(3) == 0)
                .withSwitchback(random.nextInt(4) == 0 ? Switchback.AUTOMATIC : Switchback.INTELLIGENT)
                .withInit(random.nextInt(10) == 0 ? InitOption.INIT_OSU : InitOption.AUTORES_ISP);
        for (String server : servers) {
            world.server(server).types().add("gen/app");
            world.server(server).prepare(lcd -> rows(lcd, hierarchy, servers, settings));
        }
        hierarchy.forEach(tag -> order.put(tag, servers));
    }

    private Lcd rows(Lcd old, List<String> hierarchy, List<String> servers, InstanceSettings settings) {
        Lcd lcd = old;
        for (String tag : hierarchy) {
            lcd = lcd.with(Instance.create(tag, "id-" + tag, "gen", "app").withSettings(settings));
            for (String child : children.getOrDefault(tag, List.of())) {
                Dependency dependency = new Dependency(tag, child);
                lcd = lcd.with(LcdSection.DEPENDENCIES, dependency.key(), dependency);
            }
            for (int i = 0; i < servers.size(); i++) {
                for (int j = i + 1; j < servers.size(); j++) {
                    Equivalency pair =
                            new Equivalency(servers.get(i), tag, servers.get(j), tag, 1 + 10 * i, 1 + 10 * j);
                    if (pair.server().equals(lcd.server()) || pair.otherServer().equals(lcd.server())) {
                        lcd = lcd.with(LcdSection.EQUIVALENCIES, pair.key(), pair);
                    }
                }
            }
        }
        return lcd;
    }

    List<List<String>> hierarchies() {
        return hierarchies;
    }

    /** Returns the hierarchy of a resource. */
    List<String> hierarchy(String tag) {
        return hierarchies.stream().filter(one -> one.contains(tag)).findFirst().orElseThrow();
    }

    /** Returns the servers of a resource, best priority first. */
    List<String> order(String tag) {
        return order.get(tag);
    }

    /** Returns everything a resource depends on. */
    TreeSet<String> below(String tag) {
        TreeSet<String> result = new TreeSet<>();
        for (String child : children.getOrDefault(tag, List.of())) {
            result.add(child);
            result.addAll(below(child));
        }
        return result;
    }

    Server anyServer() {
        List<Server> servers = List.copyOf(world.servers().values());
        return servers.get(random.nextInt(servers.size()));
    }

    String anyTag() {
        List<String> tags = List.copyOf(order.keySet());
        return tags.get(random.nextInt(tags.size()));
    }
}

package org.mainstay.core.decision.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mainstay.cluster.ClusterEvent.Level;
import org.mainstay.cluster.ClusterSnapshot.Phase;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Wanted;
import org.mainstay.core.decision.effect.Effect;
import org.mainstay.core.decision.effect.Notices;
import org.mainstay.core.decision.world.Server;
import org.mainstay.core.decision.world.Watcher;
import org.mainstay.core.decision.world.World;

/** Writes down what an operator would see. */
final class Transcript implements Watcher {
    private static final Set<Integer> SILENT = Set.of(
            Notices.PATH_DOWN,
            Notices.PATH_UP,
            Notices.KILLED,
            Notices.RESTORE_FAILED,
            Notices.REMOVE_FAILED,
            Notices.RECOVERED,
            Notices.RECOVER_FAILED,
            Notices.TAKEOVER);

    /** How moves ended: in every scenario they would repeat what is there. */
    private static final Set<Integer> OUTCOMES = Set.of(
            Notices.STOPPING,
            Notices.SWITCHED,
            Notices.NOT_SWITCHED,
            Notices.TAKEN_OVER,
            Notices.NOT_TAKEN_OVER,
            Notices.RECOVERED_HERE,
            Notices.NOT_RECOVERED_HERE);

    private final World world;
    private final List<String> lines = new ArrayList<>();
    private boolean outcomes;
    private Map<String, String> states = new TreeMap<>();

    Transcript(World world) {
        this.world = world;
    }

    /** Writes down how moves ended, too. */
    void outcomes() {
        outcomes = true;
    }

    @Override
    public void acts(Server server, Effect.RunAction action) {
        String words = switch (action.action()) {
            case "restore" -> "restores ";
            case "remove" -> "removes ";
            case "recover" -> "recovers ";
            default -> "runs " + action.action() + " of ";
        };
        lines.add(server + " " + words + action.tag() + (action.takeover() ? " (takeover)" : ""));
    }

    @Override
    public void acted(Server server, Effect.RunAction action, boolean succeeded) {
        if (!succeeded) {
            lines.add(action.action() + " of " + action.tag() + " fails on " + server);
        }
    }

    @Override
    public void kills(Server server, String tag, boolean succeeds) {
        lines.add(server + " ends " + tag + " without its kit" + (succeeds ? "" : ", in vain"));
    }

    @Override
    public void guardKills(Server server, String tag, boolean succeeds) {
        lines.add("the guard of " + server + " ends " + tag + (succeeds ? "" : ", in vain"));
    }

    @Override
    public void notes(Server server, Effect.Notify note) {
        if (OUTCOMES.contains(note.number())) {
            if (outcomes) {
                lines.add(server + " reports: " + note.text());
            }
        } else if (note.level() != Level.INFORMATION && !SILENT.contains(note.number())) {
            lines.add(server + " reports: " + note.text());
        }
        if (note.number() == Notices.ADOPTED) {
            lines.add(note.text());
        }
    }

    @Override
    public void answers(Server server, String requestId, Reply reply) {
        lines.add(server + " answers " + reply.exitCode() + ": " + reply.message());
    }

    @Override
    public void phase(Server server, Effect.PhaseChanged change) {
        if (change.phase() == Phase.AVAILABLE) {
            lines.add(server + " is ready");
        } else if (change.phase() == Phase.STOPPED) {
            lines.add(server + " has stopped");
        }
    }

    void say(String line) {
        lines.add(line);
    }

    /** Returns what happened since the last call, and the states that are different now. */
    List<String> take() {
        List<String> result = new ArrayList<>(lines);
        lines.clear();
        Map<String, String> now = states();
        now.forEach((tag, text) -> {
            if (!text.equals(states.get(tag))) {
                result.add("now " + tag + ": " + text);
            }
        });
        states = now;
        return result;
    }

    private Map<String, String> states() {
        TreeMap<String, String> result = new TreeMap<>();
        TreeSet<String> tags = new TreeSet<>();
        world.servers()
                .values()
                .forEach(server -> tags.addAll(server.disk().instances().keySet()));
        for (String tag : tags) {
            List<String> words = new ArrayList<>();
            for (Server server : world.servers().values()) {
                Instance instance = server.disk().instances().get(tag);
                if (instance != null) {
                    words.add(state(server, instance) + " on " + server);
                }
            }
            result.put(tag, String.join(", ", words) + wanted(tag));
        }
        return result;
    }

    private static String state(Server server, Instance instance) {
        if (!server.powered()) {
            return "off";
        }
        String text = instance.state().name();
        if (!instance.state().inService() && !instance.ownership().released()) {
            text += " (not released)";
        }
        if (instance.failed()) {
            text += " (failed)";
        }
        return text;
    }

    private String wanted(String tag) {
        long newest = -1;
        boolean out = false;
        for (Server server : world.servers().values()) {
            Instance instance = server.disk().instances().get(tag);
            if (instance == null) {
                continue;
            }
            boolean one = instance.ownership().wanted() == Wanted.OUT;
            if (instance.ownership().wantedRevision() > newest) {
                newest = instance.ownership().wantedRevision();
                out = one;
            } else if (instance.ownership().wantedRevision() == newest) {
                out |= one;
            }
        }
        return out ? "; wanted out" : "";
    }
}

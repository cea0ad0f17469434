package org.mainstay.core.internal.node;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.mainstay.cluster.ClusterSnapshot.Activity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What servers tell each other for display only, beside the databases: when instances were last checked, what is being done to
 * them, and whether their ends of comm paths are alive. Lost when a session ends and sent anew with the next. Used on any thread.
 */
final class PeerViews {
    /** Topic of these messages. */
    static final String TOPIC = "view";

    private static final Logger LOG = LoggerFactory.getLogger(PeerViews.class);
    private static final Gson GSON = new Gson();

    /** What is known of one server. */
    static final class View {
        private final Map<String, Long> checkedAt = new TreeMap<>();
        private final Map<String, String[]> activities = new TreeMap<>();
        private final Map<String, Boolean> paths = new TreeMap<>();

        Map<String, Long> checkedAt() {
            return checkedAt;
        }

        Map<String, Boolean> paths() {
            return paths;
        }

        Map<String, Activity> activities() {
            Map<String, Activity> result = new HashMap<>();
            activities.forEach((tag, parts) -> {
                if (parts != null && parts.length == 3) {
                    result.put(tag, new Activity(parts[0], parts[1], parts[2]));
                }
            });
            return result;
        }
    }

    private final Map<String, View> peers = new HashMap<>();
    private View sent = new View();

    /** Returns what is to be sent to peers that have all that was sent before; empty if nothing changed. */
    synchronized byte[] update(
            Map<String, Long> checkedAt, Map<String, Activity> activities, Map<String, Boolean> paths) {
        View now = view(checkedAt, activities, paths);
        View delta = view(checkedAt, activities, paths);
        delta.checkedAt.entrySet().removeIf(entry -> entry.getValue().equals(sent.checkedAt.get(entry.getKey())));
        boolean same =
                delta.checkedAt.isEmpty() && now.activities().equals(sent.activities()) && now.paths.equals(sent.paths);
        sent = now;
        return same ? new byte[0] : encode(delta);
    }

    /** Returns whether something changed that people may be waiting for. */
    synchronized boolean urgent(Map<String, Activity> activities, Map<String, Boolean> paths) {
        return !paths.equals(sent.paths) || !activities.equals(sent.activities());
    }

    /** Returns everything, for a peer whose session begins. */
    synchronized byte[] all() {
        return encode(sent);
    }

    private static View view(
            Map<String, Long> checkedAt, Map<String, Activity> activities, Map<String, Boolean> paths) {
        View view = new View();
        view.checkedAt.putAll(checkedAt);
        activities.forEach((tag, activity) -> view.activities.put(
                tag, new String[] {activity.transition(), activity.operation(), activity.progress()}));
        view.paths.putAll(paths);
        return view;
    }

    private static byte[] encode(View view) {
        return GSON.toJson(view).getBytes(StandardCharsets.UTF_8);
    }

    /** Takes a message of a peer: times of checks add up, the rest replaces what was. @return whether it could be read */
    synchronized boolean received(String peer, byte[] payload) {
        View news;
        try {
            news = GSON.fromJson(new String(payload, StandardCharsets.UTF_8), View.class);
        } catch (JsonParseException e) {
            LOG.warn("{} sent a view that cannot be read: {}", peer, e.getMessage());
            return false;
        }
        if (news == null || news.checkedAt == null || news.activities == null || news.paths == null) {
            LOG.warn("{} sent an incomplete view", peer);
            return false;
        }
        View known = new View();
        View before = peers.get(peer);
        if (before != null) {
            known.checkedAt.putAll(before.checkedAt);
        }
        known.checkedAt.putAll(news.checkedAt);
        known.activities.putAll(news.activities);
        known.paths.putAll(news.paths);
        peers.put(peer, known);
        return true;
    }

    synchronized void forget(String peer) {
        peers.remove(peer);
    }

    /** Returns what is known of the peer; replaced, never changed, by later messages. */
    synchronized View of(String peer) {
        return peers.getOrDefault(peer, new View());
    }
}

package org.mainstay.mirror.internal.engine;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.mainstay.cluster.Mirrors;

/**
 * A volume as an engine, here or on another server, describes it.
 *
 * @param json the engine's own words
 */
public record EngineVolume(JsonObject json) {

    /** Returns the name, the same on all servers. */
    public String name() {
        return EngineLink.text(json, "name");
    }

    /** Returns {@code SOURCE}, {@code TARGET} or {@code NONE}. */
    public String role() {
        return EngineLink.text(json, "role");
    }

    /** Says whether it serves clients. */
    public boolean isSource() {
        return role().equals("SOURCE");
    }

    /** Says whether it waits for, or takes, the data of a source. */
    public boolean isTarget() {
        return role().equals("TARGET");
    }

    /** Returns the role it had last, before a restart too. */
    public String lastRole() {
        return EngineLink.text(json, "lastRole");
    }

    /** Says whether it was target last, and has no role now. */
    public boolean wasTarget() {
        return role().equals("NONE") && lastRole().equals("TARGET");
    }

    /** Returns the epoch of its last role. */
    public long epoch() {
        return number("epoch");
    }

    /** Returns its bytes. */
    public long size() {
        return number("size");
    }

    /** Returns the bytes of its storage, which may be more; nothing: an engine of an older version does not say it. */
    public OptionalLong storage() {
        return json.has("storage") ? OptionalLong.of(number("storage")) : OptionalLong.empty();
    }

    /** Says whether its data went on after every other side was last in step. */
    public boolean ahead() {
        return flag("ahead");
    }

    /** Says whether its data is of one moment. */
    public boolean consistent() {
        return flag("consistent");
    }

    /** Returns the id of the data it holds; another one is taken before anything is answered that a target in step lacks. */
    public String generation() {
        return EngineLink.text(json, "generation");
    }

    /** Says whether it never held data of the volume. */
    public boolean isNew() {
        return generation().equals("0");
    }

    /** Returns whose data it takes, as target. */
    public String source() {
        return EngineLink.text(json, "source");
    }

    /** Returns the mirrors it has, with or without a role: {@code ADDRESS TYPE} by server. */
    public Map<String, String> configured() {
        Map<String, String> all = new TreeMap<>();
        if (json.has("configured")) {
            json.getAsJsonObject("configured")
                    .entrySet()
                    .forEach(one -> all.put(one.getKey(), one.getValue().getAsString()));
        }
        return all;
    }

    private long number(String name) {
        return number(json, name);
    }

    private static long number(JsonObject object, String name) {
        return object.has(name) ? object.get(name).getAsLong() : 0;
    }

    /** Returns the snapshot of it, or that there is none. */
    public Mirrors.Snapshot snapshot(String server, String tag) {
        JsonObject one = json.has("snapshot") ? json.getAsJsonObject("snapshot") : new JsonObject();
        boolean active = one.has("active") && one.get("active").getAsBoolean();
        return new Mirrors.Snapshot(
                server,
                tag,
                EngineLink.text(json, "snapshotLocation"),
                active,
                active ? EngineLink.text(one, "export") : "",
                number(one, "blockSize"),
                number(one, "blocks"),
                number(one, "bytes"),
                number(one, "seconds"),
                EngineLink.text(one, "last"));
    }

    private boolean flag(String name) {
        return json.has(name) && json.get(name).getAsBoolean();
    }

    /** Says whether this side, a target, is about to become source: it waits for its disk. */
    public boolean leaving() {
        return flag("leaving");
    }

    /** Returns the number of the loss of a target that changes wait for; empty: for none; nothing: there is no such mirror. */
    public Optional<String> hold(String target) {
        if (json.has("mirrors")) {
            for (JsonElement element : json.getAsJsonArray("mirrors")) {
                if (EngineLink.text(element.getAsJsonObject(), "target").equals(target)) {
                    return Optional.of(EngineLink.text(element.getAsJsonObject(), "hold"));
                }
            }
        }
        return Optional.empty();
    }

    /** Returns its mirrors, as source. */
    public List<Mirrors.Link> links() {
        List<Mirrors.Link> links = new ArrayList<>();
        if (!json.has("mirrors")) {
            return links;
        }
        for (JsonElement element : json.getAsJsonArray("mirrors")) {
            JsonObject mirror = element.getAsJsonObject();
            Map<String, Long> counters = new TreeMap<>();
            mirror.entrySet().forEach(one -> {
                if (one.getValue() instanceof JsonPrimitive value && value.isNumber()) {
                    counters.put(one.getKey(), value.getAsLong());
                } else if (one.getValue() instanceof JsonPrimitive value && value.isBoolean()) {
                    counters.put(one.getKey(), value.getAsBoolean() ? 1L : 0L);
                }
            });
            links.add(new Mirrors.Link(
                    EngineLink.text(mirror, "target"),
                    EngineLink.text(mirror, "address"),
                    mirror.get("state").getAsInt(),
                    EngineLink.text(mirror, "stateName"),
                    EngineLink.text(mirror, "type"),
                    EngineLink.text(mirror, "cause"),
                    EngineLink.text(mirror, "detail"),
                    counters));
        }
        return links;
    }

    /** Returns it as one side of the cluster's volume. */
    public Mirrors.Side side(String server, String tag) {
        return new Mirrors.Side(
                server,
                tag,
                name(),
                role(),
                epoch(),
                size(),
                storage().orElse(0),
                flag("current"),
                number("held") > 0,
                links());
    }
}

package org.mainstay.mirror.internal.node;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Mirrors;
import org.mainstay.mirror.internal.engine.EngineLink;
import org.mainstay.mirror.internal.engine.EngineVolume;

/**
 * What the managers of mirrored volumes ask each other (topic {@code mirror}, JSON): {@code sides}; {@code side} of one volume; {@code
 * forget}: the asked server no longer counts as current; {@code engine}: a command of an administrator.
 */
final class Dialogue {
    static final String TOPIC = "mirror";
    private static final Duration LIMIT = Duration.ofSeconds(5);
    /** What other servers may ask the engine here for: nothing that gives it a role it could misuse. */
    private static final List<String> COMMANDS =
            List.of("pause", "continue", "break", "resync", "set", "snapshot", "mark", "drop", "location");

    private final Desk desk;
    private final java.util.function.Supplier<ClusterSnapshot> cluster;
    private final Executor worker;
    private final Discarding discarding;
    private volatile Messenger messenger;

    /** Makes this server a target that gives its own changes up. */
    @FunctionalInterface
    interface Discarding {
        EngineLink.Answer discard(String tag, boolean force) throws IOException;
    }

    Dialogue(Desk desk, java.util.function.Supplier<ClusterSnapshot> cluster, Executor worker, Discarding discarding) {
        this.desk = desk;
        this.cluster = cluster;
        this.worker = worker;
        this.discarding = discarding;
    }

    void messenger(Messenger now) {
        messenger = now;
    }

    // ---- asking ----

    private CompletionStage<JsonObject> ask(String server, JsonObject question) {
        Messenger now = messenger;
        if (now == null) {
            return CompletableFuture.failedFuture(new IOException("the communication between servers is not there"));
        }
        return now.request(server, TOPIC, question.toString().getBytes(StandardCharsets.UTF_8), LIMIT)
                .thenApply(bytes -> JsonParser.parseString(new String(bytes, StandardCharsets.UTF_8))
                        .getAsJsonObject());
    }

    private static JsonObject question(String ask) {
        JsonObject question = new JsonObject();
        question.addProperty("ask", ask);
        return question;
    }

    private Optional<JsonObject> answer(String server, JsonObject question) throws InterruptedException {
        try {
            return Optional.of(
                    ask(server, question).toCompletableFuture().get(LIMIT.toMillis() + 1_000, TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            return Optional.empty();
        }
    }

    /** Asks a server for its side of a volume; empty if it cannot be reached, or its engine does not answer. */
    Optional<EngineVolume> side(String server, String volume) throws InterruptedException {
        JsonObject question = question("side");
        question.addProperty("volume", volume);
        return answer(server, question)
                .filter(answer -> answer.has("side"))
                .map(answer -> new EngineVolume(answer.getAsJsonObject("side")));
    }

    /** Tells a target that it no longer counts as current. @return whether it has taken note of that for certain */
    boolean forget(String target, String volume, long epoch, String source) throws InterruptedException {
        JsonObject question = question("forget");
        question.addProperty("volume", volume);
        question.addProperty("epoch", epoch);
        question.addProperty("source", source);
        return answer(target, question)
                .filter(answer -> answer.get("exit").getAsInt() == 0)
                .isPresent();
    }

    /** Has a server's engine do something. */
    EngineLink.Answer command(String server, String tag, List<String> words) throws InterruptedException {
        JsonObject question = question("engine");
        question.addProperty("tag", tag);
        JsonArray line = new JsonArray();
        words.forEach(line::add);
        question.add("line", line);
        Optional<JsonObject> answer = answer(server, question);
        return answer.map(json -> new EngineLink.Answer(
                        json.get("exit").getAsInt(), List.of(json.get("text").getAsString())))
                .orElseGet(() -> new EngineLink.Answer(9, List.of(server + " cannot be reached")));
    }

    /** One server's side, as its engine describes it. */
    record Known(String server, String tag, EngineVolume volume) {}

    /** Asks all servers for their sides. */
    CompletionStage<List<Mirrors.Side>> sides() {
        return known().thenApply(all -> all.stream()
                .map(one -> one.volume().side(one.server(), one.tag()))
                .toList());
    }

    /** As {@link #sides}, in the engines' own words. */
    CompletionStage<List<Known>> known() {
        ClusterSnapshot snapshot = cluster.get();
        List<CompletableFuture<List<Known>>> all = new ArrayList<>();
        all.add(CompletableFuture.supplyAsync(() -> known(snapshot.self(), ownSides()), worker));
        for (Map.Entry<String, ClusterSnapshot.Peer> peer : snapshot.peers().entrySet()) {
            if (!Volumes.in(peer.getValue().lcd()).isEmpty()) {
                all.add(ask(peer.getKey(), question("sides"))
                        .thenApply(answer -> known(peer.getKey(), answer))
                        .exceptionally(gone -> List.of())
                        .toCompletableFuture());
            }
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenApply(done -> {
            List<Known> sides = new ArrayList<>();
            all.forEach(one -> sides.addAll(one.join()));
            return sides;
        });
    }

    private static List<Known> known(String server, JsonObject answer) {
        List<Known> sides = new ArrayList<>();
        for (JsonElement element : answer.getAsJsonArray("sides")) {
            JsonObject one = element.getAsJsonObject();
            sides.add(new Known(server, one.get("tag").getAsString(), new EngineVolume(one.getAsJsonObject("volume"))));
        }
        return sides;
    }

    // ---- answering ----

    /** Answers a question; not on the messenger's thread. */
    CompletionStage<byte[]> handle(String from, byte[] payload) {
        return CompletableFuture.supplyAsync(() -> answer(payload).toString().getBytes(StandardCharsets.UTF_8), worker);
    }

    private JsonObject answer(byte[] payload) {
        try {
            JsonObject question = JsonParser.parseString(new String(payload, StandardCharsets.UTF_8))
                    .getAsJsonObject();
            return switch (question.get("ask").getAsString()) {
                case "sides" -> ownSides();
                case "side" -> ownSide(question.get("volume").getAsString());
                case "forget" -> outcome(forgotten(question));
                case "engine" -> outcome(commanded(question));
                default -> outcome(new EngineLink.Answer(2, List.of("an unknown question")));
            };
        } catch (IOException e) {
            return outcome(new EngineLink.Answer(1, List.of(String.valueOf(e.getMessage()))));
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            return outcome(new EngineLink.Answer(2, List.of("a question that cannot be read")));
        }
    }

    private static JsonObject outcome(EngineLink.Answer answer) {
        JsonObject json = new JsonObject();
        json.addProperty("exit", answer.exit());
        json.addProperty("text", answer.text());
        return json;
    }

    private JsonObject ownSide(String volume) throws IOException {
        JsonObject answer = new JsonObject();
        desk.engine().volume(volume).ifPresent(present -> answer.add("side", present.json()));
        return answer;
    }

    private JsonObject ownSides() {
        JsonArray sides = new JsonArray();
        List<org.mainstay.mirror.internal.volume.Mirrored> own =
                Volumes.in(cluster.get().own());
        Map<String, EngineVolume> has = Map.of();
        try {
            has = own.isEmpty() ? has : desk.engine().volumes();
        } catch (IOException e) {
            // Told as UNKNOWN below.
        }
        for (org.mainstay.mirror.internal.volume.Mirrored mirrored : own) {
            JsonObject one = new JsonObject();
            one.addProperty("tag", mirrored.tag());
            JsonObject unknown = new JsonObject();
            unknown.addProperty("name", mirrored.volume());
            unknown.addProperty("role", "UNKNOWN");
            EngineVolume volume = has.get(mirrored.volume());
            one.add("volume", volume == null ? unknown : volume.json());
            sides.add(one);
        }
        JsonObject answer = new JsonObject();
        answer.add("sides", sides);
        return answer;
    }

    /**
     * A target that begins anew is not current before it is in step again. Nor is one that gave the role up, or whose resource is gone:
     * only its engine's memory said that it was.
     */
    private EngineLink.Answer forgotten(JsonObject question) throws IOException {
        String name = question.get("volume").getAsString();
        Optional<EngineVolume> volume = desk.engine().volume(name);
        String source = question.get("source").getAsString();
        long epoch = question.get("epoch").getAsLong();
        boolean gone = volume.isEmpty()
                ? Volumes.named(cluster.get().own(), name).isEmpty()
                : volume.get().wasTarget() && volume.get().epoch() <= epoch;
        if (gone) {
            return new EngineLink.Answer(0, List.of("it is target no more"));
        }
        if (volume.isEmpty()
                || !volume.get().isTarget()
                || !volume.get().source().equals(source)) {
            return new EngineLink.Answer(8, List.of("not a target of " + source));
        }
        return desk.engine().send("target", name, epoch, source);
    }

    private EngineLink.Answer commanded(JsonObject question) throws IOException {
        List<String> words = new ArrayList<>();
        question.getAsJsonArray("line").forEach(word -> words.add(word.getAsString()));
        String verb = words.get(0);
        if (verb.equals("resize")) {
            return new Growth(desk.engine()).grow(cluster.get().own(), words);
        }
        if (verb.equals("discard") || verb.equals("force")) {
            return discarding.discard(question.get("tag").getAsString(), verb.equals("force"));
        }
        String refusal =
                verb.equals("location") ? SnapshotDesk.refusal(cluster.get().own(), words) : "";
        if (!refusal.isEmpty()) {
            return new EngineLink.Answer(2, List.of(refusal));
        }
        return COMMANDS.contains(verb)
                ? desk.engine().send(words.toArray())
                : new EngineLink.Answer(2, List.of("'" + verb + "' is not to be asked from afar"));
    }
}

package org.mainstay.core.internal.lcd;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.reflect.TypeToken;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.mainstay.cluster.lcd.Lcd;

/**
 * The readable file: the state before the first record of the journal with the same generation. Its last member is the
 * CRC32C of all bytes before it, so that a file edited by hand counts as damaged and is replaced from the copy.
 *
 * @param server whose store it is
 * @param store id of the store
 * @param state what it holds
 */
record Snapshot(String server, UUID store, StoreState state) {
    private static final Type HISTORY = new TypeToken<List<HistoryEntry>>() {}.getType();
    private static final String FORMAT = "mainstay-lcd";
    private static final String CHECKSUM = ",\n  \"checksum\": \"%08x\"\n}\n";
    private static final int CHECKSUM_LENGTH = String.format(CHECKSUM, 0).length();
    private static final Set<String> KNOWN =
            Set.of("format", "schema", "server", "store", "sequence", "history", "documents", "checksum");

    static Path path(Path directory, long generation) {
        return directory.resolve(String.format("snapshot-%010d.json", generation));
    }

    /** Writes the file: whole or not at all, also when the machine stops in the middle. Returns its size in bytes. */
    long write(Disk disk, Path directory, long generation, LcdCodec codec) throws IOException {
        byte[] content = encode(codec);
        Path file = path(directory, generation);
        Path draft = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (Disk.DiskFile out = disk.open(draft)) {
                out.setSize(content.length);
                out.write(0, content, 0, content.length);
                out.force();
            }
            disk.move(draft, file);
            disk.forceDirectory(directory);
            return content.length;
        } catch (IOException e) {
            try {
                disk.delete(draft);
            } catch (IOException left) {
                e.addSuppressed(left); // drafts are deleted at the next opening
            }
            throw e;
        }
    }

    byte[] encode(LcdCodec codec) {
        JsonObject tree = new JsonObject();
        tree.addProperty("format", FORMAT);
        tree.addProperty("schema", LcdSchema.current());
        tree.addProperty("server", server);
        tree.addProperty("store", store.toString());
        tree.addProperty("sequence", state.sequence());
        JsonObject documents = new JsonObject();
        state.documents().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(document -> documents.add(document.getKey(), codec.tree(document.getValue(), Lcd.class)));
        tree.add("documents", documents);
        tree.add("history", codec.tree(state.history(), HISTORY));
        state.unknown().entrySet().forEach(member -> tree.add(member.getKey(), member.getValue()));
        String text = codec.pretty(tree);
        byte[] body = LcdCodec.utf8(text.substring(0, text.lastIndexOf("\n}")));
        byte[] end = checksum(body, body.length);
        byte[] content = Arrays.copyOf(body, body.length + end.length);
        System.arraycopy(end, 0, content, body.length, end.length);
        return content;
    }

    private static byte[] checksum(byte[] bytes, int length) {
        return String.format(CHECKSUM, JournalFormat.crc(bytes, 0, length)).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads the file.
     *
     * @throws LcdSchema.NewerSchemaException if a release with a higher major schema version wrote it
     * @throws JsonParseException if it is damaged
     */
    static Snapshot decode(byte[] content, LcdCodec codec) {
        int body = content.length - CHECKSUM_LENGTH;
        if (body < 0 || !Arrays.equals(checksum(content, body), Arrays.copyOfRange(content, body, content.length))) {
            throw new JsonParseException("its checksum does not match its content");
        }
        JsonObject tree = codec.read(new String(content, StandardCharsets.UTF_8), JsonObject.class);
        if (!FORMAT.equals(LcdAdapterFactory.text(tree, "format"))) {
            throw new JsonParseException("its format is not '" + FORMAT + "'");
        }
        LcdSchema.migrate("the snapshot", tree);
        Map<String, Lcd> documents = new HashMap<>();
        for (Map.Entry<String, JsonElement> document :
                LcdAdapterFactory.object(tree, "documents").entrySet()) {
            documents.put(document.getKey(), codec.fromTree(document.getValue(), Lcd.class));
        }
        List<HistoryEntry> history = codec.fromTree(tree.get("history"), HISTORY);
        JsonObject unknown = new JsonObject();
        tree.entrySet().stream()
                .filter(member -> !KNOWN.contains(member.getKey()))
                .forEach(member -> unknown.add(member.getKey(), member.getValue()));
        StoreState state =
                new StoreState(LcdAdapterFactory.number(tree, "sequence"), documents, List.copyOf(history), unknown);
        return new Snapshot(
                LcdAdapterFactory.text(tree, "server"), UUID.fromString(LcdAdapterFactory.text(tree, "store")), state);
    }
}

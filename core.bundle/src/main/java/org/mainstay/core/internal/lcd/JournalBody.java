package org.mainstay.core.internal.lcd;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.mainstay.cluster.lcd.Origin;

/**
 * A commit as the journal holds it.
 *
 * @param schema schema version of the release that wrote it
 * @param origin who changed it
 * @param documents what changed, in order
 */
record JournalBody(String schema, Origin origin, List<DocumentChange> documents) {

    JournalBody {
        Objects.requireNonNull(origin, "origin");
        documents = List.copyOf(documents);
    }

    static JournalBody of(List<DocumentChange> documents, Origin origin) {
        return new JournalBody(LcdSchema.current(), origin, documents);
    }

    /**
     * Returns the bytes, after reading them back: what cannot be read must never become an acknowledged record.
     *
     * @throws IllegalArgumentException if the commit holds something that has no JSON form
     */
    byte[] encode(LcdCodec codec) {
        byte[] payload = LcdCodec.utf8(codec.write(this, JournalBody.class));
        try {
            if (decode(codec, payload).equals(this)) {
                return payload;
            }
        } catch (JsonParseException e) {
            throw new IllegalArgumentException("the change cannot be stored: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("the change cannot be stored: read back it differs: " + this);
    }

    /** @throws JsonParseException if this release cannot read it */
    static JournalBody decode(LcdCodec codec, byte[] payload) {
        return read(codec, payload, JournalBody.class);
    }

    /** The last record of a journal. @param next generation in which the store goes on */
    record Seal(String schema, long next) {

        static byte[] encode(LcdCodec codec, long next) {
            return LcdCodec.utf8(codec.write(new Seal(LcdSchema.current(), next), Seal.class));
        }

        static Seal decode(LcdCodec codec, byte[] payload) {
            return read(codec, payload, Seal.class);
        }
    }

    private static <T> T read(LcdCodec codec, byte[] payload, Class<T> type) {
        JsonObject tree = codec.read(new String(payload, StandardCharsets.UTF_8), JsonObject.class);
        LcdSchema.migrate("a journal record", tree);
        return codec.fromTree(tree, type);
    }
}

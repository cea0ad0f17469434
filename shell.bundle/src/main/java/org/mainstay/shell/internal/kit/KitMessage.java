package org.mainstay.shell.internal.kit;

import com.google.gson.Gson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.mainstay.shell.internal.kit.KitManager.Change;
import org.mainstay.shell.internal.kit.KitManager.Order;

/** Messages of the topic {@code kits}: a JSON document, its length before it, and after it the jar if there is one. */
final class KitMessage {
    private static final Gson JSON = new Gson();
    private static final int LONGEST_DOCUMENT = 1 << 20;

    /**
     * What is asked.
     *
     * @param change null: which kits are there
     */
    record Question(Change change, String name, boolean downgrade) {}

    /**
     * The answer.
     *
     * @param exitCode 0, or why not
     * @param message a line for the operator
     * @param kits the kits of the server, where they were asked for
     */
    record Answer(int exitCode, String message, List<KitState> kits) {}

    private KitMessage() {}

    static byte[] question(Question question, byte[] jar) {
        return encode(JSON.toJson(question), jar);
    }

    static byte[] answer(Answer answer) {
        return encode(JSON.toJson(answer), new byte[0]);
    }

    private static byte[] encode(String document, byte[] rest) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream data = new DataOutputStream(bytes)) {
            byte[] text = document.getBytes(StandardCharsets.UTF_8);
            data.writeInt(text.length);
            data.write(text);
            data.write(rest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static <T> T parse(byte[] payload, Class<T> type) throws IOException {
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(payload))) {
            T document = JSON.fromJson(new String(text(data), StandardCharsets.UTF_8), type);
            if (document == null) {
                throw new IOException("an empty message about kits");
            }
            return document;
        } catch (com.google.gson.JsonParseException e) {
            throw new IOException("a message about kits that is not understood", e);
        }
    }

    /** Returns the order of a question. */
    static Order order(Question question, byte[] payload) throws IOException {
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(payload))) {
            text(data);
            return new Order(question.change(), question.name(), data.readAllBytes(), question.downgrade());
        }
    }

    private static byte[] text(DataInputStream data) throws IOException {
        int length = data.readInt();
        if (length < 0 || length > LONGEST_DOCUMENT) {
            throw new IOException("a message about kits with a document of " + length + " bytes");
        }
        return data.readNBytes(length);
    }
}

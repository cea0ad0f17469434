package org.mainstay.core.internal.event;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.time.DateTimeException;
import java.time.Instant;
import org.mainstay.cluster.ClusterEvent;

/** Text form of an event: one line of JSON, in the file and on the wire. Unknown fields are ignored. */
public final class EventLine {
    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

    private EventLine() {}

    /** The fields as written; names are part of the format. */
    private static final class Fields {
        private long sequence;
        private String at;
        private String server;
        private int number;
        private String level;
        private String tag;
        private String text;
        /** Not there in events of the product. */
        private String script;
    }

    /** Returns the line, without line end. */
    public static String write(ClusterEvent event) {
        Fields fields = new Fields();
        fields.sequence = event.sequence();
        fields.at = event.at().toString();
        fields.server = event.server();
        fields.number = event.number();
        fields.level = event.level().name();
        fields.tag = event.tag();
        fields.text = event.text();
        fields.script = event.ofProduct() ? null : event.script();
        return GSON.toJson(fields);
    }

    /** @throws IllegalArgumentException if the line is not an event */
    public static ClusterEvent read(String line) {
        try {
            Fields fields = GSON.fromJson(line, Fields.class);
            if (fields == null || fields.server == null || fields.at == null || fields.level == null) {
                throw new IllegalArgumentException("an event needs server, at and level: " + line);
            }
            return new ClusterEvent(
                    fields.sequence,
                    Instant.parse(fields.at),
                    fields.server,
                    fields.number,
                    ClusterEvent.Level.valueOf(fields.level),
                    fields.tag == null ? "" : fields.tag,
                    fields.text == null ? "" : fields.text,
                    fields.script == null ? "" : fields.script);
        } catch (JsonParseException | DateTimeException e) {
            throw new IllegalArgumentException("not an event: " + line, e);
        }
    }
}

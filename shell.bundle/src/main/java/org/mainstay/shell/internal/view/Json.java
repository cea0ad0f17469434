package org.mainstay.shell.internal.view;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON documents, schema 1. */
public final class Json {
    private static final Gson PRETTY = new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setPrettyPrinting()
            .create();
    private static final Gson LINE =
            new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    private Json() {}

    /** Returns a document over several lines. */
    public static String document(Object value) {
        return PRETTY.toJson(value);
    }

    /** Returns a document in one line, for streams of documents. */
    public static String line(Object value) {
        return LINE.toJson(value);
    }

    /** Returns a document with one list: {@code {"schema":1,"NAME":[...]}}. */
    public static String list(String name, List<?> rows) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("schema", Rows.SCHEMA);
        document.put(name, rows);
        return document(document);
    }
}

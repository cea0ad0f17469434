package org.mainstay.guard.witness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The little JSON that the guard reads: a value with lenient access; what is missing is empty. Immutable. */
final class Json {
    private static final Json NOTHING = new Json(null);
    private static final int DEPTH = 20;

    /** A map, a list of {@code Json}, a text (numbers too), or null. */
    private final Object value;

    private Json(Object value) {
        this.value = value;
    }

    /** @throws IOException if it is not JSON; what follows a first complete value is ignored */
    static Json parse(String text) throws IOException {
        try {
            return new Reader(text).value(0);
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new IOException("the answer is not JSON", e);
        }
    }

    /** Returns the member of an object. */
    Json get(String name) {
        return value instanceof Map<?, ?> map && map.get(name) instanceof Json found ? found : NOTHING;
    }

    /** Returns the elements of an array; empty for anything else. */
    List<Json> list() {
        List<Json> result = new ArrayList<>();
        if (value instanceof List<?> elements) {
            elements.forEach(element -> result.add((Json) element));
        }
        return result;
    }

    /** Returns the member's text or number; empty if there is none. */
    String text(String name) {
        return get(name).value instanceof String text ? text : "";
    }

    /** Returns the member as a number, which may be written as text; 0 if there is none. @throws IOException if it is none */
    long number(String name) throws IOException {
        String text = text(name);
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException("the answer's " + name + " is not a number: " + text, e);
        }
    }

    /** Returns the text as a JSON string. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Json value(int depth) {
            if (depth > DEPTH) {
                throw new IllegalArgumentException("nested too deeply");
            }
            switch (peek()) {
                case '{':
                    return object(depth);
                case '[':
                    return array(depth);
                case '"':
                    return new Json(string());
                default:
                    return word();
            }
        }

        private char peek() {
            while (Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.charAt(at);
        }

        private void expect(char c) {
            if (peek() != c) {
                throw new IllegalArgumentException(c + " expected");
            }
            at++;
        }

        private Json object(int depth) {
            Map<String, Json> members = new LinkedHashMap<>();
            expect('{');
            while (peek() != '}') {
                if (!members.isEmpty()) {
                    expect(',');
                    peek();
                }
                String name = string();
                expect(':');
                members.put(name, value(depth + 1));
            }
            at++;
            return new Json(members);
        }

        private Json array(int depth) {
            List<Json> elements = new ArrayList<>();
            expect('[');
            while (peek() != ']') {
                if (!elements.isEmpty()) {
                    expect(',');
                }
                elements.add(value(depth + 1));
            }
            at++;
            return new Json(elements);
        }

        private String string() {
            expect('"');
            StringBuilder result = new StringBuilder();
            for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) {
                result.append(c == '\\' ? escape() : c);
            }
            return result.toString();
        }

        private char escape() {
            char c = text.charAt(at++);
            switch (c) {
                case 'n':
                    return '\n';
                case 't':
                    return '\t';
                case 'r':
                    return '\r';
                case 'b':
                    return '\b';
                case 'f':
                    return '\f';
                case 'u':
                    at += 4;
                    return (char) Integer.parseInt(text.substring(at - 4, at), 16);
                default:
                    return c;
            }
        }

        private Json word() {
            int start = at;
            while (at < text.length()
                    && ",]}".indexOf(text.charAt(at)) < 0
                    && !Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            if (at == start) {
                throw new IllegalArgumentException("a value expected");
            }
            String word = text.substring(start, at);
            if (!word.matches("true|false|null|-?[0-9][0-9.eE+-]*")) {
                throw new IllegalArgumentException("no value: " + word);
            }
            return word.equals("null") ? NOTHING : new Json(word);
        }
    }
}

package org.mainstay.kit.genlb.internal.responder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** One probe: what was read of it so far, and what it is answered. */
final class Conversation {
    private static final int HTTP_LIMIT = 8192;

    private final SocketChannel channel;
    private final Options options;
    private final long answerBy;
    private final StringBuilder request = new StringBuilder();

    /** @param answerBy tick in nanoseconds at which it is answered, whatever was read */
    Conversation(SocketChannel channel, Options options, long answerBy) {
        this.channel = channel;
        this.options = options;
        this.answerBy = answerBy;
    }

    long answerBy() {
        return answerBy;
    }

    /** Reads what there is. @return whether it is time to answer */
    boolean read() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        int count = channel.read(buffer);
        if (count < 0) {
            return true;
        }
        request.append(new String(buffer.array(), 0, count, StandardCharsets.ISO_8859_1));
        if (!options.http()) {
            return count > 0;
        }
        return request.indexOf("\r\n\r\n") >= 0 || request.indexOf("\n\n") >= 0 || request.length() > HTTP_LIMIT;
    }

    /** Returns whether it counts as a probe: each connection does, with HTTP only a request for the path. */
    boolean counts() {
        return !options.http() || wanted();
    }

    /** Answers and closes. */
    void answer() throws IOException {
        try (channel) {
            String text = options.http() ? httpAnswer() : options.reply();
            if (!text.isEmpty()) {
                // a few bytes into an empty socket buffer: what does not fit was not read by anybody
                channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private boolean wanted() {
        String[] words = request.toString().split("\\s", 3);
        if (words.length < 3 || !words[0].equals("GET") && !words[0].equals("HEAD")) {
            return false;
        }
        int query = words[1].indexOf('?');
        return (query < 0 ? words[1] : words[1].substring(0, query)).equals(options.path());
    }

    private String httpAnswer() {
        boolean wanted = wanted();
        String body = wanted ? options.reply() : "";
        boolean head = request.toString().startsWith("HEAD ");
        return "HTTP/1.1 " + (wanted ? "200 OK" : "404 Not Found") + "\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length
                + "\r\nConnection: close\r\n\r\n" + (head ? "" : body);
    }
}

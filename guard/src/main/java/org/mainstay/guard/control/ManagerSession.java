package org.mainstay.guard.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.mainstay.guard.heartbeat.OwnStatus;
import org.mainstay.guard.heartbeat.PathConfig;
import org.mainstay.guard.util.Result;
import org.mainstay.guard.util.Words;

/** The link of Karaf: requests in, answers and news out. Runs on the connection's thread. */
final class ManagerSession {
    private static final int MOST_LINES = 100_000;

    private final LineChannel lines;
    private final Operations guard;
    private final LeaseVerbs lease;

    ManagerSession(LineChannel lines, Operations guard) {
        this.lines = lines;
        this.guard = guard;
        this.lease = new LeaseVerbs(lines, guard.lease());
    }

    /** Serves the link until it ends. @param pid of the manager */
    void serve(long pid) throws IOException {
        Consumer<String> news = lines::send;
        guard.linked(pid, news);
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                List<String> words = Words.parse(line);
                if (words.size() >= 2) {
                    handle(words.get(0), words.get(1), words.subList(2, words.size()));
                }
            }
        } finally {
            guard.unlinked(news);
        }
    }

    private void handle(String id, String verb, List<String> words) throws IOException {
        try {
            switch (verb) {
                case "ping" -> {
                    boolean opening = words.size() > 1 && words.get(0).equals("opening");
                    guard.opening(opening ? Long.parseLong(words.get(1)) : 0);
                    answer(id, Result.done(""));
                }
                case "report" -> {
                    guard.report(report(words));
                    answer(id, Result.done(""));
                }
                case "paths" -> paths(id, more(words));
                case "inservice" -> inService(id, more(words));
                case "kill" -> kill(id, words);
                case "reservation" ->
                    guard.reservation(words.get(0), words.get(1), words.get(2).equals("force"))
                            .thenAccept(result -> answer(id, result));
                case "disk" ->
                    guard.disk(words.get(0), words.get(1), words.get(2)).thenAccept(result -> answer(id, result));
                case "stopping" -> answer(id, guard.stopping(words.get(0).equals("everything")));
                case "quarantine" -> answer(id, guard.quarantine(Long.parseLong(words.get(0))));
                default -> {
                    if (!lease.handle(id, verb, words)) {
                        answer(id, Result.failed("this guard does not know the request '" + verb + "'"));
                    }
                }
            }
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            answer(id, Result.failed("malformed request '" + verb + "': " + e.getMessage()));
        }
    }

    private void answer(String id, Result result) {
        String how = result.done() ? "ok" : "failed";
        lines.send(
                result.code().isEmpty()
                        ? Words.line(id, how, result.message())
                        : Words.line(id, how, result.message(), result.code()));
    }

    private List<List<String>> more(List<String> words) throws IOException {
        int count = Integer.parseInt(words.get(0));
        if (count < 0 || count > MOST_LINES) {
            throw new IllegalArgumentException(count + " lines");
        }
        List<List<String>> following = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String line = lines.readLine();
            if (line == null) {
                throw new IOException("the connection ended within a request");
            }
            following.add(Words.parse(line));
        }
        return following;
    }

    private void paths(String id, List<List<String>> following) {
        guard.paths(following.stream().map(PathConfig::parse).toList());
        answer(id, Result.done(following.size() + " paths"));
    }

    private void inService(String id, List<List<String>> following) {
        Map<String, List<String>> handles = new LinkedHashMap<>();
        following.forEach(words -> handles.put(words.get(1), List.copyOf(words.subList(2, words.size()))));
        guard.inService(handles);
        answer(id, Result.done(handles.size() + " resources"));
    }

    private void kill(String id, List<String> handles) {
        guard.kill(handles).thenAccept(results -> {
            results.forEach(
                    result -> lines.send(Words.line(id, "item", result.done() ? "done" : "failed", result.message())));
            answer(id, Result.done(results.size() + " handles executed"));
        });
    }

    private static OwnStatus.Report report(List<String> words) {
        return new OwnStatus.Report(
                words.get(0),
                Long.parseLong(words.get(1)),
                Long.parseLong(words.get(2)),
                Long.parseLong(words.get(3)),
                Long.parseLong(words.get(4)),
                Long.parseUnsignedLong(words.get(5), 16),
                Long.parseUnsignedLong(words.get(6), 16));
    }
}

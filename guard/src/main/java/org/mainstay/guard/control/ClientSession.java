package org.mainstay.guard.control;

import java.util.List;
import org.mainstay.guard.util.Result;

/** One command of a local tool. */
final class ClientSession {
    private static final int DONE = 0;
    private static final int NOT_DONE = 1;
    private static final int SYNTAX = 2;

    private final LineChannel lines;
    private final Operations guard;

    ClientSession(LineChannel lines, Operations guard) {
        this.lines = lines;
        this.guard = guard;
    }

    /** Performs the command and sends its answer. */
    void perform(List<String> words) throws InterruptedException {
        String command = String.join(" ", words);
        switch (command) {
            case "status" -> status(false);
            case "status json" -> status(true);
            case "start-manager" -> finish(guard.startManager());
            case "stop-manager" -> finish(guard.stopManager());
            case "stop" -> lines.send("exit " + guard.stopEverything(text -> lines.send("| " + text)));
            case "shutdown" -> finish(guard.shutdown());
            default -> {
                lines.send("| the guard does not know '" + command.replaceAll("[^ -~]", "?")
                        + "'; it knows status, status json, start-manager, stop-manager, stop, shutdown");
                lines.send("exit " + SYNTAX);
            }
        }
    }

    private void status(boolean json) {
        guard.status(json).forEach(line -> lines.send("| " + line));
        lines.send("exit " + DONE);
    }

    private void finish(Result result) {
        lines.send("| " + result.message());
        lines.send("exit " + (result.done() ? DONE : NOT_DONE));
    }
}

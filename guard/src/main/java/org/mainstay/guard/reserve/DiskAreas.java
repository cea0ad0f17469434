package org.mainstay.guard.reserve;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.mainstay.guard.util.Result;

/** What the manager asks of the devices of comm paths. Each request has its thread, as storage may hang for ever. */
public final class DiskAreas {
    private static final int ANSWER_SECONDS = 10;

    private DiskAreas() {}

    /**
     * Performs a verb of PROTOCOL.md; the future never fails.
     *
     * @param path id of the comm path
     */
    public static CompletableFuture<Result> perform(String verb, String device, String path) {
        CompletableFuture<Result> answer = new CompletableFuture<>();
        Thread thread = new Thread(() -> answer.complete(result(verb, device, path)), "guard-disk-" + verb);
        thread.setDaemon(true);
        thread.start();
        return answer.completeOnTimeout(
                Result.failed(device + " did not answer within " + ANSWER_SECONDS + " s"),
                ANSWER_SECONDS,
                TimeUnit.SECONDS);
    }

    private static Result result(String verb, String device, String path) {
        try {
            Path place = Path.of(device);
            if (!place.isAbsolute()) {
                return Result.failed("a comm path needs an absolute device path, not '" + device + "'");
            }
            return switch (verb) {
                case "inspect" -> HeartbeatArea.inspect(place);
                case "prepare" -> HeartbeatArea.prepare(place, path);
                case "verify" -> HeartbeatArea.verify(place, path);
                case "wipe" -> HeartbeatArea.wipe(place, path);
                default -> Result.failed("unknown disk action '" + verb + "'");
            };
        } catch (IOException | InvalidPathException | UnsupportedOperationException e) {
            return Result.failed(text(device, e));
        }
    }

    private static String text(String device, Exception e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.contains(device) ? message : device + ": " + message;
    }
}

package org.mainstay.shell.internal.registry;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Withdrawal;

/**
 * One call of a command.
 *
 * @param name name for messages, such as {@code mainstay resource create}
 * @param platform what to work with
 * @param context the caller's side
 * @param trailing what followed {@code --}, for commands that pass it to scripts (CMD-002); else empty
 */
public record Invocation(String name, Platform platform, CommandContext context, List<String> trailing) {

    /** Exit code after Ctrl-C, as shells report it: 128 + SIGINT. */
    public static final int INTERRUPTED = 130;

    /** Progress lines kept for a caller who reads slowly; further ones are dropped. */
    private static final int MOST_PROGRESS_LINES = 10_000;

    public Invocation {
        trailing = List.copyOf(trailing);
    }

    public PrintStream out() {
        return context.out();
    }

    public PrintStream err() {
        return context.err();
    }

    public ClusterSnapshot snapshot() throws CommandException {
        return platform.cluster().snapshot();
    }

    /** Refuses callers below the role. */
    public void require(Caller.Role role) throws CommandException {
        if (!context.caller().role().may(role)) {
            throw new CommandException(
                    ExitCode.SYSTEM_ERROR,
                    "permission denied: this needs the role " + role + ", and "
                            + context.caller().user() + " has "
                            + context.caller().role() + "; ask an administrator");
        }
    }

    /** Submits a request, shows progress on standard error and the answer on standard output, and returns the exit code. */
    public int submit(Request request) throws CommandException, InterruptedException {
        Reply reply = submit(request, context.err());
        if (reply.succeeded() && !reply.message().isEmpty()) {
            out().println(reply.message());
        }
        return finish(reply, out());
    }

    /** As {@link #submit(Request)}, but silent on success, as the original product's commands are. */
    public int submitQuietly(Request request) throws CommandException, InterruptedException {
        return finish(submit(request, context.err()), err());
    }

    /** Submits a request, shows its progress on the given stream and waits for the answer. */
    public Reply submit(Request request, PrintStream progress) throws CommandException, InterruptedException {
        require(request.role());
        Administration administration = platform.administration();
        Withdrawal withdrawal = new Withdrawal();
        return await(
                lines -> administration.submit(request, context.caller(), lines, withdrawal), progress, withdrawal);
    }

    /**
     * Waits for an answer and shows its progress.
     *
     * @param work begins it, given where lines of progress go
     * @return the answer, or the code {@link #INTERRUPTED} if the caller gave up
     */
    public Reply await(Function<Consumer<String>, CompletionStage<Reply>> work, PrintStream progress)
            throws InterruptedException {
        Withdrawal begun = new Withdrawal();
        begun.begin();
        return await(work, progress, begun);
    }

    private Reply await(
            Function<Consumer<String>, CompletionStage<Reply>> work, PrintStream progress, Withdrawal withdrawal)
            throws InterruptedException {
        BlockingQueue<Object> news = new LinkedBlockingQueue<>();
        try (Registration cancelled = context.cancellation().whenCancelled(() -> news.add(Cancelled.BY_CALLER))) {
            work.apply(line -> {
                        if (news.size() < MOST_PROGRESS_LINES) {
                            news.add(line);
                        }
                    })
                    .whenComplete((reply, failure) -> news.add(
                            failure == null
                                    ? reply
                                    : Reply.failed(ExitCode.INTERNAL_ERROR, "internal error: " + failure)));
            Object last = "";
            while (true) {
                Object next = news.take();
                if (next instanceof Reply reply) {
                    boolean givenUp = context.cancellation().cancelled();
                    return givenUp && withdrawal.withdraw() || !withdrawal.begin() ? WITHDRAWN : reply;
                }
                if (next instanceof Cancelled) {
                    if (withdrawal.withdraw()) {
                        // Its reply comes soon: until then another try of this caller would meet it.
                        continue;
                    }
                    return Reply.failed(
                            INTERRUPTED,
                            "interrupted: you no longer wait, but what was begun goes on; see 'mainstay status'");
                }
                // what an action tries again and again it says again and again
                if (!next.equals(last)) {
                    progress.println(next);
                    progress.flush();
                }
                last = next;
            }
        } catch (InterruptedException e) {
            // Ctrl-C of a Karaf console
            withdrawal.withdraw();
            throw e;
        }
    }

    /** Waits for an answer, shows progress and answer, and returns the exit code. */
    public int finish(Function<Consumer<String>, CompletionStage<Reply>> work) throws InterruptedException {
        Reply reply = await(work, context.err());
        if (reply.succeeded() && !reply.message().isEmpty()) {
            out().println(reply.message());
        }
        return finish(reply, out());
    }

    private int finish(Reply reply, PrintStream remarks) {
        if (!reply.succeeded()) {
            err().println(name + ": " + reply.message());
            reply.remarks().forEach(err()::println);
            return reply.exitCode();
        }
        reply.remarks().forEach(remarks::println);
        return ExitCode.SUCCESS;
    }

    private static final Reply WITHDRAWN =
            Reply.failed(INTERRUPTED, "interrupted: it only waited and was withdrawn; nothing was changed");

    private enum Cancelled {
        BY_CALLER
    }
}

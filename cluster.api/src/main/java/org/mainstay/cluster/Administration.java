package org.mainstay.cluster;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** What operators may ask of this server. Thread-safe; never blocks. */
@ProviderType
public interface Administration {

    /**
     * Submits a request. The stage always completes with a reply; it never completes exceptionally.
     *
     * @param progress called with lines for the operator while the request runs, on any thread
     */
    CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress);

    /**
     * As {@link #submit(Request, Caller, Consumer)}, of a caller that may give up. While the request only waits for the administrative
     * lock it can be withdrawn: then it changes nothing and its reply says so. Once begun it goes on to its end. A lock that the request
     * asked for is the caller's when it calls {@link Withdrawal#begin} after the reply.
     */
    default CompletionStage<Reply> submit(
            Request request, Caller caller, Consumer<String> progress, Withdrawal withdrawal) {
        return withdrawal.begin()
                ? submit(request, caller, progress)
                : CompletableFuture.completedFuture(Reply.failed(ExitCode.IN_USE, "withdrawn; nothing was changed"));
    }

    /** Returns the kits that are usable here now, sorted by type. */
    List<Kit> kits();

    /**
     * Returns the fields to ask next for a create or extend, given the answers so far; empty if there is no such kit, or if it did not
     * answer in time or not at all (it may be among {@link #kits} then).
     */
    Optional<List<FormField>> form(String type, boolean extend, java.util.Map<String, String> answers);

    /** A recovery kit as shells and consoles see it. */
    record Kit(String application, String type, String version, String title) {}

    /**
     * A field of a form.
     *
     * @param kind {@code TEXT}, {@code INTEGER}, {@code CHOICE}, {@code YES_NO}, {@code PATH} or {@code SECRET}
     * @param defaultValue empty if there is none
     */
    record FormField(
            String name,
            String label,
            String help,
            String kind,
            boolean required,
            String defaultValue,
            List<String> choices) {
        public FormField {
            choices = List.copyOf(choices);
        }
    }
}

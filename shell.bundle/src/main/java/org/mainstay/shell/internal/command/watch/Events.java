package org.mainstay.shell.internal.command.watch;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterEvent;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.command.BaseCommand;
import org.mainstay.shell.internal.command.JsonOption;
import org.mainstay.shell.internal.event.Sentences;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;
import org.mainstay.shell.internal.view.ClusterView;
import org.mainstay.shell.internal.view.Json;
import org.mainstay.shell.internal.view.Rows.ChangeRow;
import org.mainstay.shell.internal.view.Rows.EventRow;
import org.mainstay.shell.internal.view.Style;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mainstay events}. */
@Command(
        name = "events",
        description =
                "Shows what happened, oldest first; with --follow also what happens, until Ctrl-C; with --audit who changed "
                        + "what in this server's database.",
        footer = {
            "",
            "Examples:",
            "  mainstay events -n 20",
            "  mainstay events --follow --json",
            "  mainstay events --audit",
            "  mainstay events --lang ja"
        })
public final class Events extends BaseCommand {
    private static final int DEFAULT_COUNT = 100;
    private static final int MOST = 100_000;
    /** Events kept for a reader who does not keep up; further ones are counted and skipped. */
    private static final int MOST_WAITING = 10_000;

    private static final DateTimeFormatter LOCAL_TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());

    @Option(
            names = {"-f", "--follow"},
            description = "Goes on with each further event.")
    private boolean follow;

    @Option(names = "--audit", description = "Shows changes of the database instead: who, from where, when, what.")
    private boolean audit;

    @Option(
            names = "--verbose",
            description = "With --audit also the records Mainstay keeps for itself while it works.")
    private boolean verbose;

    @Option(
            names = "--lang",
            paramLabel = "en|ja",
            description = "Language of the messages; default en. What kits say of a reason stays as they said it.")
    private String language = "en";

    @Option(names = "-n", paramLabel = "N", description = "At most this many past events; default 100.")
    private int count = DEFAULT_COUNT;

    @Mixin
    private JsonOption json = new JsonOption();

    @Override
    public int run(Invocation invocation) throws CommandException, InterruptedException {
        if (count < 0 || count > MOST) {
            throw CommandException.invalid("the number of events must be 0 to " + MOST + ", not " + count);
        }
        if (!language.equals("en") && !language.equals("ja")) {
            throw CommandException.invalid("--lang is en or ja, not '" + language + "'");
        }
        EventLog log = invocation.platform().events();
        if (audit) {
            if (follow) {
                throw new CommandException(ExitCode.SYNTAX, "--audit and --follow exclude each other");
            }
            return audit(invocation, log);
        }
        if (follow) {
            return follow(invocation, log);
        }
        List<ClusterEvent> events = log.recent(count);
        if (json.chosen()) {
            List<EventRow> rows = events.stream().map(ClusterView::event).toList();
            invocation.out().println(Json.list("events", rows));
        } else {
            events.forEach(event -> print(invocation, event));
        }
        return ExitCode.SUCCESS;
    }

    private int audit(Invocation invocation, EventLog log) throws CommandException {
        invocation.require(Caller.Role.ADMINISTRATOR);
        if (json.chosen()) {
            List<ChangeRow> rows = log.audit(count).stream().map(AuditText::row).toList();
            invocation.out().println(Json.list("changes", rows));
            return ExitCode.SUCCESS;
        }
        List<String> lines = log.audit(MOST).stream()
                .map(change -> AuditText.line(change, verbose))
                .flatMap(Optional::stream)
                .toList();
        lines.subList(Math.max(0, lines.size() - count), lines.size()).forEach(invocation.out()::println);
        return ExitCode.SUCCESS;
    }

    private int follow(Invocation invocation, EventLog log) throws InterruptedException {
        BlockingQueue<Optional<ClusterEvent>> news = new LinkedBlockingQueue<>();
        AtomicLong skipped = new AtomicLong();
        try (Registration following = log.follow(event -> {
                    if (news.size() < MOST_WAITING) {
                        news.add(Optional.of(event));
                    } else {
                        skipped.incrementAndGet();
                    }
                });
                Registration cancelled =
                        invocation.context().cancellation().whenCancelled(() -> news.add(Optional.empty()))) {
            List<ClusterEvent> past = log.recent(count);
            past.forEach(event -> print(invocation, event));
            while (true) {
                invocation.out().flush();
                Optional<ClusterEvent> event = news.take();
                if (event.isEmpty()) {
                    return Invocation.INTERRUPTED;
                }
                if (!past.contains(event.get())) {
                    print(invocation, event.get());
                }
                long lost = skipped.getAndSet(0);
                if (lost > 0) {
                    invocation.err().println(lost + " events skipped: the reader did not keep up");
                }
            }
        }
    }

    private void print(Invocation invocation, ClusterEvent event) {
        if (json.chosen()) {
            invocation.out().println(Json.line(ClusterView.event(event)));
            return;
        }
        Style style = new Style(invocation.context().terminal());
        String level = event.level().name();
        String text = Sentences.text(event, language);
        boolean named = event.tag().isEmpty()
                || event.text().startsWith(event.tag() + " ")
                || (!text.equals(event.text()) && text.contains(event.tag()));
        String subject = named ? "" : event.tag() + ": ";
        invocation
                .out()
                .println(LOCAL_TIME.format(event.at())
                        + "  "
                        + event.server()
                        + "  "
                        + style.level(String.format("%-11s", level), level)
                        + "  "
                        + String.format("%6d", event.number())
                        + "  "
                        + subject
                        + text);
    }
}

package com.example.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.Command;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.osgi.service.component.annotations.Component;

/** Protects a Redis server: one configuration file, one port. */
@Component(service = RecoveryKit.class)
public final class RedisKit implements RecoveryKit {
    private static final Duration QUICK = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(100);

    /** What a remove keeps of its time for ending what does not end by itself. */
    private static final Duration ENDING = Duration.ofSeconds(15);

    private static final Pattern PROCESS = Pattern.compile("process_id:(\\d+)");
    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("database", "redis", "1.0.0", "Redis")
            .fields(List.of(
                    Field.named("config", "Configuration file")
                            .help("Absolute path of redis.conf, on a volume all servers can have.")
                            .kind(Field.Kind.PATH)
                            .required()
                            .build(),
                    Field.named("port", "Port").integer(1, 65535).defaultValue("6379").build(),
                    Field.named("user", "User")
                            .help("Who the server runs as.")
                            .defaultValue("redis")
                            .build()))
            // saving a large data set takes its time
            .timeLimit(Action.REMOVE, Duration.ofMinutes(10))
            .build();

    /** Who answers on the port: our server once it has loaded its data, or one that Mainstay has not started. */
    private enum Answering {
        NOBODY,
        OURS,
        OTHERS
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public Creation create(CreateContext context) {
        String config = context.resource().property("config", "");
        if (!config.startsWith("/")) {
            return Creation.refused("config '" + config + "' is not an absolute path; give one such as /srv/redis/redis.conf");
        }
        String user = context.resource().property("user", "redis");
        if (!context.host().processes().userExists(user)) {
            return Creation.refused("user '" + user + "' does not exist here; install Redis or name another user");
        }
        if (answering(context) == Answering.OTHERS) {
            return Creation.refused(othersServe(context));
        }
        String port = context.resource().property("port", "6379");
        return Creation.of("port " + port, context.resource().properties()).withSuggestedTag("redis-" + port);
    }

    @Override
    public Creation extend(CreateContext context) {
        Creation checked = create(context);
        return checked.refusal().isPresent()
                ? checked
                : Creation.of(context.resource().id(), context.resource().properties());
    }

    @Override
    public Outcome restore(ActionContext context) {
        switch (answering(context)) {
            case OURS -> {
                return Outcome.success("Redis serves already");
            }
            case OTHERS -> {
                return Outcome.failed(othersServe(context));
            }
            case NOBODY -> {}
        }
        CommandResult result = context.host()
                .run(Command.of(
                                "redis-server",
                                context.resource().property("config", ""),
                                "--port",
                                context.resource().property("port", "6379"),
                                "--daemonize",
                                "yes")
                        .user(context.resource().property("user", "redis"))
                        .inService()
                        .build());
        if (!result.succeeded()) {
            return Outcome.failed("redis-server fails: " + result.summary(), result.errors());
        }
        while (answering(context) != Answering.OURS) {
            if (context.host().processes().inService().isEmpty()) {
                return Outcome.failed("Redis ended while it started; see its log");
            }
            if (!context.pause(POLL)) {
                return Outcome.failed("Redis did not answer in time; see its log");
            }
        }
        return Outcome.success("Redis serves");
    }

    /** Asks ours to save and end, for as long as there is time; what does not is ended. */
    @Override
    public Outcome remove(ActionContext context) {
        Duration limit = context.remaining().minus(ENDING);
        if (limit.compareTo(QUICK) > 0 && answering(context) == Answering.OURS) {
            String answer = ask(context, limit, "shutdown").output().strip();
            if (!answer.isEmpty()) {
                context.progress("warning: Redis is ended without saving its data, for it answers: " + answer);
            }
            while (answer.isEmpty()
                    && !context.host().processes().inService().isEmpty()
                    && context.remaining().compareTo(ENDING) > 0
                    && context.pause(POLL)) {
                // it has saved, or still saves, and ends
            }
        }
        return context.host().processes().endAll();
    }

    @Override
    public Probe probe(ActionContext context) {
        List<Long> left = context.host().processes().inService();
        return switch (answering(context)) {
            case OURS -> Probe.running("Redis answers");
            case OTHERS -> Probe.unknown(othersServe(context));
            case NOBODY -> left.isEmpty()
                    ? Probe.stopped("no process runs")
                    : Probe.partial("processes " + left + " do not answer");
        };
    }

    /** A server that reads but cannot write is down for its clients. */
    @Override
    public Outcome deepCheck(ActionContext context) {
        String info = ask(context, "info", "persistence").output();
        if (!info.contains("loading:0")) {
            return Outcome.failed("Redis does not tell its state, or still loads its data");
        }
        return info.contains("rdb_last_bgsave_status:err")
                ? Outcome.failed("Redis cannot save its data; see its log and the disk")
                : Outcome.success("Redis answers and can save");
    }

    /** Ours is what runs in the resource's control group; that something answers does not say whose it is. */
    private static Answering answering(ActionContext context) {
        String info = ask(context, "info").output();
        Matcher process = PROCESS.matcher(info);
        if (!process.find()) {
            return Answering.NOBODY;
        }
        if (!context.host().processes().inService().contains(Long.valueOf(process.group(1)))) {
            return Answering.OTHERS;
        }
        return info.contains("loading:0") ? Answering.OURS : Answering.NOBODY;
    }

    private static String othersServe(ActionContext context) {
        return "another Redis, not started by Mainstay, answers on port " + context.resource().property("port", "6379")
                + "; stop and disable it (systemctl disable --now redis-server) or choose another port";
    }

    private static CommandResult ask(ActionContext context, String... question) {
        return ask(context, QUICK, question);
    }

    private static CommandResult ask(ActionContext context, Duration limit, String... question) {
        List<String> arguments = new ArrayList<>(List.of("-p", context.resource().property("port", "6379")));
        arguments.addAll(List.of(question));
        return context.host()
                .run(Command.of("redis-cli", arguments).timeLimit(limit).build());
    }
}

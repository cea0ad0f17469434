package com.example.redis;

import java.time.Duration;
import java.util.List;
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
            .build();

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
        if (answers(context)) {
            return Outcome.success("Redis serves already");
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
        while (!answers(context)) {
            if (!context.pause(Duration.ofMillis(100))) {
                return Outcome.failed("Redis did not answer in time; see its log");
            }
        }
        return Outcome.success("Redis serves");
    }

    /** Asks it to save and end; what does not is ended. */
    @Override
    public Outcome remove(ActionContext context) {
        if (answers(context)) {
            ask(context, "shutdown");
        }
        return context.host().processes().endAll();
    }

    @Override
    public Probe probe(ActionContext context) {
        List<Long> left = context.host().processes().inService();
        if (answers(context)) {
            return left.isEmpty()
                    ? Probe.unknown("another Redis, not started by Mainstay, answers on this port; stop it")
                    : Probe.running("Redis answers");
        }
        return left.isEmpty() ? Probe.stopped("no process runs") : Probe.partial("processes " + left + " do not answer");
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

    private static boolean answers(ActionContext context) {
        return ask(context, "ping").output().strip().equals("PONG");
    }

    private static CommandResult ask(ActionContext context, String... question) {
        Command.Builder command = Command.of("redis-cli", arguments(context, question));
        return context.host().run(command.timeLimit(QUICK).build());
    }

    private static List<String> arguments(ActionContext context, String... question) {
        List<String> arguments = new java.util.ArrayList<>(List.of("-p", context.resource().property("port", "6379")));
        arguments.addAll(List.of(question));
        return arguments;
    }
}

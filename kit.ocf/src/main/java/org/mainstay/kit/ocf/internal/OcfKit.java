package org.mainstay.kit.ocf.internal;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CommandResult;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.Host;
import org.mainstay.kit.KillHandle;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.ocf.internal.MetaData.Parameter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Protects whatever an OCF resource agent manages: its description becomes the form, its actions those of a kit. */
@Component(service = RecoveryKit.class)
public final class OcfKit implements RecoveryKit {
    static final String TYPE = "ocf";

    private static final Duration LONGEST = Duration.ofHours(24);
    private static final Duration AT_LEAST = Duration.ofSeconds(20);

    private static final Field AGENT = Field.named(Agent.PROPERTY, "Resource agent")
            .help(
                    "Provider and type of an installed agent, such as heartbeat:Filesystem; its parameters are the further"
                            + " fields.")
            .required()
            .build();
    private static final Field TIME_LIMIT = Field.named(Agent.TIME_LIMIT, "Time limit of an action in seconds")
            .help("Empty: what the agent advises.")
            .integer(1, LONGEST.toSeconds())
            .build();

    private static final String LEVELS = "Levels beyond 0 may need parameters of their own.";
    private static final Field DEEP_LEVEL = deepLevel(LEVELS);

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("gen", TYPE, "1.0.0", "OCF Resource Agent")
            .fields(List.of(AGENT, TIME_LIMIT, DEEP_LEVEL))
            .timeLimit(Action.RESTORE, LONGEST.plusMinutes(1))
            .timeLimit(Action.REMOVE, LONGEST.plusMinutes(1))
            .timeLimit(Action.RECOVER, LONGEST.plusMinutes(2))
            .timeLimit(Action.QUICK_CHECK, Duration.ofMinutes(10))
            .timeLimit(Action.DEEP_CHECK, Duration.ofMinutes(10))
            .localRecovery(true)
            .build();

    @Activate
    public OcfKit() {}

    /** Returns the field with the levels the agent has. */
    static Field deepLevel(MetaData agent) {
        String depths = agent.depths().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return deepLevel("The agent offers " + depths + (agent.depths().size() == 1 ? " only" : "") + ". " + LEVELS);
    }

    private static Field deepLevel(String help) {
        return Field.named(Agent.DEEP_LEVEL, "Level of the deep check")
                .help(help)
                .integer(0, 100)
                .defaultValue("0")
                .build();
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    /** The agent's parameters are asked once the agent is known. */
    @Override
    public List<Field> form(FormContext context) {
        List<Field> fields = new ArrayList<>(DESCRIPTOR.fields());
        String named = context.answers().getOrDefault(Agent.PROPERTY, "");
        if (named.isBlank()) {
            return fields;
        }
        try {
            MetaData agent = Agent.named(named).metaData(context.host());
            fields.replaceAll(field -> field.name().equals(Agent.DEEP_LEVEL) ? deepLevel(agent) : field);
            for (Parameter parameter : agent.parameters()) {
                fields.add(field(parameter));
            }
        } catch (IllegalArgumentException e) {
            // the agent is not there: create says so when all answers are there, and any parameter may be meant
            return fields;
        }
        return fields;
    }

    /** A default stays the agent's: kept with the resource it would outlive the agent's next release. */
    private static Field field(Parameter parameter) {
        String help = parameter.help()
                + (parameter.standard().isEmpty() ? "" : " Default of the agent: " + parameter.standard());
        Field.Builder field = Field.named(
                        fieldName(parameter.name()), parameter.title().isEmpty() ? parameter.name() : parameter.title())
                .help(help.strip());
        if (parameter.required()) {
            field.required();
        }
        if (isSecret(parameter.name())) {
            field.kind(Field.Kind.SECRET);
        } else if (!parameter.choices().isEmpty()) {
            field.choices(parameter.choices());
        }
        return field.build();
    }

    static boolean isSecret(String name) {
        return name.toLowerCase(Locale.ROOT).matches(".*(pass(w|phrase|$)|secret|token).*")
                && !name.toLowerCase(Locale.ROOT).endsWith("file");
    }

    /** Agents write names with underscores, fields with dashes; the fields of the kit itself go before. */
    static String fieldName(String parameter) {
        String name = parameter.replace('_', '-');
        boolean taken =
                DESCRIPTOR.fields().stream().anyMatch(field -> field.name().equals(name));
        return taken || !name.matches("[A-Za-z].*") ? "ocf." + name : name;
    }

    /** An agent with the resource's parameters under the agent's own names. */
    private record Bound(Agent agent, MetaData metaData, Map<String, String> parameters) {
        static Bound to(ResourceInfo resource, Host host) {
            Agent agent = Agent.named(resource.property(Agent.PROPERTY, ""));
            MetaData metaData = agent.metaData(host);
            Map<String, String> parameters = new LinkedHashMap<>();
            List<String> missing = new ArrayList<>();
            for (Parameter parameter : metaData.parameters()) {
                String value = resource.property(fieldName(parameter.name()), "");
                if (!value.isEmpty()) {
                    parameters.put(parameter.name(), value);
                } else if (parameter.required()) {
                    missing.add(fieldName(parameter.name()));
                }
            }
            if (!missing.isEmpty()) {
                throw new IllegalArgumentException("agent " + agent + " needs " + String.join(", ", missing)
                        + ": give each with --set NAME=VALUE");
            }
            return new Bound(agent, metaData, parameters);
        }

        CommandResult run(ActionContext context, String action, int level, boolean probe) {
            Duration advised = metaData.limits().getOrDefault(action, AT_LEAST);
            Duration standard = advised.compareTo(AT_LEAST) < 0 ? AT_LEAST : advised;
            String own = context.resource().property(Agent.TIME_LIMIT, "");
            Duration limit = own.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(own)) : standard;
            var command = agent.command(action, context.resource(), parameters, limit, level, probe);
            return context.host()
                    .run(action.equals("start") ? command.inService().build() : command.build());
        }
    }

    /** Work of an action on an agent that is there. */
    private interface Work {
        Outcome on(Bound bound) throws IOException;
    }

    private static Outcome guarded(ActionContext context, Work work) {
        try {
            return work.on(Bound.to(context.resource(), context.host()));
        } catch (IllegalArgumentException | IOException e) {
            return Outcome.failed(String.valueOf(e.getMessage()));
        }
    }

    private static Outcome failed(Bound bound, String action, CommandResult result) {
        return Outcome.failed(
                bound.agent() + " " + action + ": " + Code.explain(result), result.output() + result.errors());
    }

    @Override
    public Creation create(CreateContext context) {
        ResourceInfo resource = context.resource();
        try {
            Agent.makeStateFolder();
            Bound bound = Bound.to(resource, context.host());
            String tag =
                    resource.tag().isEmpty() ? freeTag(context, bound.agent().type()) : resource.tag();
            Optional<CommandResult> wrong = validateAll(bound, context);
            if (wrong.filter(result -> Code.is(result, Code.INSTALLED, Code.CONFIGURED))
                    .isPresent()) {
                return Creation.refused(complaint(bound, wrong.get()));
            }
            Creation creation = Creation.of(tag, resource.properties()).withSuggestedTag(tag);
            return wrong.map(result -> creation.withRemark(complaint(bound, result)))
                    .orElse(creation);
        } catch (IllegalArgumentException | IOException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    private static String freeTag(CreateContext context, String type) {
        for (int number = 0; ; number++) {
            String tag = type + "." + number;
            if (context.resources().stream().noneMatch(other -> other.tag().equals(tag))) {
                return tag;
            }
        }
    }

    /** What the agent finds wrong there may come only with the volume below it, so it is told and does not refuse. */
    @Override
    public Creation extend(CreateContext context) {
        ResourceInfo resource = context.resource();
        try {
            Agent.makeStateFolder();
            Bound bound = Bound.to(resource, context.host());
            Creation creation = Creation.of(resource.id(), resource.properties());
            return validateAll(bound, context)
                    .map(wrong ->
                            creation.withRemark("not sure that it can run on " + resource.server() + ": " + wrong))
                    .orElse(creation);
        } catch (IllegalArgumentException | IOException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    /** Returns what the agent finds wrong; empty if nothing. */
    private static Optional<CommandResult> validateAll(Bound bound, ActionContext context) {
        if (!bound.metaData().offers("validate-all")) {
            return Optional.empty();
        }
        CommandResult result = bound.run(context, "validate-all", 0, true);
        return Code.is(result, Code.SUCCESS, Code.UNIMPLEMENTED) ? Optional.empty() : Optional.of(result);
    }

    private static String complaint(Bound bound, CommandResult result) {
        return bound.agent() + " validate-all: " + Code.explain(result);
    }

    /** A standby's agent may miss what comes with the volume below it: it is asked only while in service. */
    @Override
    public Outcome validate(ActionContext context) {
        return guarded(context, bound -> {
            Optional<CommandResult> wrong =
                    context.resource().inService() ? validateAll(bound, context) : Optional.empty();
            return wrong.map(result -> Outcome.failed(complaint(bound, result)))
                    .orElseGet(
                            () -> Outcome.success("agent " + bound.agent() + " is installed and has its parameters"));
        });
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(context, bound -> {
            Agent.makeStateFolder();
            if (serves(bound.run(context, "monitor", 0, true))) {
                return Outcome.success(bound.agent() + " runs already");
            }
            CommandResult started = bound.run(context, "start", 0, true);
            if (!Code.is(started, Code.SUCCESS)) {
                return failed(bound, "start", started);
            }
            CommandResult after = bound.run(context, "monitor", 0, false);
            return serves(after)
                    ? Outcome.success(bound.agent() + " is started")
                    : failed(bound, "monitor after a successful start", after);
        });
    }

    private static boolean serves(CommandResult monitor) {
        return Code.is(monitor, Code.SUCCESS, Code.RUNNING_PROMOTED, Code.DEGRADED, Code.DEGRADED_PROMOTED);
    }

    /** Returns whether a monitor says that nothing runs; that it found an error, hangs or does not know is no such answer. */
    static boolean stopped(CommandResult monitor) {
        return Code.is(monitor, Code.NOT_RUNNING, Code.INSTALLED);
    }

    @Override
    public Outcome remove(ActionContext context) {
        return guarded(context, bound -> {
            Agent.makeStateFolder();
            CommandResult stopped = bound.run(context, "stop", 0, true);
            if (!Code.is(stopped, Code.SUCCESS)) {
                return failed(bound, "stop", stopped);
            }
            CommandResult after = bound.run(context, "monitor", 0, true);
            if (!stopped(after)) {
                return failed(bound, "monitor after a successful stop does not say that it is stopped", after);
            }
            Outcome ended = context.host().processes().endAll();
            return ended.succeeded() ? Outcome.success(bound.agent() + " is stopped") : ended;
        });
    }

    @Override
    public Probe probe(ActionContext context) {
        try {
            Agent.makeStateFolder();
            Bound bound = Bound.to(context.resource(), context.host());
            CommandResult result = bound.run(context, "monitor", 0, true);
            if (serves(result)) {
                return Probe.running(bound.agent() + " says that it runs");
            }
            List<Long> left = context.host().processes().inService();
            if (Code.is(result, Code.NOT_RUNNING)) {
                return left.isEmpty()
                        ? Probe.stopped(bound.agent() + " says that it does not run")
                        : Probe.partial(bound.agent() + " says that it does not run, but processes " + left + " do");
            }
            String why = bound.agent() + " monitor: " + Code.explain(result);
            return Code.is(result, Code.GENERIC, Code.FAILED_PROMOTED) ? Probe.partial(why) : Probe.unknown(why);
        } catch (IllegalArgumentException | IOException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        return guarded(context, bound -> check(context, bound, 0));
    }

    /** Asks at the level the administrator chose: deeper ones often need parameters of their own. */
    @Override
    public Outcome deepCheck(ActionContext context) {
        String level = context.resource().property(Agent.DEEP_LEVEL, "0");
        return guarded(
                context, bound -> check(context, bound, level.matches("\\d{1,3}") ? Integer.parseInt(level) : 0));
    }

    private static Outcome check(ActionContext context, Bound bound, int level) {
        CommandResult result = bound.run(context, "monitor", level, false);
        if (!serves(result)) {
            return failed(bound, "monitor", result);
        }
        return Outcome.success(bound.agent() + " says that it runs"
                + (Code.is(result, Code.DEGRADED, Code.DEGRADED_PROMOTED) ? ", but degraded" : ""));
    }

    /** Processes are always known; what else can be ended without the agent is known for the agents named here. */
    @Override
    public List<KillHandle> killHandles(ActionContext context) {
        return killHandles(context.resource());
    }

    static List<KillHandle> killHandles(ResourceInfo resource) {
        String agent = resource.property(Agent.PROPERTY, "").replaceFirst(".*:", "");
        if (agent.equals("Filesystem")) {
            String device = resource.property("device", "").strip();
            // the agent also takes -U uuid, -L label and what mount takes; the kernel lists the device found by them
            boolean search = device.matches("-.*|(?i:(PART)?(UUID|LABEL)|ID)=.*");
            return List.of(KillHandle.mount(resource.property("directory", ""), search ? "" : device));
        }
        String nic = resource.property("nic", "");
        String prefix = resource.property("cidr-netmask", "");
        if (agent.equals("IPaddr2") && !nic.isEmpty() && prefix.matches("\\d{1,3}")) {
            return List.of(KillHandle.address(nic, resource.property("ip", "") + "/" + prefix));
        }
        return List.of();
    }
}

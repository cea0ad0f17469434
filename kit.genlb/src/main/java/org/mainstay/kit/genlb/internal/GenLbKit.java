package org.mainstay.kit.genlb.internal;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.genlb.internal.responder.Options;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Answers a load balancer's health probes on the server where its hierarchy is in service, and nowhere else (LB-001 to LB-072).
 * It belongs on top of a hierarchy (CLOUD-023).
 */
@Component(service = RecoveryKit.class)
public final class GenLbKit implements RecoveryKit {
    static final String TYPE = "genlb";

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("gen", TYPE, "1.0.0", "Load Balancer Probe")
            .fields(List.of(
                    Field.named(Settings.INFO, "Application info")
                            .help(
                                    "Port of the probes, 1024 to 65535, and if wanted one space and the reply, which holds"
                                            + " no space: 12345 Hello")
                            .required()
                            .build(),
                    Field.named(Settings.PROTOCOL, "Kind of probe")
                            .help("tcp: every connection is a probe. http: a GET or HEAD of the path is.")
                            .choices(List.of(Settings.TCP, Settings.HTTP))
                            .defaultValue(Settings.TCP)
                            .build(),
                    Field.named(Settings.PATH, "Path of HTTP probes")
                            .help("Answered with 200, any other with 404; empty: /")
                            .build()))
            .timeLimit(Action.RESTORE, Duration.ofSeconds(Limits.LONGEST + 60))
            .timeLimit(Action.REMOVE, Duration.ofSeconds(60))
            .localRecovery(false)
            .build();

    private final Path home;

    /** The service's working directory is the installation. */
    @Activate
    public GenLbKit() {
        this(Path.of(""));
    }

    /** @param home the installation */
    GenLbKit(Path home) {
        this.home = home;
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public Creation create(CreateContext context) {
        return check(context);
    }

    @Override
    public Creation extend(CreateContext context) {
        return check(context);
    }

    private static Creation check(CreateContext context) {
        ResourceInfo resource = context.resource();
        Settings settings;
        try {
            settings = Settings.of(resource.properties());
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
        Optional<ResourceInfo> other = context.resources().stream()
                .filter(one ->
                        one.type().equals(TYPE) && !one.tag().equals(resource.tag()) && usesPort(one, settings.port()))
                .findFirst();
        if (other.isPresent()) {
            return Creation.exists("info: port " + settings.port() + " is already answered by resource "
                    + other.get().tag() + ": use that one or choose another port");
        }
        Optional<String> taken = taken(settings.port());
        if (taken.isPresent()) {
            return Creation.refused("info: port " + settings.port() + " cannot be opened on " + resource.server() + ": "
                    + taken.get() + "; free it or choose another");
        }
        String id = resource.id().isEmpty() ? "genlb-" + settings.port() : resource.id();
        Map<String, String> properties = new LinkedHashMap<>(resource.properties());
        properties.putIfAbsent(Settings.PROTOCOL, Settings.TCP);
        return Creation.of(id, properties)
                .withSuggestedTag("Gen-LB-" + settings.port())
                .withRemark(
                        "it comes into service only while the load balancer probes port " + settings.port()
                                + " of this server: set the balancer up first, and make this resource the top of its hierarchy");
    }

    private static boolean usesPort(ResourceInfo other, int port) {
        try {
            return Settings.of(other.properties()).port() == port;
        } catch (IllegalArgumentException e) {
            // damaged properties of another resource are not this one's business
            return false;
        }
    }

    private static Optional<String> taken(int port) {
        try (ServerSocket socket = new ServerSocket(port)) {
            return socket.isBound() ? Optional.empty() : Optional.of("it is not free");
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Work of an action that reads files. */
    private interface Work {
        Outcome run(Daemon daemon) throws IOException;
    }

    private Outcome with(ActionContext context, Work work) {
        Daemon daemon = new Daemon(context, home);
        try {
            return work.run(daemon);
        } catch (IllegalArgumentException e) {
            return Outcome.failed(e.getMessage());
        } catch (IOException e) {
            return Outcome.failed("the files of the probe responder in "
                    + daemon.marks().pidFile().getParent() + " cannot be used: " + e);
        }
    }

    /** Opens the port and waits for a real probe (LB-024). Of a responder that runs and is probed it changes nothing. */
    @Override
    public Outcome restore(ActionContext context) {
        return with(context, daemon -> {
            Options options = daemon.options(Settings.of(context.resource().properties()), Limits.of(context));
            if (daemon.running().isPresent()) {
                if (!daemon.runsWith(options)) {
                    return Outcome.failed("33601 a probe responder with other settings runs already: take the resource"
                            + " out of service and restore it again");
                }
                if (daemon.marks().isSilent()) {
                    return Outcome.failed("33601 the probe responder runs already, but no probe comes: check the load"
                            + " balancer, take the resource out of service and restore it again");
                }
                context.progress("33601 the probe responder runs already");
            } else {
                Outcome started = daemon.start(options);
                if (!started.succeeded()) {
                    return started;
                }
                context.progress(started.message() + "; waiting up to " + options.silenceMillis() / 1000
                        + " s for a probe of the load balancer");
            }
            Outcome probed = daemon.awaitProbe(options);
            if (!probed.succeeded() && !context.cancelled()) {
                Outcome stopped = daemon.stop();
                return stopped.succeeded() ? probed : Outcome.failed(probed.message() + "; and " + stopped.message());
            }
            return probed;
        });
    }

    @Override
    public Outcome remove(ActionContext context) {
        return with(context, daemon -> {
            try {
                if (daemon.running().isEmpty()) {
                    context.progress("33608 the probe responder had stopped already");
                }
            } catch (IOException e) {
                context.progress(daemon.unreadable("33617", e));
            }
            Outcome stopped = daemon.stop();
            return stopped.succeeded() ? Outcome.success("no probe is answered any more") : stopped;
        });
    }

    @Override
    public Probe probe(ActionContext context) {
        Daemon daemon = new Daemon(context, home);
        try {
            if (daemon.running().isPresent()) {
                return daemon.marks().probed()
                        ? Probe.running("the probe responder runs")
                        : Probe.partial("the probe responder runs but no probe has come yet");
            }
        } catch (IOException e) {
            // it lives in the control group: an empty one tells more than a damaged file
            return context.host().processes().inService().isEmpty()
                    ? Probe.stopped("no probe responder runs")
                    : Probe.unknown(daemon.unreadable("33617", e));
        }
        List<Long> left = context.host().processes().inService();
        return left.isEmpty()
                ? Probe.stopped("no probe responder runs")
                : Probe.partial("processes " + left + " run without having opened the port");
    }

    @Override
    public Outcome quickCheck(ActionContext context) {
        if (!context.resource().inService()) {
            return Outcome.success("33609 the resource is not in service: nothing to check");
        }
        return with(context, daemon -> {
            if (daemon.marks().isSilent()) {
                return Outcome.failed(
                        "no probe has come for " + Limits.of(context).timeoutSeconds()
                                + " s (HC_TIMEOUT): the load balancer does not reach this server, or has stopped probing it");
            }
            Optional<Long> process = Optional.empty();
            try {
                process = daemon.running();
            } catch (IOException e) {
                context.progress(daemon.unreadable("33618", e));
            }
            return process.isPresent()
                    ? Outcome.success("the load balancer's probes are answered")
                    : Outcome.failed("33610 the probe responder is not running: "
                            + daemon.marks().failure().orElse("see " + daemon.log()));
        });
    }

    /** There is no local recovery: a server the balancer does not reach is left (LB-060). */
    @Override
    public Outcome recover(ActionContext context) {
        return Outcome.failed("a probe responder is not repaired in place: the resource moves to another server");
    }

    @Override
    public Outcome validate(ActionContext context) {
        try {
            Settings settings = Settings.of(context.resource().properties());
            return Outcome.success("port " + settings.port() + " is usable");
        } catch (IllegalArgumentException e) {
            return Outcome.failed(e.getMessage());
        }
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return delete(context);
    }

    /** Takes the marks away; a responder that still runs notices and ends (LB-033). */
    @Override
    public Outcome delete(ActionContext context) {
        return with(context, daemon -> {
            daemon.marks().delete();
            return Outcome.success("the files of the probe responder are gone");
        });
    }
}

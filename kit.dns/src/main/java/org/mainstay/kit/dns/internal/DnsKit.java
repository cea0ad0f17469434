package org.mainstay.kit.dns.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mainstay.kit.Action;
import org.mainstay.kit.ActionContext;
import org.mainstay.kit.CreateContext;
import org.mainstay.kit.Creation;
import org.mainstay.kit.Field;
import org.mainstay.kit.FormContext;
import org.mainstay.kit.KitDescriptor;
import org.mainstay.kit.Outcome;
import org.mainstay.kit.Probe;
import org.mainstay.kit.RecoveryKit;
import org.mainstay.kit.ResourceInfo;
import org.mainstay.kit.dns.internal.Publisher.Scene;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Keeps a name pointing at the server where its hierarchy is in service (ADM-120 to ADM-132): A, AAAA and PTR records, or a
 * CNAME, by dynamic updates (RFC 2136) signed with TSIG (RFC 8945).
 */
@Component(service = RecoveryKit.class)
public final class DnsKit implements RecoveryKit {
    static final String TYPE = "dns";

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("comm", TYPE, "1.0.0", "DNS")
            .fields(fields(false))
            .timeLimit(Action.RESTORE, Duration.ofSeconds(120))
            .timeLimit(Action.REMOVE, Duration.ofSeconds(60))
            .timeLimit(Action.RECOVER, Duration.ofSeconds(120))
            .localRecovery(true)
            .build();

    /** How long a remove tries to take the records away: the hierarchy waits with it. */
    private static final Duration WITHDRAW_WITHIN = Duration.ofSeconds(5);

    private final Path home;
    private final Duration withdrawWithin;

    /** The service's working directory is the installation. */
    @Activate
    public DnsKit() {
        this(Path.of(""));
    }

    /** @param home the installation */
    DnsKit(Path home) {
        this(home, WITHDRAW_WITHIN);
    }

    /**
     * @param home the installation
     * @param withdrawWithin how long a remove tries to take the records away
     */
    DnsKit(Path home, Duration withdrawWithin) {
        this.home = home;
        this.withdrawWithin = withdrawWithin;
    }

    private static List<Field> fields(boolean alias) {
        List<Field> fields = new ArrayList<>();
        fields.add(Field.named(Settings.NAME, "Record owner name")
                .help("Short virtual server name without the domain, such as web.")
                .required()
                .build());
        fields.add(Field.named(Settings.KIND, "Kind of name")
                .help("primary: the name has addresses (A, AAAA and PTR). alias: it stands for another name (CNAME).")
                .choices(List.of(Settings.PRIMARY, Settings.ALIAS))
                .defaultValue(Settings.PRIMARY)
                .build());
        if (alias) {
            fields.add(Field.named(Settings.TARGET, "Name of this server")
                    .help("Full name the alias stands for while in service on this server, such as a.example.com.")
                    .scope(Field.Scope.SERVER)
                    .required()
                    .build());
        } else {
            fields.addAll(addressFields());
        }
        fields.add(Field.named(Settings.SERVERS, "DNS servers")
                .help(
                        "Full names (or addresses), separated by blanks, preferably of this server's site; a port may follow"
                                + " a colon. One must be reachable at all times; the zone's others are found.")
                .scope(Field.Scope.SERVER)
                .required()
                .build());
        fields.add(Field.named(Settings.DOMAIN, "Domain")
                .help("Empty: that of the first DNS server's name.")
                .build());
        fields.add(Field.named(Settings.KEY_FILE, "Key file")
                .help(
                        "TSIG key as tsig-keygen writes it, readable by its owner only, on this server. Empty: updates are"
                                + " not signed. The file is read at each use, so a new key is put there without any command.")
                .kind(Field.Kind.PATH)
                .scope(Field.Scope.SERVER)
                .build());
        fields.add(Field.named(Settings.TTL, "Time to live in seconds")
                .help("How long clients may remember the old server.")
                .integer(0, 86400)
                .defaultValue(String.valueOf(Settings.TTL_DEFAULT))
                .build());
        fields.add(Field.named(Settings.ON_REMOVE, "On remove")
                .help(
                        "keep: the records stay until the next server writes its own, so that no client remembers that the"
                                + " name does not exist. delete: they go.")
                .choices(List.of(Settings.KEEP, Settings.DELETE))
                .defaultValue(Settings.KEEP)
                .build());
        return fields;
    }

    private static List<Field> addressFields() {
        return List.of(
                Field.named(Settings.ADDRESS, "IP addresses")
                        .help(
                                "What the name means while in service on this server; IPv4 and IPv6, separated by blanks.")
                        .scope(Field.Scope.SERVER)
                        .required()
                        .build(),
                Field.named(Settings.TRANSLATED, "Addresses are translated")
                        .help("yes: no interface of this server has them, because a router in front translates them.")
                        .kind(Field.Kind.YES_NO)
                        .scope(Field.Scope.SERVER)
                        .defaultValue("no")
                        .build(),
                Field.named(Settings.REVERSE, "PTR records")
                        .help("Whether the addresses point back to the name.")
                        .kind(Field.Kind.YES_NO)
                        .defaultValue("yes")
                        .build());
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public List<Field> form(FormContext context) {
        return fields(Settings.ALIAS.equals(context.answers().get(Settings.KIND)));
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
        try {
            Settings settings = Settings.of(resource.properties());
            String id = settings.ownerText();
            Optional<ResourceInfo> other = context.resources().stream()
                    .filter(one -> one.type().equals(TYPE)
                            && !one.tag().equals(resource.tag())
                            && one.id().equalsIgnoreCase(id))
                    .findFirst();
            if (other.isPresent()) {
                return Creation.exists("name: " + id + " is already kept by resource "
                        + other.get().tag() + ": use that one");
            }
            refuseForeignAddresses(context, settings);
            Publisher publisher = new Publisher(context, settings);
            Optional<Scene> scene = publisher.look();
            if (scene.isEmpty()) {
                return Creation.refused("servers: no name server answers for " + id + ": " + publisher.whySilent());
            }
            Optional<String> refusal = publisher.refusal(scene.get());
            if (refusal.isPresent()) {
                return Creation.refused("no name server accepts updates of zone "
                        + scene.get().zone().name().toString(true) + ": " + refusal.get()
                        + "; check keyFile and the zone's update policy");
            }
            Creation creation = Creation.of(id, new LinkedHashMap<>(resource.properties()))
                    .withSuggestedTag("dns-" + resource.property(Settings.NAME, ""));
            if (settings.keyFile().isEmpty()) {
                creation = creation.withRemark("updates are not signed: whoever can send from this server's address can"
                        + " change the zone; set keyFile to a TSIG key");
            }
            return occupied(creation, publisher, scene.get(), settings);
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
    }

    private static Creation occupied(Creation creation, Publisher publisher, Scene scene, Settings settings) {
        try {
            Set<String> now = publisher.meaning(scene.servers().get(0));
            return now.isEmpty() || publisher.holds(scene.servers().get(0))
                    ? creation
                    : creation.withRemark(
                            settings.ownerText() + " is now " + String.join(", ", now) + ": a restore replaces that");
        } catch (IOException e) {
            return creation.withRemark(
                    "what " + settings.ownerText() + " is now could not be asked: " + e.getMessage());
        }
    }

    /** The address of another server, taken over from the template, is the usual mistake of an extend (ADM-245). */
    private static void refuseForeignAddresses(CreateContext context, Settings settings) {
        if (context.resource().property(Settings.TRANSLATED, "no").equals("yes")) {
            return;
        }
        List<InetAddress> own = context.host().network().interfaces().stream()
                .flatMap(one -> one.addresses().stream())
                .map(has -> has.address())
                .toList();
        for (InetAddress address : settings.addresses()) {
            if (!own.contains(address) && !address.isLoopbackAddress()) {
                throw new IllegalArgumentException("address " + address.getHostAddress() + " is on no interface of "
                        + context.resource().server()
                        + ": give the address of this server, or set translated=yes if a router translates it");
            }
        }
    }

    /** Work of an action on settings that could be read. */
    private interface Work {
        Outcome on(Settings settings) throws IOException;
    }

    private static Outcome guarded(ActionContext context, Work work) {
        try {
            return work.on(Settings.of(context.resource().properties()));
        } catch (IllegalArgumentException | IOException e) {
            return Outcome.failed(String.valueOf(e.getMessage()));
        }
    }

    /** Says that this server keeps the name; the records themselves also stay after a remove. */
    private Path marker(ActionContext context) {
        return home.resolve("data/kit.dns")
                .resolve(URLEncoder.encode(context.resource().id(), StandardCharsets.UTF_8) + ".published");
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(context, settings -> {
            Outcome published = new Publisher(context, settings).publish();
            if (published.succeeded() && !context.cancelled()) {
                Files.createDirectories(marker(context).toAbsolutePath().getParent());
                Files.writeString(marker(context), settings.value() + "\n");
            }
            return published;
        });
    }

    /**
     * Held up by name servers for a few seconds at most and never failed by them: whatever stays in the DNS is overwritten by
     * the next server's restore.
     */
    @Override
    public Outcome remove(ActionContext context) {
        return guarded(context, settings -> {
            boolean published = Files.exists(marker(context));
            Files.deleteIfExists(marker(context));
            if (settings.deleteOnRemove() && published) {
                withdraw(context, settings);
            }
            return Outcome.success("this server no longer keeps " + settings.ownerText());
        });
    }

    private void withdraw(ActionContext context, Settings settings) {
        try {
            new Publisher(context, settings, withdrawWithin).withdraw();
        } catch (IllegalArgumentException e) {
            // the key is gone or cannot be read
            context.progress("warning: the records of " + settings.ownerText() + " stay: " + e.getMessage());
        }
    }

    @Override
    public Outcome recover(ActionContext context) {
        return restore(context);
    }

    @Override
    public Probe probe(ActionContext context) {
        if (!Files.exists(marker(context))) {
            return Probe.stopped("this server does not keep the name");
        }
        try {
            Settings settings = Settings.of(context.resource().properties());
            Publisher publisher = new Publisher(context, settings);
            Optional<Scene> scene = publisher.look();
            if (scene.isEmpty()) {
                return Probe.unknown("no name server answers: " + publisher.whySilent());
            }
            Set<String> now = publisher.meaning(scene.get().servers().get(0));
            return publisher.holds(scene.get().servers().get(0))
                    ? Probe.running(settings.ownerText() + " is " + settings.value())
                    : Probe.stopped(
                            settings.ownerText() + " is " + (now.isEmpty() ? "unknown" : String.join(", ", now)));
        } catch (IOException | IllegalArgumentException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    /** Asks the first name server that answers; that none does is for the deep check to judge. */
    @Override
    public Outcome quickCheck(ActionContext context) {
        Probe probe = probe(context);
        return switch (probe.state()) {
            case RUNNING -> Outcome.success(probe.message());
            case UNKNOWN -> Outcome.success("not checked: " + probe.message());
            case STOPPED, PARTIAL -> Outcome.failed(probe.message());
        };
    }

    @Override
    public Outcome deepCheck(ActionContext context) {
        return guarded(
                context,
                settings -> Files.exists(marker(context))
                        ? new Publisher(context, settings).check()
                        : Outcome.failed("this server does not keep " + settings.ownerText()));
    }

    @Override
    public Outcome validate(ActionContext context) {
        return guarded(context, settings -> {
            if (!context.resource().id().equalsIgnoreCase(settings.ownerText())) {
                return Outcome.failed("name " + settings.ownerText() + " cannot replace "
                        + context.resource().id() + ": create a resource for it and delete this one");
            }
            Publisher publisher = new Publisher(context, settings);
            Optional<Scene> scene = publisher.look();
            if (scene.isEmpty()) {
                return Outcome.failed(
                        "servers: no name server answers for " + settings.ownerText() + ": " + publisher.whySilent());
            }
            return publisher
                    .refusal(scene.get())
                    .map(why -> Outcome.failed("no name server accepts updates: " + why))
                    .orElseGet(() -> Outcome.success("updates of " + settings.ownerText() + " are accepted"));
        });
    }

    @Override
    public Outcome delete(ActionContext context) {
        return guarded(context, settings -> {
            Files.deleteIfExists(marker(context));
            return Outcome.success("the records of " + settings.ownerText() + " are left as they are");
        });
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return delete(context);
    }
}

package org.mainstay.kit.share.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * A list of Samba shares that follow the volume they are on (ADM-140 to ADM-146, OPS-070 to OPS-072). A share is defined with
 * Samba's own tools beforehand, in its registry; in service it is available, elsewhere not.
 */
@Component(service = RecoveryKit.class)
public final class SambaShareKit implements RecoveryKit {
    static final String TYPE = "volshare";
    static final String SHARES = "shares";
    static final String CONFIGURATION = "config";
    static final String RECONCILE = "reconcile";
    static final String LIST = "list";

    private static final String STANDARD = "/etc/samba/smb.conf";

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("comm", TYPE, "1.0.0", "File Share List")
            .fields(List.of(
                    Field.named(SHARES, "Shares")
                            .help(
                                    "Names of Samba shares on one protected volume, separated by commas. Later changes: run"
                                            + " the action reconcile.")
                            .required()
                            .build(),
                    Field.named(CONFIGURATION, "Samba configuration")
                            .help("It must hold 'include = registry' or 'registry shares = yes'.")
                            .kind(Field.Kind.PATH)
                            .scope(Field.Scope.SERVER)
                            .defaultValue(STANDARD)
                            .build()))
            .extraActions(RECONCILE, LIST)
            .timeLimit(Action.RESTORE, Duration.ofSeconds(300))
            .timeLimit(Action.REMOVE, Duration.ofSeconds(300))
            .timeLimit(Action.RECOVER, Duration.ofSeconds(300))
            .localRecovery(true)
            .build();

    private final Path home;
    private final String programs;

    /** The service's working directory is the installation. */
    @Activate
    public SambaShareKit() {
        this(Path.of(""));
    }

    /** @param home the installation */
    SambaShareKit(Path home) {
        this(home, "");
    }

    /**
     * @param home the installation
     * @param programs folder of Samba's programs with a slash at its end; empty: they are found in the PATH
     */
    SambaShareKit(Path home, String programs) {
        this.home = home;
        this.programs = programs;
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    /** The shares that can be chosen are in the help of their field. */
    @Override
    public List<Field> form(FormContext context) {
        List<Path> mounts = Definitions.mounts(context.resources());
        List<Field> fields = new ArrayList<>(DESCRIPTOR.fields());
        try {
            List<Share> eligible = new Samba(
                            context.host(), context.answers().getOrDefault(CONFIGURATION, STANDARD), programs)
                    .shares().stream()
                            .filter(share -> under(mounts, share).isPresent())
                            .toList();
            fields.set(
                    0,
                    Field.named(SHARES, "Shares")
                            .help("Names separated by commas. On protected volumes are: " + Samba.names(eligible) + ".")
                            .required()
                            .build());
        } catch (IOException e) {
            // Samba is not there: create says so when all answers are there
            return fields;
        }
        return fields;
    }

    private static Optional<Path> under(List<Path> mounts, Share share) {
        return mounts.stream()
                .filter(mount ->
                        share.path().filter(path -> path.startsWith(mount)).isPresent())
                .max(java.util.Comparator.comparingInt(Path::getNameCount));
    }

    private Samba samba(ActionContext context) {
        return new Samba(context.host(), context.resource().property(CONFIGURATION, STANDARD), programs);
    }

    static List<String> named(ResourceInfo resource) {
        List<String> names = new ArrayList<>();
        for (String name : resource.property(SHARES, "").split(",")) {
            if (!name.isBlank()) {
                names.add(name.strip());
            }
        }
        return names;
    }

    @Override
    public Creation create(CreateContext context) {
        ResourceInfo resource = context.resource();
        try {
            List<Share> all = samba(context).shares();
            List<ResourceInfo> volumes = context.resources().stream()
                    .filter(one -> !Definitions.mounts(List.of(one)).isEmpty())
                    .toList();
            Path volume = null;
            for (String name : named(resource)) {
                Share share = Share.find(all, name)
                        .orElseThrow(() -> new IllegalArgumentException("shares: Samba's registry has no share '" + name
                                + "', only " + Samba.names(all) + "; define it with net conf addshare"));
                Path mount = under(Definitions.mounts(volumes), share)
                        .orElseThrow(() -> new IllegalArgumentException("shares: '" + name + "' is "
                                + share.path().map(Path::toString).orElse("no path")
                                + ", which is on no protected volume: create a resource for its volume first"));
                refuseExposed(share, mount);
                refuseMissing(share);
                refuseProtected(context, name);
                if (volume != null && !volume.equals(mount)) {
                    throw new IllegalArgumentException("shares: '" + name + "' is on " + mount + " and others are on "
                            + volume + ": create one resource for each volume");
                }
                volume = mount;
            }
            if (volume == null) {
                throw new IllegalArgumentException("shares is empty: name at least one");
            }
            return created(context, volumes, volume);
        } catch (IllegalArgumentException | IOException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    private static Creation created(CreateContext context, List<ResourceInfo> volumes, Path volume) {
        Map<String, String> properties = new LinkedHashMap<>(context.resource().properties());
        properties.putIfAbsent(CONFIGURATION, STANDARD);
        String tag = context.resource().tag().isEmpty()
                ? freeTag(context)
                : context.resource().tag();
        Creation creation = Creation.of(tag, properties).withSuggestedTag(tag);
        for (ResourceInfo one : volumes) {
            if (Definitions.mounts(List.of(one)).contains(volume)) {
                creation = creation.withChild(one.tag());
            }
        }
        return creation;
    }

    private static boolean exposed(Share share, Path mount) {
        return share.path().filter(path -> Definitions.exposed(path, mount)).isPresent();
    }

    private static void refuseExposed(Share share, Path mount) {
        if (exposed(share, mount)) {
            throw new IllegalArgumentException("shares: '" + share.name() + "' is the mount point " + mount
                    + " itself, where Mainstay keeps the definitions of shares: make a folder below and share that");
        }
    }

    private static void refuseMissing(Share share) {
        Path path = share.path().orElseThrow();
        if (!Files.isDirectory(path)) {
            throw new IllegalArgumentException("shares: '" + share.name() + "' is " + path
                    + ", which is no directory: make it, or delete the share");
        }
    }

    private static void refuseProtected(CreateContext context, String name) {
        for (ResourceInfo other : context.resources()) {
            if (other.type().equals(TYPE)
                    && !other.tag().equals(context.resource().tag())
                    && named(other).stream().anyMatch(name::equalsIgnoreCase)) {
                throw new IllegalArgumentException(
                        "shares: '" + name + "' is already protected by resource " + other.tag() + ": leave it out");
            }
        }
    }

    /** Proposes FSList.0, FSList.1, ... (ADM-146). */
    private static String freeTag(CreateContext context) {
        for (int number = 0; ; number++) {
            String tag = "FSList." + number;
            if (context.resources().stream().noneMatch(other -> other.tag().equals(tag))) {
                return tag;
            }
        }
    }

    /** A share of the same name there must be the same directory (ADM-141). */
    @Override
    public Creation extend(CreateContext context) {
        try {
            List<Share> there = samba(context).shares();
            for (String name : named(context.resource())) {
                Optional<Share> same = Share.find(there, name);
                List<Path> mounts = Definitions.mounts(context.resources());
                if (same.isPresent() && under(mounts, same.get()).isEmpty()) {
                    return Creation.refused("shares: '" + name + "' is another directory on "
                            + context.resource().server() + ", "
                            + same.get().path().map(Path::toString).orElse("without a path")
                            + ": rename one of the two");
                }
            }
            return Creation.of(context.resource().id(), context.resource().properties());
        } catch (IOException e) {
            return Creation.refused(String.valueOf(e.getMessage()));
        }
    }

    /** Work of an action that asks Samba. */
    private interface Work {
        Outcome run(Samba samba, Definitions definitions) throws IOException;
    }

    private Outcome guarded(ActionContext context, Work work) {
        try {
            return work.run(samba(context), new Definitions(context, home));
        } catch (IOException e) {
            return Outcome.failed(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(context, (samba, definitions) -> {
            List<Share> shares = new ArrayList<>();
            for (Share share : definitions.shares(samba)) {
                shares.add(definitions.read().isPresent() ? share : samba.withPermissions(share));
            }
            if (shares.isEmpty()) {
                return Outcome.failed("no definition of " + context.resource().property(SHARES, "")
                        + " was found on the volume or in Samba's registry: define the shares and run reconcile");
            }
            if (!samba.serverRuns()) {
                return Outcome.failed("smbd does not run on this server: start it and let the system start it at boot");
            }
            List<Share> now = samba.shares();
            for (Share share : shares) {
                if (share.path().filter(Files::isDirectory).isEmpty()) {
                    return Outcome.failed("share " + share.name() + ": "
                            + share.path().map(Path::toString).orElse("its path")
                            + " is no directory: make it, or delete"
                            + " the share and run reconcile");
                }
                Optional<Share> there = Share.find(now, share.name()).filter(Share::available);
                if (there.isEmpty() || !samba.withPermissions(there.get()).sameAs(share)) {
                    Outcome offered = samba.offer(share);
                    if (!offered.succeeded()) {
                        return offered;
                    }
                }
            }
            definitions.keepUp(shares);
            return Outcome.success("shares " + Samba.names(shares) + " are offered");
        });
    }

    /**
     * What administrators changed at the shares while they were in service here travels on with the volume, if it can be written to:
     * one that is full, read-only or broken is a reason to leave.
     */
    @Override
    public Outcome remove(ActionContext context) {
        return guarded(context, (samba, definitions) -> {
            List<Share> now = samba.shares();
            List<Share> before = definitions.sharesToClose(samba);
            definitions.keep(samba, now);
            for (Share share : before) {
                Optional<Share> there = Share.find(now, share.name());
                if (there.isPresent()) {
                    Outcome closed = samba.withdraw(there.get(), context);
                    if (!closed.succeeded()) {
                        return closed;
                    }
                }
            }
            return Outcome.success("shares " + Samba.names(before) + " are closed");
        });
    }

    @Override
    public Probe probe(ActionContext context) {
        try {
            Samba samba = samba(context);
            List<Share> shares = new Definitions(context, home).shares(samba);
            List<Share> now = samba.shares();
            List<Share> open = shares.stream()
                    .filter(share -> Share.find(now, share.name())
                            .filter(Share::available)
                            .isPresent())
                    .toList();
            if (open.isEmpty()) {
                for (Share share : shares) {
                    List<Samba.Connection> left = samba.connections(share);
                    if (!left.isEmpty()) {
                        return Probe.partial("share " + share.name() + " is closed, but clients are in it: " + left);
                    }
                }
                return Probe.stopped("none of " + context.resource().property(SHARES, "") + " is offered");
            }
            return missing(samba, shares, open)
                    .map(Probe::partial)
                    .orElseGet(() -> Probe.running("shares " + Samba.names(open) + " are offered"));
        } catch (IOException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    private static Optional<String> missing(Samba samba, List<Share> shares, List<Share> open) {
        if (open.size() < shares.size()) {
            return Optional.of("of " + Samba.names(shares) + " only " + Samba.names(open) + " are offered");
        }
        List<Share> without = open.stream()
                .filter(share -> share.path().filter(Files::isDirectory).isEmpty())
                .toList();
        if (!without.isEmpty()) {
            return Optional.of("the directories of " + Samba.names(without) + " are missing");
        }
        return samba.serverRuns()
                ? Optional.empty()
                : Optional.of(Samba.names(open) + " should be offered, but smbd does not run on this server, or hangs");
    }

    /** Asks smbd for each share, as a client would. */
    @Override
    public Outcome deepCheck(ActionContext context) {
        Outcome quick = quickCheck(context);
        if (!quick.succeeded()) {
            return quick;
        }
        return guarded(context, (samba, definitions) -> {
            for (Share share : definitions.shares(samba)) {
                Optional<String> why = samba.unreachable(share);
                if (why.isPresent()) {
                    return Outcome.failed("share " + share.name() + " does not answer: " + why.get());
                }
            }
            return quick;
        });
    }

    /** Clients are not disturbed by a repair: what is missing is offered again. */
    @Override
    public Outcome recover(ActionContext context) {
        return restore(context);
    }

    @Override
    public Outcome validate(ActionContext context) {
        return guarded(context, (samba, definitions) -> {
            samba.shares();
            return Outcome.success("Samba's registry can be read");
        });
    }

    @Override
    public Outcome delete(ActionContext context) {
        return guarded(context, (samba, definitions) -> {
            definitions.delete(true);
            return Outcome.success("the shares are left as they are");
        });
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return guarded(context, (samba, definitions) -> {
            definitions.delete(false);
            return Outcome.success("the shares are left as they are");
        });
    }

    @Override
    public Outcome perform(String name, List<String> arguments, ActionContext context) {
        if (name.equals(LIST)) {
            return guarded(
                    context,
                    (samba, definitions) -> Outcome.success("protected: " + Samba.names(definitions.shares(samba))));
        }
        if (name.equals(RECONCILE)) {
            return guarded(context, (samba, definitions) -> reconcile(context, samba, definitions));
        }
        return RecoveryKit.super.perform(name, arguments, context);
    }

    /** Makes the list what is defined on the volume now (OPS-071, OPS-072). */
    private static Outcome reconcile(ActionContext context, Samba samba, Definitions definitions) throws IOException {
        if (!context.resource().inService()) {
            return Outcome.failed("the resource is not in service on this server: bring it into service first");
        }
        List<Share> others = definitions.ofOthers();
        List<Share> before = definitions.shares(samba);
        List<Share> after = new ArrayList<>();
        for (Share share : samba.shares()) {
            boolean mine = Share.find(before, share.name()).isPresent();
            boolean eligible = share.available()
                    && under(Definitions.mounts(context.children()), share)
                            .filter(mount -> !exposed(share, mount))
                            .isPresent()
                    && Share.find(others, share.name()).isEmpty();
            if (eligible || mine && share.available()) {
                after.add(samba.withPermissions(share));
            }
        }
        if (after.isEmpty()) {
            return Outcome.failed("no share is left on the volume: delete the resource instead");
        }
        definitions.write(after);
        List<Share> added = after.stream()
                .filter(one -> Share.find(before, one.name()).isEmpty())
                .toList();
        List<Share> dropped = before.stream()
                .filter(one -> Share.find(after, one.name()).isEmpty())
                .toList();
        List<Share> changed = after.stream()
                .filter(one -> Share.find(before, one.name())
                        .filter(old -> !old.sameAs(one))
                        .isPresent())
                .toList();
        return Outcome.success("added " + Samba.names(added) + "; dropped " + Samba.names(dropped) + "; changed "
                + Samba.names(changed));
    }
}

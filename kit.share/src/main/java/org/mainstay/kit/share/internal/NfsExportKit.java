package org.mainstay.kit.share.internal;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
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
import org.mainstay.kit.ResourceInfo;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Directories of a protected volume that the kernel's NFS server exports where the volume is (ADM-140 for NFS). */
@Component(service = RecoveryKit.class)
public final class NfsExportKit implements RecoveryKit {
    static final String TYPE = "nfsexport";
    static final String EXPORTS = "exports";

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder("comm", TYPE, "1.0.0", "NFS Exports")
            .fields(List.of(Field.named(EXPORTS, "Exports")
                    .help("Directory, client and options of each, separated by semicolons:"
                            + " /srv/files/docs 10.1.0.0/16(rw,sync); /srv/files/pub *(ro). Not also in /etc/exports.")
                    .required()
                    .build()))
            .timeLimit(Action.RESTORE, Duration.ofSeconds(120))
            .timeLimit(Action.REMOVE, Duration.ofSeconds(120))
            .localRecovery(true)
            .build();

    private final String exportfs;
    private final Path control;
    private final Path home;

    /** The service's working directory is the installation. */
    @Activate
    public NfsExportKit() {
        this("exportfs", Path.of("/proc/fs/nfsd"), Path.of(""));
    }

    /**
     * @param exportfs program
     * @param control folder of the kernel's NFS server
     * @param home the installation
     */
    NfsExportKit(String exportfs, Path control, Path home) {
        this.exportfs = exportfs;
        this.control = control;
        this.home = home;
    }

    /** Says what the last restore exported here, so that a remove takes back that too. */
    private Path marker(ActionContext context) {
        return home.resolve("data/kit.share")
                .resolve(URLEncoder.encode(context.resource().id(), StandardCharsets.UTF_8) + ".exported")
                .toAbsolutePath();
    }

    private List<Export> exported(ActionContext context) throws IOException {
        try {
            return Files.exists(marker(context)) ? Export.parse(Files.readString(marker(context))) : List.of();
        } catch (IllegalArgumentException e) {
            // cut short by a crash: it is written before anything is exported
            return List.of();
        }
    }

    /** Returns the exports with those of the last restore that are no longer wanted. */
    private List<Export> withFormer(ActionContext context, List<Export> exports) throws IOException {
        List<Export> all = new ArrayList<>(exports);
        exported(context).stream().filter(one -> !exports.contains(one)).forEach(all::add);
        return all;
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    private static List<Export> exports(ResourceInfo resource) {
        return Export.parse(resource.property(EXPORTS, ""));
    }

    @Override
    public Creation create(CreateContext context) {
        try {
            List<Path> mounts = Definitions.mounts(context.resources());
            String tag = context.resource().tag().isEmpty()
                    ? freeTag(context)
                    : context.resource().tag();
            Creation creation = Creation.of(
                            tag, new LinkedHashMap<>(context.resource().properties()))
                    .withSuggestedTag(tag);
            List<String> children = new ArrayList<>();
            for (Export export : exports(context.resource())) {
                if (!Files.isDirectory(export.path())) {
                    return Creation.refused("exports: " + export.path() + " is no directory: make it first");
                }
                Optional<String> other = otherOf(context, export.path());
                if (other.isPresent()) {
                    return Creation.refused(other.get());
                }
                if (mounts.stream().noneMatch(export.path()::startsWith)) {
                    return Creation.refused("exports: " + export.path()
                            + " is on no protected volume: create a resource for its volume first");
                }
                if (mounts.stream().anyMatch(mount -> Definitions.exposed(export.path(), mount))) {
                    return Creation.refused(
                            "exports: " + export.path() + " is a mount point itself, where Mainstay keeps"
                                    + " what clients must not reach: make a folder below and export that");
                }
                for (ResourceInfo one : context.resources()) {
                    boolean holds = Definitions.mounts(List.of(one)).stream().anyMatch(export.path()::startsWith);
                    if (holds && !children.contains(one.tag())) {
                        children.add(one.tag());
                        creation = creation.withChild(one.tag());
                    }
                }
            }
            return creation;
        } catch (IllegalArgumentException e) {
            return Creation.refused(e.getMessage());
        }
    }

    /** Proposes NFS.0, NFS.1, ... as the other kits do. */
    private static String freeTag(CreateContext context) {
        for (int number = 0; ; number++) {
            String tag = "NFS." + number;
            if (context.resources().stream().noneMatch(other -> other.tag().equals(tag))) {
                return tag;
            }
        }
    }

    /** A remove takes back whatever exports a directory of the resource, so it has no other. */
    private static Optional<String> otherOf(CreateContext context, Path path) {
        for (ResourceInfo other : context.resources()) {
            if (other.type().equals(TYPE)
                    && !other.tag().equals(context.resource().tag())
                    && exports(other).stream().anyMatch(one -> one.path().equals(path))) {
                return Optional.of("exports: " + path + " is already exported by resource " + other.tag()
                        + ": add the client there");
            }
        }
        return Optional.empty();
    }

    /** Work of an action on exports that could be read. */
    private interface Work {
        Outcome on(List<Export> exports) throws IOException;
    }

    private static Outcome guarded(ActionContext context, Work work) {
        try {
            return work.on(exports(context.resource()));
        } catch (IllegalArgumentException | IOException e) {
            return Outcome.failed(String.valueOf(e.getMessage()));
        }
    }

    private CommandResult run(ActionContext context, String... arguments) {
        return context.host()
                .run(Command.of(exportfs, arguments).timeLimit(LIMIT).build());
    }

    /** A line of the table of exports. */
    private record Line(Path path, String client) {
        /** Returns how exportfs names it. */
        String target() {
            return (client.equals("<world>") ? "*" : client) + ":" + path;
        }
    }

    /** Returns all that is exported of the directories, to whomever. @throws IOException if it cannot be told */
    private List<Line> table(ActionContext context, List<Export> wanted) throws IOException {
        CommandResult table = run(context, "-s");
        if (!table.succeeded()) {
            throw new IOException("the table of exports cannot be read: " + table.summary());
        }
        List<Line> lines = new ArrayList<>();
        for (String text : table.output().split("\\R")) {
            String[] words = text.strip().split("\\s+");
            if (words.length >= 2) {
                Line line = new Line(Path.of(words[0]).normalize(), words[1].replaceAll("\\(.*", ""));
                if (wanted.stream().anyMatch(one -> one.path().equals(line.path()))) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }

    /** Returns the wanted exports among the lines; a host may be there by its canonical name, which only the resolver knows. */
    private static List<Export> present(List<Line> lines, List<Export> wanted) {
        List<Line> left = new ArrayList<>(lines);
        List<Export> present = new ArrayList<>();
        for (Export one : wanted) {
            if (left.removeIf(line -> one.isSame(line.path(), line.client()))) {
                present.add(one);
            }
        }
        for (Export one : wanted) {
            Optional<Line> byOtherName = left.stream()
                    .filter(line -> one.isHost() && one.path().equals(line.path()))
                    .findFirst();
            if (!present.contains(one) && byOtherName.isPresent()) {
                left.remove(byOtherName.get());
                present.add(one);
            }
        }
        return present;
    }

    private Optional<String> serverDown() throws IOException {
        Path threads = control.resolve("threads");
        boolean runs = Files.isReadable(threads)
                && !Files.readString(threads, StandardCharsets.US_ASCII).strip().equals("0");
        return runs
                ? Optional.empty()
                : Optional.of(
                        "the NFS server does not run on this server: start it (systemctl enable --now nfs-server)");
    }

    @Override
    public Outcome restore(ActionContext context) {
        return guarded(context, exports -> {
            Optional<String> down = serverDown();
            if (down.isPresent()) {
                return Outcome.failed(down.get());
            }
            for (Export former : withFormer(context, exports)) {
                boolean wanted = exports.stream().anyMatch(one -> one.isSame(former.path(), former.client()));
                if (!wanted) {
                    run(context, "-u", former.target());
                }
            }
            Files.createDirectories(marker(context).getParent());
            Path next = marker(context).resolveSibling(marker(context).getFileName() + ".new");
            Files.writeString(next, context.resource().property(EXPORTS, ""));
            Files.move(next, marker(context), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            // again where it is exported already: its options may have changed
            for (Export export : exports) {
                CommandResult result = run(context, "-o", export.optionsWithIdentity(), export.target());
                if (!result.succeeded()) {
                    return Outcome.failed(export + " could not be exported: " + result.summary());
                }
            }
            return Outcome.success("exported: " + names(exports));
        });
    }

    private static String names(List<Export> exports) {
        return exports.stream().map(Export::toString).collect(Collectors.joining(", "));
    }

    /** Locks of clients are dropped, so that the volume can be unmounted; clients claim them again at the next server. */
    @Override
    public Outcome remove(ActionContext context) {
        return guarded(context, wanted -> {
            List<Export> exports = withFormer(context, wanted);
            // by the names we gave, then by those it is found under; only the table tells what is left
            exports.forEach(export -> run(context, "-u", export.target()));
            table(context, exports).forEach(line -> run(context, "-u", line.target()));
            run(context, "-f");
            Path unlock = control.resolve("unlock_filesystem");
            for (Export export : exports) {
                if (Files.isWritable(unlock) && Files.isDirectory(export.path())) {
                    Files.writeString(unlock, export.path() + "\n");
                }
            }
            List<Line> left = table(context, exports);
            if (left.isEmpty()) {
                Files.deleteIfExists(marker(context));
            }
            return left.isEmpty()
                    ? Outcome.success("no longer exported: " + names(exports))
                    : Outcome.failed("still exported: "
                            + left.stream().map(Line::target).collect(Collectors.joining(", "))
                            + ": take it out of /etc/exports and run exportfs -u for it");
        });
    }

    @Override
    public Probe probe(ActionContext context) {
        try {
            List<Export> wanted = exports(context.resource());
            List<Line> lines = table(context, withFormer(context, wanted));
            if (lines.isEmpty()) {
                return Probe.stopped("nothing of it is exported");
            }
            List<Export> present = present(lines, wanted);
            Optional<String> down = serverDown();
            if (present.size() < wanted.size() || down.isPresent()) {
                return Probe.partial(down.orElse("only exported: " + names(present)));
            }
            return Probe.running("exported: " + names(present));
        } catch (IOException | IllegalArgumentException e) {
            return Probe.unknown(String.valueOf(e.getMessage()));
        }
    }

    /** Clients are not disturbed by a repair. */
    @Override
    public Outcome recover(ActionContext context) {
        return restore(context);
    }

    @Override
    public Outcome delete(ActionContext context) {
        return guarded(context, exports -> {
            Files.deleteIfExists(marker(context));
            return Outcome.success("nothing is left");
        });
    }

    @Override
    public Outcome unextend(ActionContext context) {
        return delete(context);
    }

    @Override
    public Outcome validate(ActionContext context) {
        return guarded(context, exports -> {
            Map<String, String> options = new LinkedHashMap<>();
            exports.forEach(export -> options.put(export.target(), export.optionsWithIdentity()));
            List<Export> exported = exported(context);
            if (context.resource().inService() && !exported.isEmpty() && !exported.equals(exports)) {
                return Outcome.failed(
                        "exports: they are in service as they were: take the resource out of service first");
            }
            return options.size() == exports.size()
                    ? Outcome.success("the exports can be read: " + names(exports))
                    : Outcome.failed("exports: one directory is exported to the same client twice");
        });
    }
}

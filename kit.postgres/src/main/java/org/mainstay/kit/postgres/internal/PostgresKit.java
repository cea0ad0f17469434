package org.mainstay.kit.postgres.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
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
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * Protects one PostgreSQL database cluster: one data directory on a protected volume, served by one postmaster (PG-001).
 *
 * <p>The server runs as the owner of the data directory, in the instance's control group. A server that runs already when the
 * resource is created is adopted. The administrator's password is never asked for or stored (PG-099).
 */
@Component(service = RecoveryKit.class)
public final class PostgresKit implements RecoveryKit {
    private static final int CONNECT_MILLIS = 3000;

    private static final KitDescriptor DESCRIPTOR = KitDescriptor.builder(
                    "database", "postgres", "1.0.0", "PostgreSQL Server")
            .fields(List.of(
                    Field.named(Settings.DATA_DIRECTORY, "PostgreSQL Data Directory")
                            .help("Existing data directory on a protected volume.")
                            .kind(Field.Kind.PATH)
                            .required()
                            .build(),
                    Field.named(Settings.PORT, "PostgreSQL Port")
                            .help("TCP port of the server; default: that of the running server, else 5432.")
                            .integer(1, 65535)
                            .build(),
                    Field.named(Settings.BIN_DIRECTORY, "PostgreSQL Executable Location")
                            .help(
                                    "Directory with postgres and pg_ctl (and psql where there is one) of the version that made "
                                            + "the data directory.")
                            .kind(Field.Kind.PATH)
                            .scope(Field.Scope.SERVER)
                            .build(),
                    Field.named(Settings.ADMINISTRATOR, "Database Administrator User")
                            .help(
                                    "Role that can connect to template1 without a prompt; default: owner of the data directory.")
                            .build(),
                    Field.named(Settings.PASSWORD_FILE, "Password File")
                            .help("Password file for the administrator, where trust or peer is not configured.")
                            .kind(Field.Kind.PATH)
                            .scope(Field.Scope.SERVER)
                            .build(),
                    Field.named(Settings.SOCKET_DIRECTORY, "Socket Directory")
                            .help("Directory of the server's Unix socket; default: as postgresql.conf says.")
                            .kind(Field.Kind.PATH)
                            .build()))
            .timeLimit(Action.RESTORE, Duration.ofHours(1))
            // checkpoint, fast stop and the hard ways take less unless LKPGSQL_STOP_RETRIES is raised
            .timeLimit(Action.REMOVE, Duration.ofMinutes(10))
            .timeLimit(Action.RECOVER, Duration.ofHours(1))
            .localRecovery(true)
            .build();

    private final Duration retry;

    @Activate
    public PostgresKit() {
        this(Server.RETRY);
    }

    /** @param retry what one retry of the tunables stands for */
    PostgresKit(Duration retry) {
        this.retry = retry;
    }

    private Server server(ActionContext context) {
        return new Server(context, retry);
    }

    @Override
    public KitDescriptor descriptor() {
        return DESCRIPTOR;
    }

    @Override
    public Creation create(CreateContext context) {
        ResourceInfo resource = context.resource();
        Optional<String> unusable = new Settings(resource).unusablePath();
        if (unusable.isPresent()) {
            return Creation.refused(unusable.get());
        }
        Path data = Path.of(resource.property(Settings.DATA_DIRECTORY, ""));
        String version;
        try {
            if (!Files.isDirectory(data)) {
                return Creation.refused("datadir=" + data + ": there is no such directory on " + resource.server()
                        + "; is its volume in service here?");
            }
            version = Settings.versionOf(data);
        } catch (IOException e) {
            return Creation.refused(
                    "datadir=" + data + " is not a PostgreSQL data directory (PG_VERSION cannot be read: "
                            + e.getMessage() + "); make one with initdb or name another");
        }
        if (!Files.isRegularFile(data.resolve("postgresql.conf"))) {
            // It would run on until the first switchover, and start nowhere then.
            return Creation.refused("datadir=" + data + " has no postgresql.conf, so the server could be started on no "
                    + "server of the cluster from its data directory alone. Debian's pg_createcluster keeps it in "
                    + "/etc/postgresql: copy postgresql.conf, pg_hba.conf and pg_ident.conf into the data directory, take "
                    + "data_directory, hba_file and ident_file out of the first, and disable the package's own service; or "
                    + "make the data directory with initdb");
        }
        Optional<ResourceInfo> volume = volumeBelow(data, context.resources());
        if (volume.isEmpty()) {
            return Creation.refused("datadir=" + data + " is not on a protected volume; create a volume resource whose "
                    + "mount point holds it first: mainstay resource create volume --set device=... --set mount=...");
        }
        Map<String, String> properties = new LinkedHashMap<>(resource.properties());
        properties.put(Settings.VERSION, version);
        properties.put(Settings.OWNER, context.host().processes().owner(data));
        Optional<String> refusal = refuse(context, properties, data, version);
        if (refusal.isPresent()) {
            return Creation.refused(refusal.get());
        }
        String port = properties.get(Settings.PORT);
        Optional<ResourceInfo> rival = context.resources().stream()
                .filter(other -> other.type().equals("postgres"))
                .filter(other -> other.property(Settings.PORT, "").equals(port))
                .findFirst();
        if (rival.isPresent()) {
            return Creation.exists("port=" + port + " is already used by resource "
                    + rival.get().tag() + "; several database clusters on one server need different ports");
        }
        Creation creation = Creation.of(port, properties)
                .withSuggestedTag("pgsql-" + port)
                .withChild(volume.get().tag());
        if (!Files.isExecutable(Path.of(properties.get(Settings.BIN_DIRECTORY), "psql"))) {
            creation = creation.withRemark("there is no psql in " + properties.get(Settings.BIN_DIRECTORY)
                    + ": checks connect over TCP, so pg_hba.conf must let the administrator in from this machine by trust, "
                    + "or with " + Settings.PASSWORD_FILE + "=");
        }
        return creation.withRemark(
                "clients reach it through an address that moves along: create an ip resource and make it a child "
                        + "of this one");
    }

    /** Completes the properties from what is found on the machine, or says why they cannot be used. */
    private static Optional<String> refuse(
            CreateContext context, Map<String, String> properties, Path data, String version) {
        String owner = properties.get(Settings.OWNER);
        if (owner.equals("root")) {
            return Optional.of(
                    "datadir=" + data + " belongs to root, as whom PostgreSQL does not run; give it to the user the "
                            + "server shall run as: chown -R postgres " + data);
        }
        Path programs = Optional.ofNullable(properties.get(Settings.BIN_DIRECTORY))
                .filter(given -> !given.isEmpty())
                .map(Path::of)
                .or(() -> Settings.findPrograms(version))
                .orElse(null);
        if (programs == null) {
            return Optional.of("the programs of PostgreSQL " + version
                    + " were not found; name their directory with --set " + Settings.BIN_DIRECTORY + "=");
        }
        Optional<String> unusable = Settings.unusablePrograms(context, programs, version);
        if (unusable.isPresent()) {
            return unusable;
        }
        properties.put(Settings.BIN_DIRECTORY, programs.toString());
        return refusePort(context, properties, data);
    }

    private static Optional<String> refusePort(CreateContext context, Map<String, String> properties, Path data) {
        Optional<PostmasterFile> running;
        try {
            running = new Server(context).running();
        } catch (IOException e) {
            return Optional.of("datadir=" + data + ": " + e.getMessage());
        }
        String given = properties.getOrDefault(Settings.PORT, "");
        if (running.isPresent() && running.get().port() > 0) {
            String actual = String.valueOf(running.get().port());
            if (!given.isEmpty() && !given.equals(actual)) {
                return Optional.of("port=" + given + ": the running server listens on " + actual
                        + "; give that port, or stop the server first");
            }
            properties.put(Settings.PORT, actual);
            return Optional.empty();
        }
        String port = given.isEmpty() ? "5432" : given;
        properties.put(Settings.PORT, port);
        if (accepts("127.0.0.1", Integer.parseInt(port))) {
            return Optional.of(
                    "port=" + port + ": another program listens on this port; stop it or choose another port");
        }
        return Optional.empty();
    }

    /** Returns the volume whose mount point is the nearest above the directory (PG-050, PG-054). */
    private static Optional<ResourceInfo> volumeBelow(Path data, List<ResourceInfo> resources) {
        Path real = real(data);
        return resources.stream()
                .filter(resource -> resource.type().equals("volume"))
                .filter(resource -> !resource.property("mount", "").isEmpty())
                .filter(resource -> real.startsWith(real(Path.of(resource.property("mount", "")))))
                .max(java.util.Comparator.comparingInt(
                        resource -> Path.of(resource.property("mount", "")).getNameCount()));
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            // not there (yet): compare as written
            return path.normalize();
        }
    }

    @Override
    public Creation extend(CreateContext context) {
        ResourceInfo resource = context.resource();
        Optional<String> unusablePath = new Settings(resource).unusablePath();
        if (unusablePath.isPresent()) {
            return Creation.refused(unusablePath.get());
        }
        String version = resource.property(Settings.VERSION, "");
        Path programs = Optional.of(resource.property(Settings.BIN_DIRECTORY, ""))
                .filter(given -> !given.isEmpty() && Files.isDirectory(Path.of(given)))
                .map(Path::of)
                .or(() -> Settings.findPrograms(version))
                .orElse(null);
        if (programs == null) {
            return Creation.refused("the programs of PostgreSQL " + version + " were not found on " + resource.server()
                    + "; install them, or name their directory with --set " + resource.tag() + "."
                    + Settings.BIN_DIRECTORY
                    + "=");
        }
        Optional<String> unusable = Settings.unusablePrograms(context, programs, version);
        if (unusable.isPresent()) {
            return Creation.refused(unusable.get());
        }
        String owner = new Settings(resource).owner();
        if (!context.host().processes().userExists(owner)) {
            return Creation.refused("there is no user '" + owner + "' on " + resource.server()
                    + "; create it with the same user id as on the other servers");
        }
        return Creation.of(resource.id(), resource.properties())
                .withProperty(Settings.BIN_DIRECTORY, programs.toString());
    }

    /** The identity of a resource stays, and a server that runs is never left without the resource that serves it. */
    @Override
    public Outcome validate(ActionContext context) {
        ResourceInfo resource = context.resource();
        Optional<String> unusable = new Settings(resource).unusablePath();
        if (unusable.isPresent()) {
            return Outcome.failed(unusable.get());
        }
        String port = resource.property(Settings.PORT, "5432");
        if (!port.equals(resource.id())) {
            return Outcome.failed("port=" + port + " cannot replace " + resource.id()
                    + ": create a resource for it and delete this one");
        }
        Path data = new Settings(resource).dataDirectory();
        try {
            boolean runsElsewhere = resource.inService()
                    && server(context).running().isEmpty()
                    && (!context.host().processes().inService().isEmpty()
                            || accepts("127.0.0.1", Integer.parseInt(port)));
            return runsElsewhere
                    ? Outcome.failed("datadir=" + data + ": the server that runs is not on it: take the resource out of"
                            + " service first")
                    : Outcome.success("port and paths can be used");
        } catch (IOException e) {
            return Outcome.failed("datadir=" + data + ": " + e.getMessage());
        }
    }

    @Override
    public Outcome restore(ActionContext context) {
        return server(context).start();
    }

    @Override
    public Outcome remove(ActionContext context) {
        Server server = server(context);
        if (server.probe().state() == Probe.State.RUNNING) {
            server.checkpoint();
        }
        return server.stop();
    }

    @Override
    public Outcome recover(ActionContext context) {
        Server server = server(context);
        Outcome stopped = server.stop();
        return stopped.succeeded() ? server.start() : stopped;
    }

    @Override
    public Probe probe(ActionContext context) {
        return server(context).probe();
    }

    /** The postmaster runs, is ready and accepts connections on its port. */
    @Override
    public Outcome quickCheck(ActionContext context) {
        Server server = server(context);
        Probe probe = server.probe();
        if (probe.state() != Probe.State.RUNNING) {
            return Outcome.failed(probe.message());
        }
        try {
            Optional<PostmasterFile> file = server.running();
            if (file.isPresent() && !file.get().listenAddress().isEmpty() && !listens(file.get())) {
                return Outcome.failed("PostgreSQL does not accept connections on port "
                        + file.get().port());
            }
        } catch (IOException e) {
            return Outcome.failed(e.getMessage());
        }
        return Outcome.success(probe.message());
    }

    private static boolean listens(PostmasterFile file) {
        String address = file.listenAddress();
        boolean any = address.equals("*") || address.equals("0.0.0.0") || address.equals("::");
        return accepts(any ? "127.0.0.1" : address, file.port());
    }

    /** A query as the administrator, and a connection through each protected address. */
    @Override
    public Outcome deepCheck(ActionContext context) {
        Outcome quick = quickCheck(context);
        if (!quick.succeeded()) {
            return quick;
        }
        Server server = server(context);
        Outcome answer = server.query("SELECT count(*) FROM pg_database");
        if (!answer.succeeded()) {
            return Outcome.failed("a query on template1 fails: " + answer.message(), answer.detail());
        }
        int port = new Settings(context.resource()).port();
        for (ResourceInfo child : context.children()) {
            String address = child.property("address", "").replaceAll("/.*", "");
            if (child.type().equals("ip") && child.inService() && !address.isEmpty() && !accepts(address, port)) {
                return Outcome.failed("PostgreSQL does not accept connections on the protected address " + address + ":"
                        + port + "; let listen_addresses cover it");
            }
        }
        return Outcome.success("PostgreSQL answers queries");
    }

    private static boolean accepts(String address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            // refused or silent: nobody serves there
            return false;
        }
    }
}

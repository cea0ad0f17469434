package org.mainstay.shell.internal.command.kit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.shell.internal.kit.KitManager;
import org.mainstay.shell.internal.kit.KitManager.Order;
import org.mainstay.shell.internal.kit.KitState;
import org.mainstay.shell.internal.registry.CommandContext;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Invocation;

/** Carries out an order on one server after the other and looks before, in between and afterwards. */
final class Rollout {
    private final Invocation invocation;
    private final KitManager kits;
    private final List<String> servers;
    private final Checks checks;

    /** @param checks what is asked of the kit's resources on each server after its turn */
    Rollout(Invocation invocation, List<String> servers, Checks checks) throws CommandException {
        this.invocation = invocation;
        this.kits = invocation.platform().kitManager();
        this.servers = servers;
        this.checks = checks;
    }

    /** Asks what a kit protects. */
    interface Checks {
        /** Returns what is wrong with resources of these types on a server, empty if nothing is. */
        String of(String server, Set<String> types) throws CommandException, InterruptedException;
    }

    /** Returns the bytes of a kit's jar, as the caller names it. */
    static byte[] read(String file, CommandContext context) throws CommandException {
        Path path = context.workingDirectory().resolve(file);
        try {
            if (Files.size(path) > Messenger.MAX_PAYLOAD / 2) {
                throw CommandException.invalid(path + " is longer than 32 MB; a kit is a small bundle");
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw CommandException.notFound("there is no file " + path);
        } catch (IOException e) {
            throw CommandException.notFound(path + " cannot be read: " + e.getMessage());
        }
    }

    /** Returns the version of a bundle on each server; servers without it are missing. */
    Map<String, String> versions(String bundle) throws CommandException, InterruptedException {
        Map<String, String> versions = new LinkedHashMap<>();
        for (String server : servers) {
            find(kits.list(server), bundle).ifPresent(kit -> versions.put(server, kit.version()));
        }
        return versions;
    }

    /** Returns a kit by its name or its bundle's. */
    static Optional<KitState> find(List<KitState> kits, String name) {
        return kits.stream()
                .filter(kit -> kit.bundle().equals(name) || kit.name().equals(name))
                .findFirst();
    }

    List<KitState> list(String server) throws CommandException, InterruptedException {
        return kits.list(server);
    }

    /**
     * Carries the order out. On all servers, each is looked at before the next one's turn: the kit's resources there are as they were, and
     * those in service pass a check; otherwise the rest keeps the version it has.
     *
     * @param name the kit's name or its bundle's, for the check afterwards
     * @return exit code
     */
    int run(Order order, String name) throws CommandException, InterruptedException {
        for (int i = 0; i < servers.size(); i++) {
            String server = servers.get(i);
            Set<String> types = new TreeSet<>(types(server, name));
            Map<String, String> before = states(server);
            String told;
            try {
                told = kits.apply(server, order);
            } catch (CommandException e) {
                throw new CommandException(e.exitCode(), e.getMessage() + soFar(i));
            }
            invocation.out().println(server + ": " + told);
            invocation.out().flush();
            types.addAll(types(server, name));
            String problem = order.change() == KitManager.Change.REMOVE ? "" : checks.of(server, types);
            if (problem.isEmpty()) {
                problem = changes(server, types, before);
            }
            if (!problem.isEmpty()) {
                throw new CommandException(ExitCode.SYSTEM_ERROR, server + ": " + problem + soFar(i + 1));
            }
        }
        return agree(name, order.change() == KitManager.Change.REMOVE);
    }

    private List<String> types(String server, String name) throws CommandException, InterruptedException {
        return find(kits.list(server), name).map(KitState::types).orElse(List.of());
    }

    /** Returns how resources of these types changed; what others did meanwhile is only told. */
    private String changes(String server, Set<String> types, Map<String, String> before) throws CommandException {
        Map<String, String> after = states(server);
        if (before.equals(after)) {
            return "";
        }
        TreeSet<String> own = new TreeSet<>();
        for (Instance instance : instances(invocation.snapshot(), server)) {
            if (types.contains(instance.typeKey())) {
                own.add(instance.tag());
            }
        }
        String all = "resources changed meanwhile: " + difference(before, after);
        before.keySet().retainAll(own);
        after.keySet().retainAll(own);
        if (!before.equals(after)) {
            return all;
        }
        invocation.err().println(server + ": " + all);
        return "";
    }

    private String soFar(int done) {
        if (servers.size() == 1) {
            return "";
        }
        String finished = String.join(", ", servers.subList(0, done));
        String rest = String.join(", ", servers.subList(done, servers.size()));
        if (done == 0) {
            return "; nothing was changed";
        }
        return rest.isEmpty()
                ? "; done on " + finished + ", which is all: 'mainstay kit upgrade' with another version replaces it"
                : "; done on " + finished + ", not on " + rest + ": repeat the command when the cause is mended";
    }

    private int agree(String name, boolean gone) throws CommandException, InterruptedException {
        Map<String, String> found = new TreeMap<>();
        for (String server : servers) {
            Optional<KitState> kit = find(kits.list(server), name);
            String what = kit.map(one -> one.usable() ? one.version() : one.version() + " (" + one.problem() + ")")
                    .orElse("-");
            found.put(server, what);
        }
        boolean equal = new TreeSet<>(found.values()).size() == 1;
        boolean wanted = found.values().stream().allMatch(version -> gone == version.equals("-"));
        if (equal && wanted) {
            return ExitCode.SUCCESS;
        }
        throw new CommandException(
                ExitCode.SYSTEM_ERROR,
                "the servers do not agree about " + name + ": "
                        + found.entrySet().stream()
                                .map(one -> one.getKey() + " " + one.getValue())
                                .collect(Collectors.joining(", ")));
    }

    private Map<String, String> states(String server) throws CommandException {
        Map<String, String> states = new TreeMap<>();
        instances(invocation.snapshot(), server).stream()
                .filter(instance -> instance.state().inService())
                .forEach(instance -> states.put(instance.tag(), instance.state().toString()));
        return states;
    }

    private static List<Instance> instances(ClusterSnapshot snapshot, String server) {
        return snapshot.lcd(server)
                .map(lcd -> List.copyOf(lcd.instances().values()))
                .orElse(List.of());
    }

    private static String difference(Map<String, String> before, Map<String, String> after) {
        TreeSet<String> tags = new TreeSet<>(before.keySet());
        tags.addAll(after.keySet());
        return tags.stream()
                .filter(tag -> !String.valueOf(before.get(tag)).equals(String.valueOf(after.get(tag))))
                .map(tag -> tag + (after.containsKey(tag) ? " is in service" : " is out of service"))
                .collect(Collectors.joining(", "));
    }

    /** Returns which resources on the servers are of these types, as {@code tag on server}. */
    List<String> protectedBy(List<String> types) throws CommandException {
        ClusterSnapshot snapshot = invocation.snapshot();
        TreeSet<String> found = new TreeSet<>();
        for (String server : servers) {
            for (Instance instance : instances(snapshot, server)) {
                if (types.contains(instance.typeKey())) {
                    found.add(instance.tag() + " on " + server);
                }
            }
        }
        return List.copyOf(found);
    }
}

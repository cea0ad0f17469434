package org.mainstay.shell.internal.command.kit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    Rollout(Invocation invocation, List<String> servers) throws CommandException {
        this.invocation = invocation;
        this.kits = invocation.platform().kitManager();
        this.servers = servers;
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
     * Carries the order out.
     *
     * @param name the kit's name or its bundle's, for the check afterwards
     * @return exit code
     */
    int run(Order order, String name) throws CommandException, InterruptedException {
        for (int i = 0; i < servers.size(); i++) {
            String server = servers.get(i);
            Map<String, String> before = states(server);
            String told;
            try {
                told = kits.apply(server, order);
            } catch (CommandException e) {
                throw new CommandException(e.exitCode(), e.getMessage() + soFar(i));
            }
            invocation.out().println(server + ": " + told);
            invocation.out().flush();
            Map<String, String> after = states(server);
            if (!before.equals(after)) {
                invocation.err().println(server + ": resources changed meanwhile: " + difference(before, after));
            }
        }
        return agree(name, order.change() == KitManager.Change.REMOVE);
    }

    private String soFar(int done) {
        if (servers.size() == 1) {
            return "";
        }
        String rest = String.join(", ", servers.subList(done, servers.size()));
        return done == 0
                ? "; nothing was changed"
                : "; done on " + String.join(", ", servers.subList(0, done)) + ", not on " + rest
                        + ": repeat the command when the cause is mended";
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

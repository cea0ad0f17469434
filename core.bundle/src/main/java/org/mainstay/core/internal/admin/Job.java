package org.mainstay.core.internal.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ClusterSnapshot;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Withdrawal;
import org.mainstay.cluster.lcd.Instance;
import org.mainstay.cluster.lcd.Lcd;
import org.mainstay.cluster.lcd.LcdChange;
import org.mainstay.cluster.lcd.LcdSection;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.node.NodeRuntime;

/** One configuration change at work, on a thread of its own that may wait. Not thread-safe. */
final class Job {
    /** Waits for the core end by its own rules; this is only against a defect. */
    private static final long CORE_LIMIT_HOURS = 24;

    private final NodeRuntime.Access node;
    private final Peers peers;
    private final String operation;
    private final Caller caller;
    private final Consumer<String> progress;
    private final Withdrawal withdrawal;
    private final List<String> remarks = new ArrayList<>();
    private final Map<String, List<LcdChange<?>>> changes = new TreeMap<>();
    private final Map<String, List<String>> tags = new TreeMap<>();

    Job(
            NodeRuntime.Access node,
            Peers peers,
            String operation,
            Caller caller,
            Consumer<String> progress,
            Withdrawal withdrawal) {
        this.node = node;
        this.peers = peers;
        this.operation = operation;
        this.caller = caller;
        this.progress = progress;
        this.withdrawal = withdrawal;
    }

    NodeRuntime.Access node() {
        return node;
    }

    Peers peers() {
        return peers;
    }

    String operation() {
        return operation;
    }

    Withdrawal withdrawal() {
        return withdrawal;
    }

    /** From now on it goes on to its end, whether anybody waits or not. @throws Refusal if it was withdrawn before */
    void begin() throws Refusal {
        if (!withdrawal.begin()) {
            throw withdrawn();
        }
    }

    /** @throws Refusal if it was withdrawn: it must not wait any longer */
    void checkWaiting() throws Refusal {
        if (withdrawal.withdrawn()) {
            throw withdrawn();
        }
    }

    static Refusal withdrawn() {
        return new Refusal(ExitCode.IN_USE, "withdrawn while it only waited; nothing was changed");
    }

    ClusterSnapshot snapshot() {
        return node.cluster().snapshot();
    }

    String self() {
        return snapshot().self();
    }

    Lcd own() {
        return snapshot().own();
    }

    /** Tells the operator who waits. */
    void tell(String line) {
        progress.accept(line);
    }

    Consumer<String> progress() {
        return progress;
    }

    /** Adds a line to the final reply. */
    void remark(String line) {
        if (!remarks.contains(line)) {
            remarks.add(line);
        }
    }

    Reply success(String message) {
        return new Reply(ExitCode.SUCCESS, message, remarks);
    }

    /** Returns an instance of this server. @throws Refusal 7, naming the servers that have it or the tags there are */
    Instance instance(String tag) throws Refusal {
        Instance instance = own().instance(tag).orElse(null);
        if (instance != null) {
            return instance;
        }
        List<String> holders = snapshot().servers().stream()
                .filter(server -> snapshot()
                        .lcd(server)
                        .filter(lcd -> lcd.instance(tag).isPresent())
                        .isPresent())
                .toList();
        String hint = holders.isEmpty()
                ? "resources here: "
                        + FieldRules.names(List.copyOf(own().instances().keySet()))
                : "it is not extended to " + self() + ", only on " + String.join(", ", holders)
                        + ": run the command there, or extend it first, there: 'mainstay resource extend " + tag
                        + " --to " + self() + "'";
        throw new Refusal(ExitCode.NOT_FOUND, "there is no resource '" + tag + "' on " + self() + "; " + hint);
    }

    /** @throws Refusal 7 if it is no server of the cluster */
    void checkServer(String server) throws Refusal {
        boolean known = own().membership().member(server).isPresent()
                || snapshot().servers().contains(server);
        if (!known) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "there is no server '" + server + "' in this cluster; servers: "
                            + String.join(", ", snapshot().servers()));
        }
    }

    /** @throws Refusal 9 if one of the servers cannot be reached: a change that concerns it must wait */
    void checkReachable(Iterable<String> servers) throws Refusal {
        for (String server : servers) {
            if (!server.equals(self()) && !peers.reachable(server)) {
                throw new Refusal(
                        ExitCode.NO_COMMUNICATION,
                        "no communication with " + server + ", which this change concerns; nothing was changed. "
                                + (hasPath(server)
                                        ? "Bring it back and try again"
                                        : "There is no comm path to it: create one with 'mainstay commpath create --to "
                                                + server + " ...'"));
            }
        }
    }

    private boolean hasPath(String server) {
        return own().rows(LcdSection.PATHS).values().stream()
                .anyMatch(path -> path.peer().equals(server));
    }

    /** @throws Refusal 8 if the hierarchy was changed by somebody else before the locks were taken */
    void checkSame(String fingerprint, String tag) throws Refusal {
        if (!fingerprint.equals(Hierarchies.fingerprint(own(), tag))) {
            throw new Refusal(
                    ExitCode.IN_USE,
                    "the hierarchy of '" + tag + "' was changed by somebody else meanwhile; try again");
        }
    }

    /** Waits until what is known here of a server's database is at least this new. @throws Refusal 9 if it does not come */
    void awaitCopy(String server, long incarnation, long version, long millis) throws Refusal {
        CompletableFuture<Boolean> arrived = new CompletableFuture<>();
        try (Registration registration = node.cluster().listen(snapshot -> {
            if (holds(snapshot, server, incarnation, version)) {
                arrived.complete(true);
            }
        })) {
            if (!holds(snapshot(), server, incarnation, version)) {
                wait(arrived.orTimeout(millis, TimeUnit.MILLISECONDS), 2 * millis, TimeUnit.MILLISECONDS);
            }
        } catch (Refusal e) {
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION,
                    "the newest state of " + server + " did not arrive here; nothing was changed. Try again");
        }
    }

    private static boolean holds(ClusterSnapshot snapshot, String server, long incarnation, long version) {
        return snapshot.lcd(server)
                .filter(lcd ->
                        lcd.incarnation() > incarnation || lcd.incarnation() == incarnation && lcd.version() >= version)
                .isPresent();
    }

    /** Returns the database of a server as known here. @throws Refusal 9 if nothing is known of it */
    Lcd lcd(String server) throws Refusal {
        return snapshot()
                .lcd(server)
                .orElseThrow(() -> new Refusal(
                        ExitCode.NO_COMMUNICATION,
                        "nothing is known of " + server + " here yet; try again in a moment"));
    }

    /** Adds a row to what {@link #propose} changes. */
    void change(String server, LcdChange<?> change) {
        changes.computeIfAbsent(server, name -> new ArrayList<>()).add(change);
    }

    /** Names a resource that is locked on a server while {@link #propose} is at work. */
    void touches(String server, String tag) {
        List<String> list = tags.computeIfAbsent(server, name -> new ArrayList<>());
        if (!list.contains(tag)) {
            list.add(tag);
        }
    }

    /** Puts the collected changes through prepare and commit: all servers are changed or none. */
    void propose(String description) throws Refusal {
        put(operation, description);
    }

    private void put(String id, String description) throws Refusal {
        changes.keySet().forEach(server -> tags.computeIfAbsent(server, name -> new ArrayList<>()));
        Map<String, List<LcdChange<?>>> perServer = new TreeMap<>(changes);
        Map<String, List<String>> locked = new TreeMap<>(tags);
        locked.keySet().retainAll(perServer.keySet());
        changes.clear();
        tags.clear();
        ask(new ServiceRequest.Propose(id, description, perServer, locked));
    }

    /** As {@link #propose}, for an undo: another operation with an id of its own. */
    void proposeUndo(String description) throws Refusal {
        put(operation + "-undo", description);
    }

    /** Changes this server's own database only. */
    void changeOwn(String description, List<LcdChange<?>> own) throws Refusal {
        ask(new ServiceRequest.ChangeOwn(description, own));
    }

    /** Asks the decision core and waits for its answer. @return its remarks are passed on */
    Reply ask(ServiceRequest request) throws Refusal {
        Reply reply = wait(node.requests().ask(request, origin(), progress), CORE_LIMIT_HOURS, TimeUnit.HOURS);
        if (!reply.succeeded()) {
            throw Refusal.of(reply);
        }
        reply.remarks().forEach(this::remark);
        return reply;
    }

    Origin origin() {
        return new Origin(caller.user(), caller.from(), node.config().clock().millis(), operation);
    }

    String who() {
        return caller.user();
    }

    /** Waits for a stage that ends by itself. */
    static <T> T wait(CompletionStage<T> stage, long time, TimeUnit unit) throws Refusal {
        try {
            return stage.toCompletableFuture().get(time, unit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal(
                    ExitCode.NO_COMMUNICATION, "Mainstay ends here; see 'mainstay status' after its next start");
        } catch (TimeoutException e) {
            throw new Refusal(ExitCode.INTERNAL_ERROR, "no answer within " + time + " " + unit);
        } catch (ExecutionException e) {
            throw new Refusal(ExitCode.INTERNAL_ERROR, String.valueOf(e.getCause()));
        }
    }
}

package org.mainstay.core.internal.admin;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.Withdrawal;
import org.mainstay.cluster.lcd.Origin;
import org.mainstay.core.decision.event.ServiceRequest;
import org.mainstay.core.internal.lcd.LcdCodec;
import org.mainstay.core.internal.node.NodeRuntime;
import org.mainstay.core.internal.run.Ended;
import org.mainstay.core.internal.run.RegisteredKit;
import org.mainstay.core.internal.run.Resources;
import org.mainstay.core.internal.run.Threads;
import org.mainstay.kit.Action;
import org.mainstay.kit.Field;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators may ask of this server. Thread-safe; never blocks: what has to wait does so on threads of its own. */
public final class AdminService implements Administration, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminService.class);

    private final NodeRuntime.Access node;
    private final Locks locks = new Locks();
    private final ProcessLocks processLocks = new ProcessLocks();
    private final AdminLock adminLock;
    private final Tidying tidying;
    private final LocalSteps steps;
    private final Peers peers;
    private final KitForms forms;
    private final Registration follower;
    private static final int FOLLOW_AGAIN_SECONDS = 5;

    private final ExecutorService threads = Executors.newCachedThreadPool(Threads.named("mainstay-admin"));

    public AdminService(NodeRuntime.Access node, LcdCodec codec) {
        this(node, codec, LocalAddresses.ofThisMachine());
    }

    /** @param addresses addresses of this server's interfaces */
    public AdminService(NodeRuntime.Access node, LcdCodec codec, Supplier<List<String>> addresses) {
        this.node = node;
        this.adminLock = new AdminLock(node);
        this.tidying = new Tidying(node, adminLock, pid -> submit(new Request.ReleaseLocks(pid), tidier(), line -> {}));
        this.steps = new LocalSteps(node, locks, adminLock, addresses);
        this.forms = new KitForms(node);
        Supplier<String> self = () -> node.cluster().snapshot().self();
        this.peers = new Peers(node.links(), codec, self, step -> steps.perform(self.get(), step));
        node.links().handle(Step.TOPIC, this::stepAsked);
        node.links().watch((peer, open) -> {
            if (!open) {
                locks.forget(peer);
                submitQuietly(() -> adminLock.forget(peer));
            }
        });
        MembershipFollower membership = new MembershipFollower(
                (change, from) -> node.requests()
                        .ask(
                                change,
                                new Origin(
                                        Origin.SELF, from, node.config().clock().millis(), ""),
                                line -> {}),
                CompletableFuture.delayedExecutor(FOLLOW_AGAIN_SECONDS, TimeUnit.SECONDS, this::whileOpen));
        this.follower = node.cluster().listen(membership::look);
    }

    private void whileOpen(Runnable work) {
        try {
            threads.execute(work);
        } catch (RejectedExecutionException e) {
            LOG.debug("dropped, the core ends", e);
        }
    }

    private Caller tidier() {
        return new Caller(
                "mainstay", Caller.Role.ADMINISTRATOR, node.cluster().snapshot().self() + " tidying");
    }

    private void submitQuietly(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("not done, the core ends", e);
        }
    }

    private CompletionStage<byte[]> stepAsked(String from, byte[] payload) {
        try {
            return CompletableFuture.supplyAsync(() -> peers.write(steps.perform(from, peers.read(payload))), threads);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(new IllegalStateException("Mainstay ends on this server", e));
        }
    }

    @Override
    public CompletionStage<Reply> submit(Request request, Caller caller, Consumer<String> progress) {
        Withdrawal never = new Withdrawal();
        never.begin();
        return submit(request, caller, progress, never);
    }

    @Override
    public CompletionStage<Reply> submit(
            Request request, Caller caller, Consumer<String> progress, Withdrawal withdrawal) {
        if (!caller.role().may(request.role())) {
            return done(Reply.failed(
                    ExitCode.SYSTEM_ERROR,
                    "permission denied: " + caller.user() + " is "
                            + caller.role().name().toLowerCase(java.util.Locale.ROOT) + ", this needs "
                            + request.role().name().toLowerCase(java.util.Locale.ROOT)));
        }
        String operation = UUID.randomUUID().toString();
        LOG.info("{} by {} from {}, operation {}", describe(request), caller.user(), caller.from(), operation);
        Job job = new Job(node, peers, operation, caller, safe(progress), withdrawal);
        try {
            return CompletableFuture.supplyAsync(() -> guarded(job, request), threads);
        } catch (RejectedExecutionException e) {
            LOG.debug("refused, the core ends", e);
            return done(Reply.failed(ExitCode.NO_COMMUNICATION, "Mainstay ends here"));
        }
    }

    private static CompletionStage<Reply> done(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    /** Properties may hold secrets and are not logged. */
    private static String describe(Request request) {
        if (request instanceof Request.CreateResource create) {
            return "create " + create.type() + " '" + create.tag() + "' with "
                    + create.properties().keySet();
        }
        if (request instanceof Request.SetResource set) {
            return SetOperation.describe(set);
        }
        if (request instanceof Request.Extend extend) {
            return "extend '" + extend.tag() + "' to " + extend.target();
        }
        if (request instanceof Request.PerformAction perform) {
            return "perform " + perform.action() + " of '" + perform.tag() + "'";
        }
        if (request instanceof Request.Edit edit && edit.edit() instanceof org.mainstay.cluster.LcdEdit.SetInfo set) {
            return "set the info of '" + set.tag() + "'";
        }
        return request instanceof Request.ChangeOwn own ? own.description() : request.toString();
    }

    /** Whoever listens to progress cannot make a request fail. */
    private static Consumer<String> safe(Consumer<String> progress) {
        return line -> {
            try {
                progress.accept(line);
            } catch (RuntimeException e) {
                LOG.debug("progress could not be shown", e);
            }
        };
    }

    private Reply guarded(Job job, Request request) {
        Locking locking = new Locking();
        try {
            if (!waitsForLock(request)) {
                job.begin();
            }
            return carryOut(job, locking, request);
        } catch (Refusal e) {
            Reply reply = e.reply();
            List<String> remarks = job.success("").remarks();
            return remarks.isEmpty() ? reply : new Reply(reply.exitCode(), reply.message(), remarks);
        } catch (RuntimeException e) {
            LOG.error("INTERNAL ERROR: {} failed", describe(request), e);
            return Reply.failed(ExitCode.INTERNAL_ERROR, "an internal error, see the log: " + e);
        } finally {
            locking.unlockAll(job);
        }
    }

    /** What begins only when it has the administrative lock, or by itself. */
    private static boolean waitsForLock(Request request) {
        return request instanceof Request.CreateResource
                || request instanceof Request.Extend
                || request instanceof Request.Unextend
                || request instanceof Request.DeleteResource
                || request instanceof Request.GlobalScripts
                || request instanceof Request.TakeLocks;
    }

    private Reply carryOut(Job job, Locking locking, Request request) throws Refusal {
        WiderRequests wider = new WiderRequests(job, locking);
        if (request instanceof Request.CreateResource create) {
            return wider.alone("Create_Hierarchy", () -> new CreateOperation(job, locking).run(create));
        }
        if (request instanceof Request.Extend extend) {
            return wider.alone("Extend_Hierarchy", extend.tag(), () -> new ExtendOperation(job, locking).run(extend));
        }
        if (request instanceof Request.Unextend unextend) {
            return wider.alone(
                    "Unextend_Hierarchy", unextend.tag(), () -> new RemovalOperations(job, locking).unextend(unextend));
        }
        if (request instanceof Request.DeleteResource delete) {
            return wider.alone(
                    "Delete_Hierarchy", delete.tag(), () -> new RemovalOperations(job, locking).delete(delete));
        }
        if (request instanceof Request.CreateDependency create) {
            return new DependencyOperations(job, locking).create(create);
        }
        if (request instanceof Request.DeleteDependency delete) {
            return new DependencyOperations(job, locking).delete(delete);
        }
        if (request instanceof Request.SetResource set) {
            return new SetOperation(job, locking).run(set);
        }
        if (request instanceof Request.CreatePath create) {
            return new PathOperations(job, locking).create(create);
        }
        if (request instanceof Request.DeletePath delete) {
            return new PathOperations(job, locking).delete(delete);
        }
        if (request instanceof Request.RemoveNode remove) {
            return new NodeOperations(job, locking).remove(remove);
        }
        if (request instanceof Request.AddMember add) {
            return new NodeOperations(job, locking).add(add.member());
        }
        if (request instanceof Request.TakeLocks take) {
            return processLocks.take(job, take);
        }
        if (request instanceof Request.ReleaseLocks release) {
            return processLocks.release(job, release);
        }
        Reply done = wider.carryOut(request);
        return done != null ? done : serviceWithScripts(job, wider, request);
    }

    private Reply serviceWithScripts(Job job, WiderRequests wider, Request request) throws Refusal {
        if (request instanceof Request.WithoutGlobalScripts without) {
            return service(job, without.request());
        }
        if (request instanceof Request.LockHeld held) {
            return wider.withScripts(held.request(), true, () -> service(job, held.request()));
        }
        boolean moves = request instanceof Request.BringInService || request instanceof Request.TakeOutOfService;
        return moves ? wider.withScripts(request, false, () -> service(job, request)) : service(job, request);
    }

    /** Requests that the decision core answers. */
    private Reply service(Job job, Request request) throws Refusal {
        if (request instanceof Request.BringInService bring) {
            job.instance(bring.tag());
            // scripts that were put into place a moment ago are kits from the moment somebody looks
            node.kits().all();
            return job.ask(new ServiceRequest.BringInService(
                    bring.tag(), bring.onlyTag(), bring.childrenToo(), bring.ignoreReservations()));
        }
        if (request instanceof Request.TakeOutOfService take) {
            job.instance(take.tag());
            return job.ask(new ServiceRequest.TakeOutOfService(
                    take.tag(), take.onlyTag(), take.withChildren(), take.ignoreReservations()));
        }
        if (request instanceof Request.ConfirmStopped confirm) {
            job.checkServer(confirm.server());
            job.instance(confirm.tag());
            return job.ask(new ServiceRequest.ConfirmStopped(confirm.tag(), confirm.server()));
        }
        if (request instanceof Request.ConfirmDown confirm) {
            job.checkServer(confirm.server());
            return job.ask(new ServiceRequest.ConfirmDown(confirm.server()));
        }
        if (request instanceof Request.PerformAction perform) {
            return perform(job, perform);
        }
        if (request instanceof Request.ResolveOperation resolve) {
            return job.ask(new ServiceRequest.ResolveOperation(resolve.id(), resolve.commit()));
        }
        if (request instanceof Request.Stop stop) {
            return job.ask(new ServiceRequest.Stop(stop.leaveRunning(), stop.systemShutdown()));
        }
        if (request instanceof Request.ChangeOwn own) {
            return job.ask(new ServiceRequest.ChangeOwn(own.description(), own.changes()));
        }
        throw new Refusal(
                ExitCode.INTERNAL_ERROR,
                "no way to carry out " + request.getClass().getSimpleName());
    }

    private Reply perform(Job job, Request.PerformAction perform) throws Refusal {
        var instance = job.instance(perform.tag());
        if (perform.action().equals(Action.RESTORE.actionName())) {
            return job.ask(new ServiceRequest.BringInService(perform.tag(), false, true, false));
        }
        if (perform.action().equals(Action.REMOVE.actionName())) {
            return job.ask(new ServiceRequest.TakeOutOfService(perform.tag(), false, false, false));
        }
        RegisteredKit kit = forms.of(instance.application(), instance.type());
        List<String> allowed = new java.util.ArrayList<>(
                List.of("restore", "remove", "quickCheck", "deepCheck", "recover", "validate"));
        allowed.addAll(kit.descriptor().extraActions());
        if (!allowed.contains(perform.action())) {
            throw new Refusal(
                    ExitCode.NOT_FOUND,
                    "the kit " + kit.key() + " has no action '" + perform.action() + "'; actions: "
                            + String.join(", ", allowed));
        }
        return job.ask(new ServiceRequest.PerformAction(perform.tag(), perform.action(), perform.arguments()));
    }

    @Override
    public List<Kit> kits() {
        return node.kits().all().stream()
                .map(kit -> new Kit(
                        kit.descriptor().application(),
                        kit.descriptor().type(),
                        kit.descriptor().version(),
                        kit.descriptor().title()))
                .toList();
    }

    @Override
    public Optional<List<FormField>> form(String type, boolean extend, Map<String, String> answers) {
        List<RegisteredKit> found = node.kits().named(type);
        if (found.size() != 1) {
            return Optional.empty();
        }
        try {
            Ended<List<Field>> ended = Job.wait(
                    node.runner()
                            .form(
                                    found.get(0),
                                    extend ? Action.EXTEND : Action.CREATE,
                                    new LinkedHashMap<>(answers),
                                    Resources.all(node.cluster().snapshot().own())),
                    10,
                    TimeUnit.SECONDS);
            // an empty form would say that the kit has no secret
            if (ended.answered() && ended.value() != null) {
                return Optional.of(
                        ended.value().stream().map(AdminService::formField).toList());
            }
            LOG.warn("the form of {} is not known: {}", type, ended.answered() ? "it is null" : ended.message());
        } catch (Refusal e) {
            LOG.warn("the form of {} is not known: {}", type, e.getMessage());
        }
        return Optional.empty();
    }

    private static FormField formField(Field field) {
        return new FormField(
                field.name(),
                field.label(),
                field.help(),
                field.kind().name(),
                field.required(),
                field.defaultValue().orElse(""),
                field.choices());
    }

    /** Ends the threads; requests that wait are answered first by the runtime's end. */
    @Override
    public void close() {
        follower.close();
        tidying.close();
        threads.shutdownNow();
    }
}

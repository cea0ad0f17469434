package org.mainstay.shell.internal.kit;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.karaf.features.FeaturesService;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.ExitCode;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.shell.internal.kit.KitMessage.Answer;
import org.mainstay.shell.internal.kit.KitMessage.Question;
import org.mainstay.shell.internal.registry.CommandException;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kits here and on the other servers: each server changes its own, asked by messages of the topic {@code kits}. Those who ask are
 * members of the cluster; that they ask for an administrator they have checked themselves.
 */
@Component(service = KitManager.class)
public final class ClusterKits implements KitManager {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterKits.class);
    private static final String TOPIC = "kits";
    private static final Duration LIST_LIMIT = Duration.ofSeconds(20);
    private static final Duration CHANGE_LIMIT = Duration.ofMinutes(3);

    private final Cluster cluster;
    private final Messenger messenger;
    private final LocalKits local;
    /** A change goes on to its end, whoever waits for it gives up or not. */
    private final ExecutorService worker;

    private final Registration handler;

    @Activate
    public ClusterKits(
            BundleContext context,
            @Reference FeaturesService features,
            @Reference Cluster cluster,
            @Reference Messenger messenger) {
        this.cluster = cluster;
        this.messenger = messenger;
        this.local = new LocalKits(context, features);
        this.worker = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "mainstay-kits");
            thread.setDaemon(true);
            return thread;
        });
        this.handler = messenger.handle(TOPIC, this::asked);
    }

    @Override
    public List<KitState> list(String server) throws CommandException, InterruptedException {
        if (here(server)) {
            return local.list();
        }
        return ask(server, new Question(null, "", false), new byte[0], LIST_LIMIT)
                .kits();
    }

    @Override
    public String apply(String server, Order order) throws CommandException, InterruptedException {
        if (here(server)) {
            return mine(order);
        }
        Question question = new Question(order.change(), order.name(), order.downgrade());
        return ask(server, question, order.jar(), CHANGE_LIMIT).message();
    }

    private boolean here(String server) {
        return cluster.snapshot().self().equals(server);
    }

    private String mine(Order order) throws CommandException, InterruptedException {
        try {
            return worker.submit(() -> local.apply(order)).get();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        }
    }

    private static CommandException failure(Throwable cause) {
        if (cause instanceof CommandException known) {
            return known;
        }
        LOG.error("internal error in a change of kits", cause);
        return new CommandException(ExitCode.INTERNAL_ERROR, "internal error: " + cause);
    }

    private Answer ask(String server, Question question, byte[] jar, Duration limit)
            throws CommandException, InterruptedException {
        Answer answer;
        try {
            byte[] payload = messenger
                    .request(server, TOPIC, KitMessage.question(question, jar), limit)
                    .toCompletableFuture()
                    .get();
            answer = KitMessage.parse(payload, Answer.class);
        } catch (ExecutionException | IOException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new CommandException(
                    ExitCode.NO_COMMUNICATION,
                    "no communication with " + server + " about its kits: " + cause.getMessage());
        }
        if (answer.exitCode() != ExitCode.SUCCESS) {
            throw new CommandException(answer.exitCode(), server + ": " + answer.message());
        }
        return answer;
    }

    private CompletionStage<byte[]> asked(String from, byte[] payload) {
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        worker.execute(() -> {
            try {
                answer.complete(KitMessage.answer(answer(from, payload)));
            } catch (IOException | RuntimeException e) {
                LOG.warn("a message of {} about kits was not answered", from, e);
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private Answer answer(String from, byte[] payload) throws IOException {
        Question question = KitMessage.parse(payload, Question.class);
        try {
            if (question.change() == null) {
                return new Answer(ExitCode.SUCCESS, "", local.list());
            }
            LOG.info("{} asks: {} {}", from, question.change(), question.name());
            return new Answer(ExitCode.SUCCESS, local.apply(KitMessage.order(question, payload)), List.of());
        } catch (CommandException e) {
            return new Answer(e.exitCode(), e.getMessage(), List.of());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(ExitCode.SYSTEM_ERROR, "commands are being replaced; try again in a moment", List.of());
        }
    }

    @Deactivate
    public void close() {
        handler.close();
        worker.shutdownNow();
    }
}

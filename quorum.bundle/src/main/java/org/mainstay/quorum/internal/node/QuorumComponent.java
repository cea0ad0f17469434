package org.mainstay.quorum.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Fencing;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.QuorumStatus;
import org.mainstay.cluster.QuorumStorage;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.cluster.SafetyReport;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The bundle's services in OSGi. The messenger may come and go. */
@Component(
        service = {
            SafetyControl.class,
            Fencing.class,
            QuorumStorage.class,
            SafetyReport.Source.class,
            QuorumStatus.Source.class
        },
        immediate = true)
public final class QuorumComponent
        implements SafetyControl, Fencing, QuorumStorage, SafetyReport.Source, QuorumStatus.Source {
    private final QuorumNode node;

    /** Reads the configuration and begins to look around. @throws IOException if the machine refuses what probes need */
    @Activate
    public QuorumComponent(
            BundleContext context,
            @Reference Cluster cluster,
            @Reference GuardControl guard,
            @Reference EventLog events)
            throws IOException {
        String home = property(context, "mainstay.home", property(context, "karaf.base", ""));
        node = new QuorumNode(
                new QuorumNode.Place(
                        Path.of(home).toAbsolutePath(), () -> System.nanoTime() / 1_000_000, Clock.systemUTC()),
                cluster,
                guard,
                events);
    }

    private static String property(BundleContext context, String name, String fallback) {
        String value = context.getProperty(name);
        return value == null ? fallback : value;
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void bindMessenger(Messenger messenger) {
        node.attach(messenger);
    }

    void unbindMessenger(Messenger messenger) {
        node.detach(messenger);
    }

    /** Ends the threads; what was decided before stays in effect. */
    @Deactivate
    void stop() {
        node.close();
    }

    @Override
    public State state() {
        return node.state();
    }

    @Override
    public Registration listen(Consumer<SafetyNews> listener) {
        return node.listen(listener);
    }

    @Override
    public void fence(String server, String request, String reason) {
        node.fencing().fence(server, request, reason);
    }

    @Override
    public void giveUpFencing(String server, String request) {
        node.fencing().giveUp(request);
    }

    @Override
    public List<LevelDevice> levels() {
        return node.fencing().levels();
    }

    @Override
    public CompletionStage<List<Test>> test(String server, Consumer<String> progress) {
        return node.fencing().test(server, progress);
    }

    @Override
    public CompletionStage<Reply> acknowledge(String server, Caller caller, String remark) {
        return node.fencing().acknowledge(server, caller, remark);
    }

    @Override
    public List<Acknowledgement> acknowledgements() {
        return node.fencing().acknowledgements();
    }

    @Override
    public CompletionStage<Reply> initialise(Caller caller, Consumer<String> progress) {
        return node.storage().initialise(caller, progress);
    }

    @Override
    public CompletionStage<Reply> leave(Caller caller) {
        return node.storage().leave(caller);
    }

    @Override
    public SafetyReport report() {
        return node.report();
    }

    @Override
    public QuorumStatus quorum() {
        return node.quorum();
    }
}

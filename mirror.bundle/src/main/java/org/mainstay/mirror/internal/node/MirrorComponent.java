package org.mainstay.mirror.internal.node;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.EventLog;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Mirrors;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.SafetyControl;
import org.mainstay.kit.Outcome;
import org.mainstay.mirror.internal.volume.MirrorAccess;
import org.mainstay.mirror.internal.volume.MirrorPort;
import org.mainstay.mirror.internal.volume.Mirrored;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** The control of the mirror engine in OSGi. Messenger and quorum may come and go; the engine itself is another process. */
@Component(service = Mirrors.class, immediate = true)
public final class MirrorComponent implements Mirrors, MirrorPort {
    private final MirrorNode node;
    private final MirrorAccess access;

    /** Begins to look after the engine. */
    @Activate
    public MirrorComponent(
            BundleContext context,
            @Reference Cluster cluster,
            @Reference Administration administration,
            @Reference EventLog events,
            @Reference MirrorAccess access) {
        String home = property(context, "mainstay.home", property(context, "karaf.base", ""));
        node = new MirrorNode(Path.of(home).toAbsolutePath(), cluster, administration, events);
        this.access = access;
        access.bind(this);
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
        node.detach();
    }

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    void bindSafety(SafetyControl safety) {
        node.attach(safety);
    }

    void unbindSafety(SafetyControl safety) {
        node.detachSafety();
    }

    /** Ends the control; the engine and what it serves go on (I4). */
    @Deactivate
    void stop() {
        access.unbind(this);
        node.close();
    }

    @Override
    public CompletionStage<List<Side>> sides() {
        return node.sides();
    }

    @Override
    public CompletionStage<Reply> ask(String tag, Verb verb, String target, Map<String, Long> values, Caller caller) {
        return node.ask(tag, verb, target, values, caller);
    }

    @Override
    public CompletionStage<List<Snapshot>> snapshots() {
        return node.snapshots();
    }

    @Override
    public CompletionStage<Reply> takeSnapshots(List<String> tags, String server, Caller caller) {
        return node.takeSnapshots(tags, server, caller);
    }

    @Override
    public CompletionStage<Reply> dropSnapshots(List<String> tags, String server, Caller caller) {
        return node.dropSnapshots(tags, server, caller);
    }

    @Override
    public CompletionStage<Reply> snapshotLocation(
            String tag, String server, String folder, long blockSize, Caller caller) {
        return node.snapshotLocation(tag, server, folder, blockSize, caller);
    }

    @Override
    public Source source(Mirrored volume, Consumer<String> progress) throws InterruptedException {
        return node.source(volume, progress);
    }

    @Override
    public Outcome release(Mirrored volume) throws InterruptedException {
        return node.release(volume);
    }

    @Override
    public Outcome forget(Mirrored volume) throws InterruptedException {
        return node.forget(volume);
    }

    @Override
    public Outcome force(Mirrored volume) {
        return node.force(volume);
    }

    @Override
    public Outcome check(Mirrored volume) throws InterruptedException {
        return node.check(volume);
    }

    @Override
    public boolean held(Mirrored volume) {
        return node.held(volume);
    }

    @Override
    public String exports() {
        return node.exports();
    }
}

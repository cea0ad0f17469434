package org.mainstay.comm.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.GuardControl;
import org.mainstay.cluster.GuardControl.GuardNews;
import org.mainstay.cluster.Messenger;
import org.mainstay.cluster.Registration;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerCertificates;
import org.mainstay.comm.internal.net.Settings;
import org.mainstay.comm.internal.net.View;
import org.mainstay.comm.internal.paths.HeartbeatPaths;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The messenger as a service. It needs the cluster and the guard's link, so core must take the messenger dynamically. When core
 * is replaced, so are all sessions: both sides then begin with the same knowledge of each other.
 *
 * <p>A server that belongs to no cluster has a messenger that reaches nobody.
 */
@Component(
        service = {Messenger.class, CommAccess.class},
        immediate = true)
@Designate(ocd = MessengerComponent.Config.class)
public final class MessengerComponent implements Messenger, CommAccess {
    private static final Logger LOG = LoggerFactory.getLogger(MessengerComponent.class);

    /** Configuration of comm. */
    @ObjectClassDefinition(name = "Mainstay communication")
    public @interface Config {
        /** Directory with the identity, relative to the installation (MAINSTAY_HOME). */
        @AttributeDefinition(description = "data directory of the installation; a change restarts communication")
        String data() default "data";
    }

    private final Path dataDirectory;
    private final Identity identity;
    private final CommNode node;
    private final List<Registration> registrations = new ArrayList<>();
    private View view = View.EMPTY;

    /** Starts listening and connecting. @throws IOException if the identity is damaged */
    @Activate
    public MessengerComponent(
            BundleContext context, @Reference Cluster cluster, @Reference GuardControl guard, Config config)
            throws IOException {
        // the same place as core's
        String home = property(context, "mainstay.home", property(context, "karaf.base", ""));
        dataDirectory = Path.of(home).resolve(config.data());
        identity = Identity.load(dataDirectory).orElse(null);
        if (identity == null) {
            node = null;
            LOG.warn(
                    "this server belongs to no cluster: run 'mainstay node init' or 'mainstay node join' while Mainstay is stopped here");
            return;
        }
        PeerCertificates certificates =
                new PeerCertificates(dataDirectory.resolve(Identity.DIRECTORY).resolve("peers"));
        HeartbeatPaths[] heartbeats = new HeartbeatPaths[1];
        node = new CommNode(identity, Settings.DEFAULT, certificate -> {
            if (certificates.remember(certificate)) {
                heartbeats[0].keyLearned();
            }
        });
        heartbeats[0] =
                new HeartbeatPaths(identity, certificates, guard, node.loop().handlers());
        registrations.add(cluster.listen(snapshot -> changed(cluster, heartbeats[0])));
        registrations.add(guard.listen(news -> guard(news, heartbeats[0])));
        changed(cluster, heartbeats[0]);
    }

    private static String property(BundleContext context, String name, String fallback) {
        String value = context.getProperty(name);
        return value == null ? fallback : value;
    }

    /** Looks at the newest snapshot itself: calls of different threads may overtake each other. */
    private synchronized void changed(Cluster cluster, HeartbeatPaths heartbeats) {
        View newest = View.of(cluster.snapshot());
        if (!newest.equals(view)) {
            view = newest;
            node.network().view(newest);
            heartbeats.view(newest);
        }
    }

    private void guard(GuardNews news, HeartbeatPaths heartbeats) {
        node.network().guard(news);
        if (news instanceof GuardNews.Link link && link.up()) {
            heartbeats.guardBack();
        }
    }

    /** Ends all sessions and threads. The guard goes on with the heartbeats it knows. */
    @Deactivate
    public void close() {
        registrations.forEach(Registration::close);
        if (node != null) {
            node.close();
        }
    }

    @Override
    public Optional<CommNode> node() {
        return Optional.ofNullable(node);
    }

    @Override
    public Optional<Identity> identity() {
        return Optional.ofNullable(identity);
    }

    @Override
    public Path dataDirectory() {
        return dataDirectory;
    }

    @Override
    public boolean send(String peer, String topic, byte[] payload) {
        return node != null && node.send(peer, topic, payload);
    }

    @Override
    public boolean send(String peer, long session, String topic, byte[] payload) {
        return node != null && node.send(peer, session, topic, payload);
    }

    @Override
    public CompletionStage<byte[]> request(String peer, String topic, byte[] payload, Duration limit) {
        return node != null
                ? node.request(peer, topic, payload, limit)
                : CompletableFuture.failedFuture(
                        new NoCommunicationException("this server belongs to no cluster: run 'mainstay node init' or"
                                + " 'mainstay node join' while Mainstay is stopped here"));
    }

    @Override
    public Registration handle(String topic, Handler handler) {
        return node != null ? node.handle(topic, handler) : () -> {};
    }

    @Override
    public Registration sessions(Consumer<Session> listener) {
        return node != null ? node.sessions(listener) : () -> {};
    }
}

package org.mainstay.comm.internal.node;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.Enrolment;
import org.mainstay.comm.internal.enrol.ChannelJoinWire;
import org.mainstay.comm.internal.enrol.Invitation;
import org.mainstay.comm.internal.enrol.JoinServer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Admission of new servers as a service. */
@Component(service = Enrolment.class, immediate = true)
public final class EnrolmentComponent implements Enrolment {
    private static final Logger LOG = LoggerFactory.getLogger(EnrolmentComponent.class);

    private final CommNode node;
    private final Invitation invitation;
    private final JoinServer server;

    /** Opens the door for those who are invited. */
    @Activate
    public EnrolmentComponent(
            @Reference CommAccess comm, @Reference Cluster cluster, @Reference Administration administration) {
        this(
                comm,
                comm.identity()
                        .<JoinServer.Registry>map(identity ->
                                new ClusterRegistry(identity, comm.dataDirectory(), cluster, administration))
                        .orElse(null),
                new Invitation(System::nanoTime, new SecureRandom()),
                Clock.systemUTC());
    }

    EnrolmentComponent(CommAccess comm, JoinServer.Registry registry, Invitation invitation, Clock clock) {
        this.invitation = invitation;
        node = comm.node().orElse(null);
        if (node == null) {
            server = null;
            return;
        }
        server = new JoinServer(comm.identity().orElseThrow(), invitation, registry, clock, new SecureRandom());
        node.network().joins(this::enter);
    }

    private boolean enter(Channel channel, ByteBuf first) {
        if (!invitation.enter()) {
            return false;
        }
        String source =
                ((InetSocketAddress) channel.remoteAddress()).getAddress().getHostAddress();
        ChannelJoinWire wire = ChannelJoinWire.take(channel, first);
        node.loop().handlers().execute(() -> server.serve(wire, source));
        return true;
    }

    /** Closes the door. */
    @Deactivate
    public void close() {
        if (node != null) {
            node.network().joins((channel, first) -> false);
        }
    }

    @Override
    public CompletionStage<String> invite() {
        if (server == null) {
            return CompletableFuture.failedFuture(new IllegalStateException(
                    "this server belongs to no cluster: stop Mainstay here and run 'mainstay node init' first"));
        }
        return CompletableFuture.completedFuture(invitation.renew());
    }

    @Override
    public List<String> localAddresses() {
        List<String> addresses = new ArrayList<>();
        try {
            for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!each.isUp() || each.isLoopback()) {
                    continue;
                }
                for (InetAddress address : Collections.list(each.getInetAddresses())) {
                    if (!address.isLinkLocalAddress() && !address.isMulticastAddress()) {
                        addresses.add(address.getHostAddress());
                    }
                }
            }
        } catch (SocketException e) {
            LOG.warn("the addresses of this server cannot be read", e);
        }
        return List.copyOf(addresses);
    }
}

package org.mainstay.comm.internal.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on the addresses wanted and on no other; an address that is not there (yet) is tried again every second. Confined to
 * the event loop.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    private static final long RETRY_MILLIS = 1000;

    private final Loop loop;
    private final Consumer<Channel> accepted;
    private final Map<InetSocketAddress, ChannelFuture> open = new HashMap<>();
    private final Set<InetSocketAddress> reported = new HashSet<>();
    private Set<InetSocketAddress> wanted = Set.of();
    private boolean retrying;

    Listeners(Loop loop, Consumer<Channel> accepted) {
        this.loop = loop;
        this.accepted = accepted;
    }

    /** Replaces the addresses. */
    void listen(Set<InetSocketAddress> addresses) {
        wanted = addresses;
        for (InetSocketAddress address : List.copyOf(open.keySet())) {
            if (!addresses.contains(address)) {
                open.remove(address).channel().close();
            }
        }
        reported.retainAll(addresses);
        addresses.stream().filter(address -> !open.containsKey(address)).forEach(this::bind);
    }

    private void bind(InetSocketAddress address) {
        ChannelFuture future = loop.listen(address, accepted);
        open.put(address, future);
        future.addListener(done -> {
            if (done.isSuccess()) {
                reported.remove(address);
                LOG.info("listening on {}", address);
                future.channel().closeFuture().addListener(closed -> open.remove(address, future));
                return;
            }
            if (!open.remove(address, future)) {
                return; // not wanted any more, or asked for again
            }
            if (reported.add(address)) {
                LOG.warn(
                        "cannot listen on {}: {}; trying again every second (is the address configured, the port free?)",
                        address,
                        done.cause().getMessage());
            }
            retry();
        });
    }

    private void retry() {
        if (!retrying) {
            retrying = true;
            loop.schedule(
                    () -> {
                        retrying = false;
                        listen(wanted);
                    },
                    RETRY_MILLIS);
        }
    }
}

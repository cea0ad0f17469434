package org.mainstay.quorum.internal.sight;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TCP connections that are closed as soon as they are made. A refused one is an answer too: the machine is there. All methods
 * are called by one thread and return at once.
 */
final class Knocks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Knocks.class);
    private static final long LIMIT_MILLIS = 2_000;

    private final Selector selector;
    private final Map<SelectionKey, Long> begun = new HashMap<>();
    private final List<Probe> atOnce = new ArrayList<>();

    Knocks() throws IOException {
        selector = Selector.open();
    }

    /** Begins a connection. @return whether it could be begun */
    boolean knock(Probe probe, long at) {
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            if (channel.connect(new InetSocketAddress(probe.address(), probe.port()))) {
                atOnce.add(probe);
                channel.close();
            } else {
                begun.put(channel.register(selector, SelectionKey.OP_CONNECT, probe), at);
            }
            return true;
        } catch (ConnectException e) {
            close(channel);
            atOnce.add(probe);
            return true;
        } catch (IOException e) {
            LOG.debug("cannot connect to {}", probe, e);
            close(channel);
            // no route is silence, like a machine that is away
            return true;
        }
    }

    /** Returns what was answered since the last call. */
    List<Probe> answers(long at) throws IOException {
        List<Probe> answers = new ArrayList<>(atOnce);
        atOnce.clear();
        selector.selectNow();
        for (SelectionKey key : List.copyOf(selector.selectedKeys())) {
            if (finished((SocketChannel) key.channel())) {
                answers.add((Probe) key.attachment());
            }
            end(key);
        }
        selector.selectedKeys().clear();
        begun.entrySet().stream()
                .filter(entry -> at - entry.getValue() > LIMIT_MILLIS)
                .map(Map.Entry::getKey)
                .toList()
                .forEach(this::end);
        return answers;
    }

    private static boolean finished(SocketChannel channel) {
        try {
            return channel.finishConnect();
        } catch (ConnectException e) {
            // a timeout is a ConnectException as well; only a refusal comes from the machine itself
            return e.getMessage() != null && e.getMessage().contains("refused");
        } catch (IOException e) {
            return false;
        }
    }

    private void end(SelectionKey key) {
        begun.remove(key);
        key.cancel();
        close((SocketChannel) key.channel());
    }

    private static void close(SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("a probe's connection cannot be closed", e);
            }
        }
    }

    @Override
    public void close() {
        List.copyOf(begun.keySet()).forEach(this::end);
        try {
            selector.close();
        } catch (IOException e) {
            LOG.debug("the probes' selector cannot be closed", e);
        }
    }
}

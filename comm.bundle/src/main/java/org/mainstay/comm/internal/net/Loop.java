package org.mainstay.comm.internal.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.SocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of comm: one event loop, one for TLS handshakes, and as many as handlers need. Thread-safe. */
public final class Loop implements Executor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Loop.class);
    private static final int CONNECT_MILLIS = 2000;
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(64 * 1024, 128 * 1024);

    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop loop;
    private final ByteBufAllocator allocator = new PooledByteBufAllocator(true, 1, 1, 8192, 4);
    private final ThreadPoolExecutor handshakes;
    private final ThreadPoolExecutor handlers;

    public Loop() {
        group = new MultiThreadIoEventLoopGroup(1, threads("mainstay-comm-io"), NioIoHandler.newFactory());
        loop = group.next();
        handshakes = new ThreadPoolExecutor(
                1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads("mainstay-comm-tls"));
        handshakes.allowCoreThreadTimeOut(true);
        handlers = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threads("mainstay-comm-handler"));
        ThreadPoolExecutor.DiscardPolicy afterClose = new ThreadPoolExecutor.DiscardPolicy();
        handshakes.setRejectedExecutionHandler(afterClose);
        handlers.setRejectedExecutionHandler(afterClose);
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Runs a task on the event loop; silently dropped after close. */
    @Override
    public void execute(Runnable task) {
        if (!loop.isShuttingDown()) {
            loop.execute(guarded(task));
        }
    }

    /** Runs a task on the event loop after a delay; null after close. */
    public ScheduledFuture<?> schedule(Runnable task, long millis) {
        if (loop.isShuttingDown()) {
            return null;
        }
        return loop.schedule(guarded(task), millis, TimeUnit.MILLISECONDS);
    }

    /** Runs a task on the event loop again and again. */
    public ScheduledFuture<?> repeat(Runnable task, long millis) {
        return loop.scheduleWithFixedDelay(guarded(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.error("internal error in comm", e);
            }
        };
    }

    /** Returns whether the caller is the event loop. */
    public boolean inside() {
        return loop.inEventLoop();
    }

    /** Returns where handshakes' expensive parts run. */
    public Executor handshakes() {
        return handshakes;
    }

    /** Returns where handlers and other slow things run. */
    public ExecutorService handlers() {
        return handlers;
    }

    /** Listens; the future fails if the address is not there. */
    public ChannelFuture listen(SocketAddress local, Consumer<Channel> accepted) {
        return new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 64)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, allocator)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .childHandler(initializer(accepted))
                .bind(local);
    }

    /** Connects. @param local address to connect from; null: any */
    public ChannelFuture connect(SocketAddress local, SocketAddress remote, Consumer<Channel> connected) {
        return new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.ALLOCATOR, allocator)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .handler(initializer(connected))
                .connect(remote, local);
    }

    private static ChannelInitializer<Channel> initializer(Consumer<Channel> setUp) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                setUp.accept(channel);
            }
        };
    }

    /** Ends all threads; what still runs gets a few seconds. */
    @Override
    public void close() {
        handshakes.shutdownNow();
        handlers.shutdown();
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        try {
            if (!group.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("the event loop of comm does not end");
            }
            if (!handlers.awaitTermination(2, TimeUnit.SECONDS)) {
                handlers.shutdownNow();
                LOG.warn("a handler of comm messages does not end; it was interrupted");
            }
            // Netty's helper thread ends by itself a second after it was used last; without waiting it would keep this
            // bundle's classes after an update.
            GlobalEventExecutor.INSTANCE.awaitInactivity(3, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            LOG.trace("Netty's helper thread was never used", e);
        }
    }
}

package org.mainstay.mirror.engine.volume;

import java.nio.ByteBuffer;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;
import org.mainstay.mirror.engine.link.Link;
import org.mainstay.mirror.engine.link.LinkHandler;

/** One end of a simulated connection: frames arrive in order, late, or not at all. */
final class SimLink implements Link {
    private final SimWorld world;
    private final SimNode owner;
    private final long life;
    private SimLink other;
    LinkHandler handler;
    /** What the certificate of the other end proves. */
    String identity;

    private boolean closed;
    private long lastArrival;

    private SimLink(SimWorld world, SimNode owner) {
        this.world = world;
        this.owner = owner;
        this.life = owner.life();
    }

    /** Returns the near end of a new connection. */
    static SimLink pair(SimWorld world, SimNode near, SimNode far) {
        SimLink one = new SimLink(world, near);
        one.other = new SimLink(world, far);
        one.other.other = one;
        one.identity = far.proven;
        one.other.identity = near.proven;
        return one;
    }

    SimLink far() {
        return other;
    }

    private boolean alive() {
        return !closed && owner.lives(life);
    }

    @Override
    public void send(FrameType type, long seq, long offset, long length, ByteBuffer payload, Runnable sent) {
        ByteBuffer copy = ByteBuffer.allocate(payload == null ? 0 : payload.remaining());
        if (payload != null) {
            copy.put(payload.duplicate()).flip();
        }
        if (sent != null && world.leaving != null) {
            world.leaving.add(sent);
        } else if (sent != null) {
            sent.run();
        }
        if (alive() && !world.lost.test(type)) {
            long arrival = Math.max(
                    lastArrival + (payload == null ? 0 : world.perFrame),
                    world.now() + 20_000 + world.random.nextInt(400_000));
            lastArrival = arrival;
            world.at(arrival - world.now(), () -> other.arrive(new Frame().set(type, seq, offset, length, copy)));
        }
    }

    private void arrive(Frame frame) {
        if (closed || !owner.lives(life)) {
            return;
        }
        if (world.partitioned) {
            // Sent again later, in order, unless somebody gives the connection up.
            waiting.addLast(frame);
            return;
        }
        deliver(frame);
    }

    private final java.util.ArrayDeque<Frame> waiting = new java.util.ArrayDeque<>();

    /** The network is whole again. */
    void healed() {
        while (!waiting.isEmpty() && !world.partitioned) {
            deliver(waiting.pollFirst());
        }
    }

    private void deliver(Frame frame) {
        owner.receive(life, () -> {
            if (!closed && handler != null) {
                handler.received(this, frame);
            }
            if (!closed && handler != null && world.random.nextInt(3) > 0) {
                handler.received(this);
            } else {
                world.at(
                        50_000,
                        () -> owner.receive(life, () -> {
                            if (!closed && handler != null) {
                                handler.received(this);
                            }
                        }));
            }
        });
    }

    @Override
    public void kick() {
        // Frames leave at once.
    }

    @Override
    public void close(String why) {
        if (!closed) {
            end(why);
            world.at(100_000 + world.random.nextInt(1_000_000), () -> other.peerGone());
        }
    }

    private void end(String why) {
        closed = true;
        owner.forget(this);
        world.at(
                0,
                () -> owner.receive(life, () -> {
                    if (handler != null) {
                        handler.closed(this, why);
                    }
                }));
    }

    private void peerGone() {
        if (!closed && !world.partitioned) {
            end("the peer closed");
        }
    }

    /** The machine died. @param seen whether the other side gets to know by the network */
    void died(boolean seen) {
        closed = true;
        if (seen) {
            world.at(world.random.nextInt(2_000_000), () -> other.peerGone());
        }
    }

    /** How fast and how small frames are to leave. */
    String shaped = "";

    @Override
    public void shape(long kilobitsPerSecond, int compression, boolean background) {
        shaped = kilobitsPerSecond + " kbit/s, level " + compression;
    }

    @Override
    public String peer() {
        return "simulated";
    }

    @Override
    public String identity() {
        return identity;
    }
}

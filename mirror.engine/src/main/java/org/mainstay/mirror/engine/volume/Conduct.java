package org.mainstay.mirror.engine.volume;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.mainstay.mirror.engine.link.Frame;
import org.mainstay.mirror.engine.link.FrameType;

/**
 * What a source may send a target, and when (I6): a target believes its source nothing that it can look up itself. Numbers have no gaps,
 * a resynchronisation comes before data, and the data's generations go on from what was said before. Frames come from one thread.
 */
final class Conduct {
    private enum Stage {
        INTRODUCED,
        /** From BEGIN on: what is here is a mixture. */
        RESYNC,
        /** From END on: changes, in their order. */
        IN_STEP,
        /** From HANDOVER on: nothing changes any more. */
        HANDED_OVER
    }

    private final Ancestry.Verdict verdict;
    private final Generations introduced;
    private final long size;
    private Stage stage = Stage.INTRODUCED;
    private long last;
    private final AtomicLong asked = new AtomicLong();

    /**
     * @param verdict what this side's data and the source's introduction allow
     * @param introduced what the source said it holds
     * @param size what it said the volume has
     */
    Conduct(Ancestry.Verdict verdict, Generations introduced, long size) {
        this.verdict = verdict;
        this.introduced = introduced;
        this.size = size;
    }

    /** A ping leaves. Any thread. */
    void asked(long sent) {
        asked.accumulateAndGet(sent, Math::max);
    }

    /** The resynchronisation has ended here. */
    void inStep() {
        stage = Stage.IN_STEP;
    }

    /** Looks at the next frame. @param held what this side holds @return what is wrong with it; null: nothing */
    String wrong(Frame frame, Supplier<Generations> held) {
        FrameType type = frame.type();
        if (type == FrameType.PONG || type == FrameType.ALIVE) {
            return echo(frame);
        }
        if (!allowed(type)) {
            return type + " " + (stage == Stage.INTRODUCED ? "before BEGIN" : "after " + before());
        }
        if (stage != Stage.INTRODUCED && frame.seq() != last + 1) {
            return type + " has number " + frame.seq() + " and the one before had " + last
                    + (frame.seq() <= last ? ": it was sent before" : ": what is between is missing");
        }
        last = frame.seq();
        return switch (type) {
            case BEGIN -> begin(frame.text());
            case END -> successor(frame, introduced);
            case GENERATION -> successor(frame, held.get());
            case WRITE, BLOCK, ZERO, TRIM, SUMS -> range(frame);
            case HANDOVER -> {
                stage = Stage.HANDED_OVER;
                yield null;
            }
            default -> null;
        };
    }

    private String before() {
        return switch (stage) {
            case RESYNC -> "BEGIN, before END";
            case IN_STEP -> "END";
            default -> "HANDOVER";
        };
    }

    private boolean allowed(FrameType type) {
        return switch (type) {
            case BEGIN -> stage == Stage.INTRODUCED;
            case SUMS, END -> stage == Stage.RESYNC;
            // A block that could not be written at the source is sent when it could be read.
            case BLOCK, ZERO -> stage == Stage.RESYNC || stage == Stage.IN_STEP;
            case WRITE, TRIM, HANDOVER -> stage == Stage.IN_STEP;
            case GENERATION, MARK -> stage == Stage.IN_STEP || stage == Stage.HANDED_OVER;
            case FLUSH -> stage != Stage.INTRODUCED;
            default -> false;
        };
    }

    private String echo(Frame frame) {
        if (frame.offset() > asked.get()) {
            return frame.type() + " answers a ping that was not sent";
        }
        return frame.type() == FrameType.PONG && stage.compareTo(Stage.IN_STEP) < 0 ? "PONG before END" : null;
    }

    private String begin(Map<String, String> text) {
        stage = Stage.RESYNC;
        if (!text.getOrDefault("sync", "0").matches("[0-9a-f]{1,16}")) {
            return "BEGIN with a name that is none";
        }
        boolean full = Boolean.parseBoolean(text.get("full"));
        return switch (verdict) {
            case PARTIAL -> null;
            case FULL -> full ? null : "BEGIN of marked blocks only, although all may differ";
            case STALE_SOURCE -> "BEGIN although the data here is newer";
            case SPLIT_BRAIN -> "BEGIN although both sides wrote without the other";
            case UNRELATED -> "BEGIN although the data here is another";
        };
    }

    private static String successor(Frame frame, Generations before) {
        Generations now;
        try {
            now = generations(frame);
        } catch (NumberFormatException e) {
            return frame.type() + " with generations that cannot be read: " + e.getMessage();
        }
        return now.follows(before) ? null : frame.type() + " with generations that do not go on from those before";
    }

    static Generations generations(Frame frame) {
        return Generations.parse(frame.text().getOrDefault("generations", ""));
    }

    private String range(Frame frame) {
        long length = frame.length();
        if (frame.offset() < 0 || length < 0 || frame.offset() > size - length) {
            return frame.type() + " of " + length + " bytes at " + frame.offset() + ", beyond the volume's " + size;
        }
        long data = frame.payload().remaining();
        long wanted = switch (frame.type()) {
            case WRITE, BLOCK -> length;
            case SUMS -> Comparison.bytes(length);
            default -> data;
        };
        return data == wanted && (frame.type() != FrameType.SUMS || length <= Frame.LARGEST_PAYLOAD)
                ? null
                : frame.type() + " of " + length + " bytes with " + data + " bytes of data";
    }
}

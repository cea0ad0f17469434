package org.mainstay.cluster;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Mirrored volumes of the whole cluster (design.md section 7). Provided by mirror.bundle. Thread-safe; never blocks. */
@ProviderType
public interface Mirrors extends MirrorSnapshots {

    /**
     * Asks every server that can be reached for its sides of mirrored volumes; those that do not answer within seconds are left
     * out. Never completes exceptionally.
     */
    CompletionStage<List<Side>> sides();

    /** Prefix of the flags of {@link #blockTargetFlag}. */
    String BLOCK_TARGET = "!mirror-block!";
    /** Prefix of the flags of {@link #switchoverFlag}. */
    String SWITCHOVER = "!mirror-switchover!";

    /** Returns the flag of a server that is not to become target of a volume (EMC-016). @param tag the volume's resource there */
    static String blockTargetFlag(String tag) {
        return BLOCK_TARGET + tag;
    }

    /**
     * Returns the flag of a server that gave up being target of a volume and is not to become it again before its machine starts anew
     * (EMC-017).
     *
     * @param bootId as in the server's database
     */
    static String switchoverFlag(String tag, String bootId) {
        return SWITCHOVER + tag + "!" + bootId;
    }

    /** What can be asked of a mirror. */
    enum Verb {
        /** Changes are tracked and not sent. Needs a target. */
        PAUSE,
        /** A paused or broken mirror goes on. Needs a target. */
        CONTINUE,
        /** Changes are no longer tracked. Needs a target. */
        BREAK,
        /** Everything is compared and sent where it differs. Needs a target. */
        RESYNC,
        /** Changes tunables of chapter 19; values are whole numbers. Needs a target. */
        SET,
        /** The named server's own changes may be overwritten by the source: the end of a split brain. Needs a target. */
        DISCARD,
        /** The named server may become source at its next restore although its data may be old or of no one moment. Needs a target. */
        FORCE,
        /**
         * The volume becomes as large as its storage on the source, or as {@link #SIZE} says; refused if the storage of another side has less,
         * or a side does not answer. Needs no target.
         */
        RESIZE,
        /**
         * Takes away what a mirror left here when its resource was deleted: the tag is the name of the engine's volume, or its storage.
         * Refused while a resource or a side on another server has it. The data stays. Needs no target.
         */
        CLEAN
    }

    /** Value of {@link Verb#RESIZE}: bytes. */
    String SIZE = "size";

    /**
     * Asks for something.
     *
     * @param tag the volume's resource
     * @param target the other server; empty where the volume has only one
     * @param values of {@link Verb#SET} and {@link Verb#RESIZE}, else empty
     * @param caller must be an administrator, for {@link Verb#PAUSE} and {@link Verb#CONTINUE} an operator
     * @return completes with a reply, never exceptionally
     */
    CompletionStage<Reply> ask(String tag, Verb verb, String target, Map<String, Long> values, Caller caller);

    /**
     * One server's side of a volume.
     *
     * @param server whose
     * @param tag its resource there
     * @param volume name in the engines, the same on all servers
     * @param role {@code SOURCE}, {@code TARGET}, {@code NONE}, or {@code UNKNOWN} while its engine does not answer
     * @param epoch ownership epoch in which it last had a role
     * @param size bytes
     * @param storage bytes of its storage, which may be more; 0: not known, as of an engine of an older version
     * @param current whether, as target, it holds everything its source has acknowledged
     * @param held whether, as source, it holds changes back until no target can count as current
     * @param links its targets, as source
     */
    record Side(
            String server,
            String tag,
            String volume,
            String role,
            long epoch,
            long size,
            long storage,
            boolean current,
            boolean held,
            List<Link> links) {
        public Side {
            links = List.copyOf(links);
        }
    }

    /**
     * A mirror as its source sees it.
     *
     * @param target the other server
     * @param address where its engine is
     * @param code state: 1 mirroring, 2 resync, 3 broken, 4 paused, 5 resync pending
     * @param state the same as a word
     * @param type {@code SYNC} or {@code ASYNC}
     * @param cause why it does not replicate; {@code NONE} if it does
     * @param detail more about that, for people; may be empty
     * @param counters the counters of chapter 15 by name
     */
    record Link(
            String target,
            String address,
            int code,
            String state,
            String type,
            String cause,
            String detail,
            Map<String, Long> counters) {
        public Link {
            counters = Map.copyOf(counters);
        }
    }
}

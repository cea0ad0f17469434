package org.mainstay.cluster;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/** Fencing devices as operators see them. Provided by quorum.bundle. Thread-safe; never blocks. */
@ProviderType
public interface Fencing {

    /** Returns the levels of all servers, by server and level. */
    List<LevelDevice> levels();

    /**
     * Asks the devices of a server, or of all servers, for their {@code monitor} and {@code status}; changes nothing.
     *
     * @param server empty: all
     * @param progress called with a line per device while it runs
     */
    CompletionStage<List<Test>> test(String server, Consumer<String> progress);

    /**
     * Takes an operator's word that a server is certainly off; it counts as a confirmed fencing. Recorded with who, from where
     * and when. Refused while a comm path to the server is alive, or if it is this server or none of the cluster.
     *
     * @param remark what the operator saw; may be empty
     */
    CompletionStage<Reply> acknowledge(String server, Caller caller, String remark);

    /** Returns the acknowledgements on record here, newest first, at most 100. */
    List<Acknowledgement> acknowledgements();

    /**
     * One device of a level.
     *
     * @param server the server it fences
     * @param level 1 is tried first; the devices of one level must all confirm
     * @param device name in {@code etc/fencing}
     * @param kind {@code agent}, {@code watchdog} or {@code manual}
     * @param what the agent's name, or what confirms
     * @param usable whether it could be used now as far as is known
     * @param remark last test or use, or what is wrong
     */
    record LevelDevice(
            String server, int level, String device, String kind, String what, boolean usable, String remark) {}

    /** Result of a test of one device. */
    record Test(String server, int level, String device, boolean passed, String message) {}

    /**
     * An acknowledgement.
     *
     * @param at wall-clock milliseconds, for display
     */
    record Acknowledgement(String server, String user, String from, long at, String remark) {}
}

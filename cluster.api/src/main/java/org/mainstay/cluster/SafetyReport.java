package org.mainstay.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * How safe the cluster is, computed from the configuration: "what happens if A loses power, if the link is cut, if both".
 *
 * @param verdict how safe it is
 * @param summary one sentence, for status
 * @param modes lines that say what is in effect: quorum, witness, safety check, lease
 * @param servers each server's means
 * @param faults what happens
 * @param resources what is not stoppable or shared without protection
 * @param advice what would make it safer, most useful first
 */
public record SafetyReport(
        Verdict verdict,
        String summary,
        List<String> modes,
        List<Server> servers,
        List<Fault> faults,
        List<Resource> resources,
        List<String> advice) {

    public SafetyReport {
        modes = List.copyOf(modes);
        servers = List.copyOf(servers);
        faults = List.copyOf(faults);
        resources = List.copyOf(resources);
        advice = List.copyOf(advice);
    }

    /** Whether anything may ever run twice. */
    public enum Verdict {
        /**
         * Fencing or watchdogs cover every server: never twice, whatever the faults; or SCSI-3 reservations cover every shared
         * resource in service: never two that write.
         */
        GUARANTEED,
        /** Quorum or witness: never twice unless a whole machine stops for longer than the pause tolerance. */
        UNLESS_PAUSED,
        /** The safety check alone: never twice while the other server can be seen. */
        BY_SIGHT,
        /** Nothing shared: nothing can run twice. */
        NOTHING_SHARED
    }

    /** Outcome of a fault for the service. */
    public enum Outcome {
        /** Comes back by itself on another server. */
        TAKEN_OVER,
        /** Goes on where it is. */
        STAYS,
        /** Stopped or not restarted until an operator or the return of something. */
        DOWN,
        /** May run twice. */
        TWICE
    }

    /**
     * A server's means.
     *
     * @param fencing levels in words; empty: none
     */
    public record Server(String name, List<String> fencing, boolean watchdog) {
        public Server {
            fencing = List.copyOf(fencing);
        }
    }

    /**
     * A fault and what follows.
     *
     * @param fault such as {@code A loses power}
     * @param what for people
     * @param seconds worst time until the service is being restored elsewhere, without the restore itself; 0 if it does not apply
     */
    public record Fault(String fault, Outcome outcome, String what, double seconds) {}

    /**
     * A resource that needs a word.
     *
     * @param remark such as {@code no kill handles: ...}
     */
    public record Resource(String tag, String server, String remark) {}

    /** Computes the report. Provided by quorum.bundle. */
    @ProviderType
    public interface Source {
        /** Returns the report for what is known now; never blocks. */
        SafetyReport report();
    }
}

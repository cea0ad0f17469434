package org.mainstay.cluster;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Quorum and witness as this server sees them now.
 *
 * @param settings in effect
 * @param refused why the present file is not in effect; empty: it is
 * @param warnings what is usable but weak
 * @param right {@code held}, {@code lost}, {@code none} (nothing can lapse) or {@code unknown} (the guard does not answer)
 * @param reason why it is lost; empty else
 * @param cutOff why this server counts itself as cut off; empty: it does not
 * @param servers all servers, this one first
 */
public record QuorumStatus(
        QuorumSettings settings,
        List<String> refused,
        List<String> warnings,
        String right,
        String reason,
        String cutOff,
        List<Server> servers) {

    public QuorumStatus {
        refused = List.copyOf(refused);
        warnings = List.copyOf(warnings);
        servers = List.copyOf(servers);
    }

    /**
     * A server.
     *
     * @param alive whether a comm path to it is alive; true for this server
     * @param grant what this server grants it: {@code granted}, {@code withheld}, {@code lapsed} (withheld, and the last grant is
     *     over); empty: not known
     * @param witness {@code alive}, {@code failed} or {@code unknown}; empty without a witness
     * @param sight {@code seen}, {@code unseen} or {@code unknown}; empty while a comm path is alive
     */
    public record Server(String name, boolean alive, String grant, String witness, String sight) {}

    /** Tells the status. Provided by quorum.bundle. */
    @ProviderType
    public interface Source {
        /** Returns the status now; never blocks. */
        QuorumStatus quorum();
    }
}

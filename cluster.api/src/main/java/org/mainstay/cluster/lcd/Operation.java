package org.mainstay.cluster.lcd;

import java.util.List;

/**
 * A configuration change over several servers, by prepare and commit (design.md section 4).
 *
 * @param id operation id
 * @param coordinator server that decides
 * @param participants all servers it changes
 * @param tags resources it locks on this server
 * @param description for people, such as {@code extend pg to B}
 * @param state how far it got
 * @param changes what changes on this server when it is committed
 * @param decidedBy who decided it, for people: the coordinator's name or an operator and the server; empty while PREPARED
 * @param requestedBy user who asked for it; empty where it is not known
 * @param requestedFrom server and door he asked at, such as {@code A shell}; empty where it is not known
 */
public record Operation(
        String id,
        String coordinator,
        List<String> participants,
        List<String> tags,
        String description,
        State state,
        List<LcdChange<?>> changes,
        String decidedBy,
        String requestedBy,
        String requestedFrom) {

    /** How far an operation got on this server. */
    public enum State {
        /** Ready to apply; in doubt while the coordinator is away. */
        PREPARED,
        /** Decided: the record survives until every participant has applied it. */
        COMMITTED,
        /**
         * Given up here; the record survives until no participant can hold a commit record any more. A commit record that turns
         * up wins: the changes are made after all (decision 0039).
         */
        ABORTED
    }

    public Operation {
        participants = List.copyOf(participants);
        tags = List.copyOf(tags);
        changes = List.copyOf(changes);
        // Databases and servers of an earlier release know nothing of the last two.
        requestedBy = requestedBy == null ? "" : requestedBy;
        requestedFrom = requestedFrom == null ? "" : requestedFrom;
    }

    /** An operation nobody has decided. */
    public Operation(
            String id,
            String coordinator,
            List<String> participants,
            List<String> tags,
            String description,
            State state,
            List<LcdChange<?>> changes) {
        this(id, coordinator, participants, tags, description, state, changes, "", "", "");
    }

    /** Returns this as asked for by somebody. */
    public Operation requested(String who, String from) {
        return new Operation(id, coordinator, participants, tags, description, state, changes, decidedBy, who, from);
    }

    /** Returns this as decided by somebody. */
    public Operation decided(State newState, String by) {
        return new Operation(
                id, coordinator, participants, tags, description, newState, changes, by, requestedBy, requestedFrom);
    }
}

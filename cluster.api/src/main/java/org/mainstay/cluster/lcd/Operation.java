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
 */
public record Operation(
        String id,
        String coordinator,
        List<String> participants,
        List<String> tags,
        String description,
        State state,
        List<LcdChange<?>> changes) {

    /** How far an operation got on this server. */
    public enum State {
        /** Ready to apply; in doubt while the coordinator is away. */
        PREPARED,
        /** Decided: the record survives until every participant has applied it. */
        COMMITTED
    }

    public Operation {
        participants = List.copyOf(participants);
        tags = List.copyOf(tags);
        changes = List.copyOf(changes);
    }

    public Operation at(State newState) {
        return new Operation(id, coordinator, participants, tags, description, newState, changes);
    }
}

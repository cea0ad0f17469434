package org.mainstay.shell.internal.socket;

import java.util.Locale;
import java.util.Optional;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.registry.CommandException;
import org.mainstay.shell.internal.registry.Tunables;

/**
 * The group whose members may use the local door besides root.
 *
 * @param name of the operating system
 * @param role what its members may do
 */
public record DoorGroup(String name, Caller.Role role) {
    static final String NAME = "COMMAND_GROUP";
    static final String ROLE = "COMMAND_GROUP_ROLE";

    /** Returns what {@code etc/default/LifeKeeper} configures; empty if there is no group. @throws CommandException if the role is none */
    public static Optional<DoorGroup> of(Tunables tunables) throws CommandException {
        String name = tunables.text(NAME, "");
        String role = tunables.text(ROLE, "operator");
        for (Caller.Role one : Caller.Role.values()) {
            if (one.name().toLowerCase(Locale.ROOT).equals(role)) {
                return name.isEmpty() ? Optional.empty() : Optional.of(new DoorGroup(name, one));
            }
        }
        throw CommandException.invalid(ROLE + " in etc/default/LifeKeeper is guest, operator or administrator, not '"
                + role + "'; correct the file. Until then only root may use the commands");
    }
}

package org.mainstay.shell.internal.registry;

import java.util.Optional;

/** A command that acts on another server when told so ({@code -d destsys}, {@code --on NAME}): the registry passes it on (CMD-004). */
public interface ServerChoice {

    /** Returns the chosen server; empty for this one. */
    Optional<String> chosenServer();
}

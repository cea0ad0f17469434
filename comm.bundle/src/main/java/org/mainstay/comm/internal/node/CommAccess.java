package org.mainstay.comm.internal.node;

import java.nio.file.Path;
import java.util.Optional;
import org.mainstay.comm.internal.identity.Identity;

/** What the components of this bundle share. Thread-safe. */
public interface CommAccess {
    /** Returns the running node; empty if this server belongs to no cluster. */
    Optional<CommNode> node();

    /** Returns its identity; empty if this server belongs to no cluster. */
    Optional<Identity> identity();

    /** Returns {@code data/} of the installation. */
    Path dataDirectory();
}

package org.mainstay.shell.internal.kit;

import java.util.List;
import org.mainstay.shell.internal.registry.CommandException;

/** The kits of the servers of this cluster. Thread-safe; calls wait for what they ask for. */
public interface KitManager {

    /** What is to be done with a kit. */
    enum Change {
        INSTALL,
        UPGRADE,
        REMOVE
    }

    /**
     * An order for one server.
     *
     * @param change what is to be done
     * @param name the kit's name, for what the distribution carries and for removals; empty where a jar is given
     * @param jar the kit's jar; empty where a name is given
     * @param downgrade whether an older version may replace a newer one
     */
    record Order(Change change, String name, byte[] jar, boolean downgrade) {
        public Order {
            jar = jar.clone();
        }

        @Override
        public byte[] jar() {
            return jar.clone();
        }
    }

    /**
     * Returns the kits installed on a server, sorted by name.
     *
     * @throws CommandException exit code 9 if the server cannot be reached
     */
    List<KitState> list(String server) throws CommandException, InterruptedException;

    /**
     * Carries out an order; a kit that does not work afterwards is taken back and what was there before is there again.
     *
     * @return a line for the operator
     * @throws CommandException with the reason, if nothing was changed
     */
    String apply(String server, Order order) throws CommandException, InterruptedException;
}

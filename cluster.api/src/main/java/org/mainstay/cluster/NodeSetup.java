package org.mainstay.cluster;

import java.io.IOException;
import java.nio.file.Path;
import org.mainstay.cluster.lcd.Membership;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Making a node while Mainstay is stopped here: identity, cluster CA, joining. Implemented by comm, found by
 * {@link java.util.ServiceLoader} in the offline tools' plain JVM.
 */
@ConsumerType
public interface NodeSetup {

    /**
     * Makes the identity of the first server of a new cluster, with the cluster CA.
     *
     * @param dataDirectory {@code data/} of the installation
     * @return the membership to store in the database
     * @throws IOException if there is an identity already or files cannot be written; nothing is left behind
     */
    Membership init(Path dataDirectory, String name, String address, int port) throws IOException;

    /**
     * Joins the cluster of a running peer with a one-time code; the exchange authenticates both sides. The peer commits the
     * new membership.
     *
     * @param peer address of the peer, {@code address} or {@code address:port}
     * @return the membership to store in the database
     * @throws IOException with a sentence for the operator if it fails; nothing is left behind here
     */
    Membership join(Path dataDirectory, String name, String address, int port, String peer, String code)
            throws IOException;
}

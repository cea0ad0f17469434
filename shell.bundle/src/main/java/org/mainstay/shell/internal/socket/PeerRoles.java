package org.mainstay.shell.internal.socket;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.mainstay.cluster.Caller;

/** Who is at the other end of a local connection, by the kernel's word (I7). */
public final class PeerRoles {
    private final Set<UserPrincipal> administrators;

    private PeerRoles(Set<UserPrincipal> administrators) {
        this.administrators = Set.copyOf(administrators);
    }

    /**
     * Returns the rule of this release: root and the user Mainstay runs as are administrators.
     *
     * @param ownFile a file this process has made: its owner is the user Mainstay runs as
     */
    public static PeerRoles rootAndOwnerOf(Path ownFile) throws IOException {
        UserPrincipal root =
                FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("root");
        UserPrincipal owner = Files.getOwner(ownFile);
        return new PeerRoles(root.equals(owner) ? Set.of(root) : Set.of(root, owner));
    }

    /** Returns the caller; empty if the user may not use the socket. @param from where the door is, such as {@code A bin} */
    Optional<Caller> caller(SocketChannel channel, String from) throws IOException {
        UnixDomainPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        return administrators.contains(peer.user())
                ? Optional.of(new Caller(peer.user().getName(), Caller.Role.ADMINISTRATOR, from))
                : Optional.empty();
    }
}

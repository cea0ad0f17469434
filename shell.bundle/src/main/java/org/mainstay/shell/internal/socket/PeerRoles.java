package org.mainstay.shell.internal.socket;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.mainstay.cluster.Caller;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is at the other end of a local connection, by the kernel's word (I7): root and the user Mainstay runs as are administrators;
 * members of the configured group have its role (ADM-010 to ADM-012); nobody else gets in.
 */
public final class PeerRoles {
    private static final Logger LOG = LoggerFactory.getLogger(PeerRoles.class);
    private static final long LOOKUP_SECONDS = 5;

    private final Set<UserPrincipal> administrators;
    private final Optional<DoorGroup> group;
    private final int groupId;

    private PeerRoles(Set<UserPrincipal> administrators, Optional<DoorGroup> group, int groupId) {
        this.administrators = Set.copyOf(administrators);
        this.group = group;
        this.groupId = groupId;
    }

    /**
     * Returns the rule for a door.
     *
     * @param ownFile a file this process has made: its owner is the user Mainstay runs as, its group that of {@code group} if there is one
     */
    static PeerRoles of(Path ownFile, Optional<DoorGroup> group) throws IOException {
        UserPrincipal root =
                FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("root");
        UserPrincipal owner = Files.getOwner(ownFile);
        int id = (Integer) Files.getAttribute(ownFile, "unix:gid");
        return new PeerRoles(root.equals(owner) ? Set.of(root) : Set.of(root, owner), group, id);
    }

    /** Returns whom the door is for, to tell those it is not for. */
    String allowed() {
        return "only root"
                + group.map(one -> ", the user that runs Mainstay and the group " + one.name())
                        .orElse(" and the user that runs Mainstay");
    }

    /** Returns the user at the other end, by the kernel's word. */
    static UserPrincipal peer(SocketChannel channel) throws IOException {
        UnixDomainPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        return peer.user();
    }

    /** Returns whether a user is an administrator by itself, not as a member of a group. */
    boolean administrates(UserPrincipal user) {
        return administrators.contains(user);
    }

    /** Returns the caller; empty if the user may not use the socket. @param from where the door is, such as {@code A bin} */
    Optional<Caller> caller(UserPrincipal peer, String from) {
        String user = peer.getName();
        if (administrates(peer)) {
            return Optional.of(new Caller(user, Caller.Role.ADMINISTRATOR, from));
        }
        return group.filter(one -> groups(user).contains(Integer.toString(groupId)))
                .map(one -> new Caller(user, one.role(), from));
    }

    /**
     * Returns the ids of a user's groups as this machine's databases have them: the kernel tells of a peer only the group it has at the
     * moment, which may be another of its own.
     */
    private static List<String> groups(String user) {
        try {
            Process process = new ProcessBuilder("id", "-G", "--", user)
                    .redirectErrorStream(false)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            CompletableFuture.delayedExecutor(LOOKUP_SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return process.waitFor() == 0 ? List.of(said.strip().split(" ")) : List.of();
        } catch (IOException e) {
            LOG.warn("the groups of {} cannot be looked up, so it is not let in: {}", user, e.getMessage());
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}

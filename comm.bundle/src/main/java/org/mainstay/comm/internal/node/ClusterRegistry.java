package org.mainstay.comm.internal.node;

import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.mainstay.cluster.Administration;
import org.mainstay.cluster.Caller;
import org.mainstay.cluster.Cluster;
import org.mainstay.cluster.Registration;
import org.mainstay.cluster.Reply;
import org.mainstay.cluster.Request;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.enrol.JoinServer;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.identity.PeerCertificates;

/** What a join needs of the cluster, from core. Thread-safe. */
final class ClusterRegistry implements JoinServer.Registry {
    private static final long COMMIT_SECONDS = 60;

    private final Identity identity;
    private final Path dataDirectory;
    private final Cluster cluster;
    private final Administration administration;

    ClusterRegistry(Identity identity, Path dataDirectory, Cluster cluster, Administration administration) {
        this.identity = identity;
        this.dataDirectory = dataDirectory;
        this.cluster = cluster;
        this.administration = administration;
    }

    @Override
    public Membership membership() {
        return cluster.snapshot().own().membership();
    }

    @Override
    public List<X509Certificate> certificates() {
        PeerCertificates seen =
                new PeerCertificates(dataDirectory.resolve(Identity.DIRECTORY).resolve("peers"));
        List<X509Certificate> certificates = new ArrayList<>(seen.all(membership()));
        certificates.add(identity.certificate());
        return certificates;
    }

    @Override
    public byte[] authorityKey() throws IOException {
        return Identity.authorityKey(dataDirectory);
    }

    @Override
    public Membership commit(Member member) throws IOException {
        Caller caller = new Caller("node join", Caller.Role.ADMINISTRATOR, identity.name() + " comm");
        Reply reply = await(
                administration
                        .submit(new Request.AddMember(member), caller, line -> {})
                        .toCompletableFuture(),
                "the cluster did not decide in time whether to admit " + member.name());
        if (!reply.succeeded()) {
            throw new IOException("the cluster did not admit " + member.name() + ": " + reply.message());
        }
        CompletableFuture<Membership> visible = new CompletableFuture<>();
        Registration registration = cluster.listen(snapshot -> {
            Membership membership = snapshot.own().membership();
            if (membership.member(member.name()).filter(member::equals).isPresent()) {
                visible.complete(membership);
            }
        });
        try {
            Membership present = membership();
            if (present.member(member.name()).filter(member::equals).isPresent()) {
                return present;
            }
            return await(visible, member.name() + " was admitted, but " + identity.name() + " does not show it");
        } finally {
            registration.close();
        }
    }

    private static <T> T await(CompletableFuture<T> future, String late) throws IOException {
        try {
            return future.get(COMMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException(late, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Mainstay stops on " + Thread.currentThread().getName(), e);
        }
    }
}

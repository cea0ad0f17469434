package org.mainstay.comm.internal.enrol;

import java.io.IOException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.lcd.Member;
import org.mainstay.cluster.lcd.Membership;
import org.mainstay.comm.internal.identity.Certificates;
import org.mainstay.comm.internal.identity.Identity;
import org.mainstay.comm.internal.net.View;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The member's side of a join. Thread-safe; a conversation blocks its thread. */
public final class JoinServer {
    private static final Logger LOG = LoggerFactory.getLogger(JoinServer.class);

    /** Largest difference of wall clocks at a join: later it does not matter, but it makes logs unreadable. */
    static final Duration CLOCKS = Duration.ofMinutes(10);

    private static final int ROUND_MILLIS = 20_000;
    private static final int DONE_MILLIS = 30_000;

    private final Identity identity;
    private final Invitation invitation;
    private final Registry registry;
    private final Clock clock;
    private final SecureRandom random;

    /** What a join needs of the cluster. */
    public interface Registry {
        /** Returns the newest membership known here. */
        Membership membership();

        /** Returns certificates of members that were seen, this server's included. */
        List<X509Certificate> certificates();

        /** Unseals the key of the cluster's authority (PKCS #8). */
        byte[] authorityKey() throws IOException;

        /**
         * Commits the membership with the member; returns it once it holds the member.
         *
         * @throws IOException with a sentence for the operator of the joining server
         */
        Membership commit(Member member) throws IOException;
    }

    /** @param clock wall clock, compared with the joining server's */
    public JoinServer(Identity identity, Invitation invitation, Registry registry, Clock clock, SecureRandom random) {
        this.identity = identity;
        this.invitation = invitation;
        this.registry = registry;
        this.clock = clock;
        this.random = random;
    }

    /** The last message of a conversation; sent when the invitation's place is free again, so that a next try finds it so. */
    private interface LastWord {
        void say() throws IOException;
    }

    /** Runs one conversation to its end; the caller has reserved the invitation's place, which is given back here. */
    public void serve(JoinWire wire, String source) {
        JoinChannel channel = new JoinChannel(wire, false);
        LastWord last;
        try {
            wire.patience(ROUND_MILLIS);
            String code = invitation.code();
            channel.authenticate(code, progress(code), random);
            last = admit(channel, wire, code, source);
        } catch (Pake.WrongCode e) {
            LOG.warn("{} tried to join with a wrong setup code", source);
            last = () -> channel.refuse("the setup code is wrong; after 3 tries or 10 minutes a new one is needed"
                    + " (mainstay node invite)");
        } catch (IOException e) {
            LOG.warn("joining from {} failed: {}", source, e.getMessage());
            last = () -> channel.refuse(e.getMessage());
        } finally {
            invitation.leave();
        }
        try {
            last.say();
        } catch (IOException e) {
            LOG.warn("{} did not hear the end of its conversation: {}", source, e.getMessage());
        } finally {
            wire.close();
        }
    }

    private JoinChannel.Progress progress(String code) {
        return new JoinChannel.Progress() {
            @Override
            public void begun() throws IOException {
                invitation.used(code);
            }

            @Override
            public void proved() throws IOException {
                invitation.proved(code);
            }
        };
    }

    private LastWord admit(JoinChannel channel, JoinWire wire, String code, String source) throws IOException {
        JoinMessages.Application application = channel.receive(JoinMessages.Application.class);
        byte[] authorityKey = registry.authorityKey();
        try {
            PublicKey key;
            Member member;
            try {
                key = Certificates.requestedKey(decode(application.request()), String.valueOf(application.name()));
                member = check(application, key);
            } catch (IOException e) {
                LOG.warn("{} may not join: {}", source, e.getMessage());
                return () -> channel.send(new JoinMessages.Offer(e.getMessage(), "", "", List.of()));
            }
            channel.send(offer(authorityKey, member, key));
            channel.receive(JoinMessages.Ready.class);
            Membership committed;
            try {
                committed = registry.commit(member);
            } catch (IOException e) {
                LOG.warn("{} could not be added to the cluster: {}", member.name(), e.getMessage());
                return () -> channel.send(new JoinMessages.Admission(e.getMessage(), null, ""));
            }
            invitation.spent(code);
            LOG.info("{} joined the cluster with address {}", member.name(), member.address());
            JoinMessages.Admission admission = new JoinMessages.Admission(
                    "", committed, Base64.getEncoder().encodeToString(authorityKey));
            return () -> {
                channel.send(admission);
                confirm(channel, wire, member);
            };
        } finally {
            Arrays.fill(authorityKey, (byte) 0);
        }
    }

    private static void confirm(JoinChannel channel, JoinWire wire, Member member) {
        try {
            wire.patience(DONE_MILLIS);
            channel.receive(JoinMessages.Done.class);
        } catch (IOException e) {
            LOG.warn(
                    "{} is a member now but did not confirm it ({}); if 'node join' failed there, remove it with"
                            + " 'mainstay node remove --force {}' and join again",
                    member.name(),
                    e.getMessage(),
                    member.name());
        }
    }

    private JoinMessages.Offer offer(byte[] authorityKey, Member member, PublicKey key) throws IOException {
        try {
            PrivateKey authority = Certificates.privateKey(authorityKey);
            List<String> certificates = new ArrayList<>();
            for (X509Certificate certificate : registry.certificates()) {
                certificates.add(Base64.getEncoder().encodeToString(certificate.getEncoded()));
            }
            return new JoinMessages.Offer(
                    "",
                    Base64.getEncoder()
                            .encodeToString(Certificates.issue(authority, member.name(), key)
                                    .getEncoded()),
                    Base64.getEncoder().encodeToString(identity.authority().getEncoded()),
                    certificates);
        } catch (GeneralSecurityException e) {
            throw new IOException("the key of the cluster authority on " + identity.name() + " is damaged", e);
        }
    }

    private Member check(JoinMessages.Application application, PublicKey key) throws IOException {
        Member member;
        try {
            member = new Member(
                    String.valueOf(application.name()),
                    String.valueOf(application.address()),
                    application.port(),
                    Certificates.pin(key));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        Membership membership = registry.membership();
        if (membership.member(member.name()).isPresent()) {
            throw new IOException("the cluster has a server named '" + member.name() + "' already; choose another name,"
                    + " or if that one is gone or its join failed, run 'mainstay node remove --force " + member.name()
                    + "' on " + identity.name() + " first");
        }
        Optional<InetAddress> address = View.resolve(member.address());
        if (address.isEmpty()) {
            throw new IOException("'" + member.address() + "' is not an IP address; give one of the new server's own");
        }
        for (Member other : membership.members()) {
            if (other.port() == member.port() && View.resolve(other.address()).equals(address)) {
                throw new IOException("the address " + member.address() + " port " + member.port() + " belongs to '"
                        + other.name() + "'; give one of the new server's own");
            }
        }
        Duration apart = Duration.ofMillis(Math.abs(clock.millis() - application.time()));
        if (apart.compareTo(CLOCKS) > 0) {
            throw new IOException("the clocks of '" + member.name() + "' and '" + identity.name() + "' are "
                    + apart.plusSeconds(30).toMinutes()
                    + " minutes apart; set them right (better: use NTP) and join again");
        }
        return member;
    }

    static byte[] decode(String base64) throws IOException {
        try {
            return Base64.getDecoder().decode(String.valueOf(base64));
        } catch (IllegalArgumentException e) {
            throw new IOException("a malformed message", e);
        }
    }
}

package org.mainstay.comm.internal.enrol;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.agreement.jpake.JPAKEParticipant;
import org.bouncycastle.crypto.agreement.jpake.JPAKEPrimeOrderGroups;
import org.bouncycastle.crypto.agreement.jpake.JPAKERound1Payload;
import org.bouncycastle.crypto.agreement.jpake.JPAKERound2Payload;
import org.bouncycastle.crypto.agreement.jpake.JPAKERound3Payload;
import org.bouncycastle.crypto.digests.SHA256Digest;

/**
 * J-PAKE (RFC 8236) over the 3072-bit group with SHA-256: a shared strong key from the short code, without giving an attacker
 * more than one guess per run. Calls in the order of the rounds; one run per object; used by one thread.
 */
final class Pake {
    private static final Gson GSON = new Gson();
    /** Hexadecimal digits of a group element, with room. */
    private static final int LONGEST_NUMBER = 800;

    private final JPAKEParticipant participant;
    private final String ownRole;
    private final String otherRole;
    private BigInteger material;

    /** Message of a round: numbers in hexadecimal. */
    private record Round(String role, List<String> numbers) {}

    /** @param ownRole id of this side, different from the other's; both are part of all proofs */
    Pake(String ownRole, String otherRole, String code, SecureRandom random) {
        this.ownRole = ownRole;
        this.otherRole = otherRole;
        participant = new JPAKEParticipant(
                ownRole, code.toCharArray(), JPAKEPrimeOrderGroups.NIST_3072, new SHA256Digest(), random);
    }

    byte[] round1() {
        JPAKERound1Payload own = participant.createRound1PayloadToSend();
        return write(
                own.getGx1(),
                own.getGx2(),
                own.getKnowledgeProofForX1()[0],
                own.getKnowledgeProofForX1()[1],
                own.getKnowledgeProofForX2()[0],
                own.getKnowledgeProofForX2()[1]);
    }

    void takeRound1(byte[] message) throws IOException {
        BigInteger[] n = read(message, 6);
        try {
            participant.validateRound1PayloadReceived(new JPAKERound1Payload(
                    otherRole, n[0], n[1], new BigInteger[] {n[2], n[3]}, new BigInteger[] {n[4], n[5]}));
        } catch (CryptoException e) {
            throw new IOException("the exchange was tampered with (first round)", e);
        }
    }

    byte[] round2() {
        JPAKERound2Payload own = participant.createRound2PayloadToSend();
        return write(own.getA(), own.getKnowledgeProofForX2s()[0], own.getKnowledgeProofForX2s()[1]);
    }

    void takeRound2(byte[] message) throws IOException {
        BigInteger[] n = read(message, 3);
        try {
            participant.validateRound2PayloadReceived(
                    new JPAKERound2Payload(otherRole, n[0], new BigInteger[] {n[1], n[2]}));
        } catch (CryptoException e) {
            throw new IOException("the exchange was tampered with (second round)", e);
        }
        material = participant.calculateKeyingMaterial();
    }

    /** Returns the proof that this side has the key. */
    byte[] confirmation() {
        return write(participant.createRound3PayloadToSend(material).getMacTag());
    }

    /** Checks the other's proof. @throws WrongCode if its code is another one */
    void takeConfirmation(byte[] message) throws IOException {
        BigInteger[] n = read(message, 1);
        try {
            participant.validateRound3PayloadReceived(new JPAKERound3Payload(otherRole, n[0]), material);
        } catch (CryptoException e) {
            throw new WrongCode(e);
        }
    }

    /** Returns the secret both sides have now. */
    byte[] secret() {
        return material.toByteArray();
    }

    /** The two sides do not have the same code. */
    static final class WrongCode extends IOException {
        private static final long serialVersionUID = 1L;

        WrongCode(Throwable cause) {
            super("the setup code is wrong", cause);
        }
    }

    private byte[] write(BigInteger... numbers) {
        List<String> texts =
                Stream.of(numbers).map(number -> number.toString(16)).toList();
        return GSON.toJson(new Round(ownRole, texts)).getBytes(StandardCharsets.UTF_8);
    }

    private BigInteger[] read(byte[] message, int count) throws IOException {
        try {
            Round round = GSON.fromJson(new String(message, StandardCharsets.UTF_8), Round.class);
            if (round == null || !otherRole.equals(round.role()) || round.numbers() == null) {
                throw new IOException("a message of the wrong side or round");
            }
            if (round.numbers().size() != count
                    || round.numbers().stream().anyMatch(text -> text == null || text.length() > LONGEST_NUMBER)) {
                throw new IOException("a message of the wrong shape");
            }
            return round.numbers().stream()
                    .map(text -> new BigInteger(text, 16))
                    .toArray(BigInteger[]::new);
        } catch (JsonParseException | NumberFormatException e) {
            throw new IOException("a malformed message", e);
        }
    }
}

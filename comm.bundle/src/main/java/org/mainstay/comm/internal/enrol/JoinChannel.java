package org.mainstay.comm.internal.enrol;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.mainstay.comm.internal.identity.Hkdf;

/**
 * The join protocol's channel: the password-authenticated exchange in the clear, then messages sealed with its key. The sealing
 * keys also depend on every byte exchanged before, so nobody in between can have changed one. Used by one thread.
 */
final class JoinChannel {
    static final String JOINER = "mainstay joining server";
    static final String MEMBER = "mainstay member";

    private static final int ERROR = 0;
    private static final int EXCHANGE = 1;
    private static final int SEALED = 2;
    private static final int LONGEST_ERROR = 500;
    private static final Gson GSON = new Gson();

    private final JoinWire wire;
    private final boolean joiner;
    private final MessageDigest transcript;
    private byte[] sendKey;
    private byte[] receiveKey;
    private long sent;
    private long received;

    JoinChannel(JoinWire wire, boolean joiner) {
        this.wire = wire;
        this.joiner = joiner;
        try {
            transcript = MessageDigest.getInstance("SHA-256");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
        transcript.update(JoinWire.MAGIC);
    }

    /** Told when the other side's first message is complete, and when it has proved the code. */
    interface Progress {
        void begun() throws IOException;

        void proved() throws IOException;
    }

    /**
     * Runs the exchange. The joining side proves that it knows the code first: a member reveals nothing that a guess could be
     * checked against before that.
     */
    void authenticate(String code, Progress progress, SecureRandom random) throws IOException {
        Pake pake = joiner ? new Pake(JOINER, MEMBER, code, random) : new Pake(MEMBER, JOINER, code, random);
        try {
            if (joiner) {
                say(pake.round1());
                pake.takeRound1(hear());
                say(pake.round2());
                pake.takeRound2(hear());
                say(pake.confirmation());
                pake.takeConfirmation(hear());
            } else {
                // The library wants each own message made before the other's is looked at.
                byte[] first = hear();
                progress.begun();
                byte[] own = pake.round1();
                pake.takeRound1(first);
                say(own);
                byte[] second = hear();
                own = pake.round2();
                pake.takeRound2(second);
                say(own);
                byte[] proof = hear();
                own = pake.confirmation();
                pake.takeConfirmation(proof);
                progress.proved();
                say(own);
            }
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new IOException("the exchange was tampered with", e);
        }
        byte[] binding = transcript.digest();
        byte[] secret = pake.secret();
        byte[] ofJoiner = Hkdf.derive(secret, binding, JOINER.getBytes(StandardCharsets.US_ASCII), 32);
        byte[] ofMember = Hkdf.derive(secret, binding, MEMBER.getBytes(StandardCharsets.US_ASCII), 32);
        Arrays.fill(secret, (byte) 0);
        sendKey = joiner ? ofJoiner : ofMember;
        receiveKey = joiner ? ofMember : ofJoiner;
    }

    private void say(byte[] message) throws IOException {
        byte[] frame = tagged(EXCHANGE, message);
        note(joiner, frame);
        wire.write(frame);
    }

    private byte[] hear() throws IOException {
        byte[] frame = wire.read();
        byte[] content = content(frame, EXCHANGE);
        note(!joiner, frame);
        return content;
    }

    private void note(boolean byJoiner, byte[] frame) {
        transcript.update((byte) (byJoiner ? 1 : 2));
        transcript.update(ByteBuffer.allocate(4).putInt(frame.length).array());
        transcript.update(frame);
    }

    /** Sends an object under the key. */
    void send(Object message) throws IOException {
        byte[] plain = GSON.toJson(message).getBytes(StandardCharsets.UTF_8);
        try {
            wire.write(
                    tagged(SEALED, cipher(Cipher.ENCRYPT_MODE, sendKey, sent++).doFinal(plain)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime cannot encrypt with AES-256-GCM", e);
        }
    }

    /** Receives an object under the key. */
    <T> T receive(Class<T> type) throws IOException {
        byte[] sealed = content(wire.read(), SEALED);
        try {
            byte[] plain = cipher(Cipher.DECRYPT_MODE, receiveKey, received++).doFinal(sealed);
            T message = GSON.fromJson(new String(plain, StandardCharsets.UTF_8), type);
            if (message == null) {
                throw new IOException("an empty message");
            }
            return message;
        } catch (GeneralSecurityException e) {
            throw new IOException("a message was changed on its way", e);
        } catch (JsonParseException e) {
            throw new IOException("a malformed message; do both servers run adjacent releases?", e);
        }
    }

    /** Tells the other side in the clear why it ends; nothing secret. */
    void refuse(String reason) {
        try {
            wire.write(tagged(ERROR, reason.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            // The connection is lost anyway: the other side sees its end.
            wire.close();
        }
    }

    private static byte[] content(byte[] frame, int kind) throws IOException {
        if (frame.length > 0 && frame[0] == ERROR) {
            String reason = new String(frame, 1, Math.min(frame.length - 1, LONGEST_ERROR), StandardCharsets.UTF_8);
            throw new Refused(reason.replaceAll("\\p{Cntrl}", " "));
        }
        if (frame.length == 0 || frame[0] != kind) {
            throw new IOException("a message out of turn");
        }
        return Arrays.copyOfRange(frame, 1, frame.length);
    }

    private static byte[] tagged(int kind, byte[] content) {
        byte[] frame = new byte[content.length + 1];
        frame[0] = (byte) kind;
        System.arraycopy(content, 0, frame, 1, content.length);
        return frame;
    }

    private static Cipher cipher(int mode, byte[] key, long counter) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(counter).array();
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        return cipher;
    }

    /** The other side refused; its reason. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;

        Refused(String reason) {
            super(reason);
        }
    }
}

package org.mainstay.shell.internal.remote;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.mainstay.cluster.Caller;
import org.mainstay.shell.internal.socket.Frame;
import org.mainstay.shell.internal.socket.Frame.ProtocolException;
import org.mainstay.shell.internal.socket.RunFrame;

/**
 * A message of the topic {@code command} (PROTOCOL.md).
 *
 * @param run id of the run, chosen by the asking server
 * @param frame one frame
 */
record RemoteMessage(String run, Frame frame) {

    byte[] encoded() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream data = new DataOutputStream(bytes)) {
            RunFrame.writeString(data, run);
            data.write(frame.encoded().array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static RemoteMessage parse(byte[] payload) throws ProtocolException {
        try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(payload))) {
            return new RemoteMessage(RunFrame.readString(data), Frame.read(data));
        } catch (ProtocolException e) {
            throw e;
        } catch (IOException e) {
            throw new ProtocolException("a message that ends too early");
        }
    }

    /** A command and who asks for it. */
    record Start(Caller caller, RunFrame run) {

        Frame frame() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream data = new DataOutputStream(bytes)) {
                RunFrame.writeString(data, caller.user());
                data.writeByte(caller.role().ordinal());
                RunFrame.writeString(data, caller.from());
                run.write(data);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new Frame(Frame.RUN, bytes.toByteArray());
        }

        static Start parse(byte[] payload) throws IOException {
            try (DataInputStream data = new DataInputStream(new ByteArrayInputStream(payload))) {
                String user = RunFrame.readString(data);
                int role = data.readUnsignedByte();
                String from = RunFrame.readString(data);
                Caller.Role[] roles = Caller.Role.values();
                if (role >= roles.length) {
                    throw new ProtocolException("role " + role + " does not exist");
                }
                return new Start(new Caller(user, roles[role], from), RunFrame.read(data));
            } catch (EOFException e) {
                throw new ProtocolException("a run message that ends too early");
            }
        }
    }
}

package org.mainstay.shell.internal.socket;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mainstay.shell.internal.registry.CommandCall;
import org.mainstay.shell.internal.registry.Terminal;
import org.mainstay.shell.internal.socket.Frame.ProtocolException;

/**
 * Payload of the frame that starts a command.
 *
 * @param flags bit 0: standard output is a terminal, bit 1: standard error, bit 2: standard input
 * @param columns width of the terminal, 0 = not known
 * @param call program and arguments
 * @param workingDirectory the caller's
 * @param environment selected variables
 */
public record RunFrame(
        int flags, int columns, CommandCall call, String workingDirectory, Map<String, String> environment) {
    public static final int VERSION = 1;
    public static final int OUTPUT_IS_TERMINAL = 1;

    public RunFrame {
        environment = Map.copyOf(environment);
    }

    /** Returns what the caller's standard output is. */
    public Terminal terminal() {
        return Terminal.of((flags & OUTPUT_IS_TERMINAL) != 0, columns, environment);
    }

    /** Returns the description that makes the running side see the same terminal. */
    public static RunFrame of(CommandCall call, Terminal terminal) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LANG", terminal.unicode() ? "C.UTF-8" : "C");
        if (!terminal.colour()) {
            environment.put("NO_COLOR", "1");
        }
        return new RunFrame(terminal.interactive() ? OUTPUT_IS_TERMINAL : 0, terminal.columns(), call, "", environment);
    }

    public static RunFrame parse(byte[] payload) throws IOException {
        return read(new DataInputStream(new ByteArrayInputStream(payload)));
    }

    /** Reads the fields; what follows them is ignored. */
    public static RunFrame read(DataInputStream data) throws IOException {
        try {
            int version = data.readUnsignedShort();
            if (version != VERSION) {
                throw new VersionException(version);
            }
            int flags = data.readUnsignedByte();
            int columns = data.readUnsignedShort();
            String program = readString(data);
            String directory = readString(data);
            List<String> arguments = readStrings(data);
            Map<String, String> environment = new HashMap<>();
            for (String variable : readStrings(data)) {
                int equals = variable.indexOf('=');
                if (equals < 1) {
                    throw new ProtocolException("an environment variable without a name");
                }
                environment.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
            return new RunFrame(flags, columns, new CommandCall(program, arguments), directory, environment);
        } catch (EOFException e) {
            throw new ProtocolException("the run frame ends too early");
        }
    }

    private static List<String> readStrings(DataInputStream data) throws IOException {
        int count = data.readUnsignedShort();
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            strings.add(readString(data));
        }
        return strings;
    }

    /** Reads a string. @throws ProtocolException if it is not UTF-8 or longer than what is left */
    public static String readString(DataInputStream data) throws IOException {
        int length = data.readInt();
        if (length < 0 || length > data.available()) {
            throw new ProtocolException("a string longer than its frame");
        }
        byte[] bytes = new byte[length];
        data.readFully(bytes);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProtocolException("a string that is not UTF-8");
        }
    }

    public static void writeString(DataOutputStream data, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        data.writeInt(bytes.length);
        data.write(bytes);
    }

    /** Returns the payload. */
    public byte[] encoded() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public void write(DataOutputStream data) throws IOException {
        data.writeShort(VERSION);
        data.writeByte(flags);
        data.writeShort(columns);
        writeString(data, call.name());
        writeString(data, workingDirectory);
        data.writeShort(call.arguments().size());
        for (String argument : call.arguments()) {
            writeString(data, argument);
        }
        data.writeShort(environment.size());
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            writeString(data, variable.getKey() + "=" + variable.getValue());
        }
    }

    /** The client speaks another version. */
    public static final class VersionException extends IOException {
        private static final long serialVersionUID = 1L;

        VersionException(int version) {
            super("this client speaks version " + version + " of the command protocol, Mainstay here version " + VERSION
                    + "; use the client of the same installation");
        }
    }
}

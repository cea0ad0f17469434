package org.mainstay.shell.internal.snmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.snmp4j.PDU;
import org.snmp4j.asn1.BER;
import org.snmp4j.asn1.BEROutputStream;
import org.snmp4j.mp.SnmpConstants;
import org.snmp4j.smi.Integer32;
import org.snmp4j.smi.OID;
import org.snmp4j.smi.OctetString;
import org.snmp4j.smi.TimeTicks;
import org.snmp4j.smi.VariableBinding;

/** A trap as it goes over the network: an SNMPv2 notification (RFC 3416) in a community message (RFC 1901). */
final class TrapMessage {
    /** The product's part of the tree of object identifiers (SNMP-004). */
    static final String PRODUCT = "1.3.6.1.4.1.7359.1";
    /** Most bytes of a variable; the MIB says so, too. */
    static final int MOST_BYTES = 1_024;

    private static final int VERSION_2C = 1;
    private static final int VERSION_BYTES = 3;
    private static final int HEADER_BYTES = 8;
    /** Values of TimeTicks are 32 bits wide and begin again at 0. */
    private static final long TICKS = 1L << 32;

    private TrapMessage() {}

    /**
     * Encodes a trap.
     *
     * @param upTime since Mainstay started here, in hundredths of a second
     * @param requestId any number; receivers may use it to recognise a message that arrives twice
     */
    static byte[] encode(Trap trap, byte[] community, long upTime, int requestId) {
        PDU pdu = new PDU();
        pdu.setType(PDU.NOTIFICATION);
        pdu.setRequestID(new Integer32(requestId));
        pdu.add(new VariableBinding(SnmpConstants.sysUpTime, new TimeTicks(Math.floorMod(upTime, TICKS))));
        pdu.add(new VariableBinding(SnmpConstants.snmpTrapOID, new OID(PRODUCT + ".0." + trap.number())));
        trap.variables()
                .forEach((variable, value) ->
                        pdu.add(new VariableBinding(new OID(PRODUCT + "." + variable), new OctetString(bytes(value)))));
        OctetString name = new OctetString(community);
        int length = VERSION_BYTES + name.getBERLength() + pdu.getBERLength();
        BEROutputStream out = new BEROutputStream(ByteBuffer.allocate(length + HEADER_BYTES));
        try {
            BER.encodeHeader(out, BER.SEQUENCE, length);
            BER.encodeInteger(out, BER.INTEGER, VERSION_2C);
            name.encodeBER(out);
            pdu.encodeBER(out);
        } catch (IOException e) {
            throw new IllegalStateException("the buffer holds the whole message", e);
        }
        return Arrays.copyOf(out.getBuffer().array(), out.getBuffer().position());
    }

    /** Returns a text as UTF-8, cut between characters where it is too long. */
    private static byte[] bytes(String text) {
        byte[] all = text.getBytes(StandardCharsets.UTF_8);
        if (all.length <= MOST_BYTES) {
            return all;
        }
        int end = MOST_BYTES;
        while ((all[end] & 0xC0) == 0x80) {
            end--;
        }
        return Arrays.copyOf(all, end);
    }
}

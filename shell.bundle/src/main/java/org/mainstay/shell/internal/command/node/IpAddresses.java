package org.mainstay.shell.internal.command.node;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** IP addresses as text; names are never resolved. */
final class IpAddresses {
    private IpAddresses() {}

    static boolean isLiteral(String text) {
        return bytes(text).isPresent();
    }

    private static Optional<byte[]> bytes(String text) {
        boolean v4 = text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
        boolean v6 = text.contains(":") && text.matches("[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?");
        if (!v4 && !v6) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text).getAddress());
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Returns the local address that shares the longest prefix with the remote one: most likely on the same subnet. */
    static Optional<String> nearest(List<String> local, String remote) {
        Optional<byte[]> target = bytes(remote);
        return target.flatMap(to -> local.stream()
                .filter(address ->
                        bytes(address).filter(b -> b.length == to.length).isPresent())
                .max(Comparator.comparingInt(
                        address -> commonBits(bytes(address).orElseThrow(), to))));
    }

    private static int commonBits(byte[] a, byte[] b) {
        for (int i = 0; i < a.length; i++) {
            int difference = (a[i] ^ b[i]) & 0xff;
            if (difference != 0) {
                return i * Byte.SIZE + Integer.numberOfLeadingZeros(difference) - (Integer.SIZE - Byte.SIZE);
            }
        }
        return a.length * Byte.SIZE;
    }
}

package org.mainstay.mirror.internal.volume;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.mainstay.kit.HostNetwork;
import org.mainstay.kit.Outcome;

/** A machine whose network must not be touched. */
class NoNetwork implements HostNetwork {
    @Override
    public List<Interface> interfaces() {
        return List.of();
    }

    @Override
    public Outcome addAddress(String networkInterface, InetAddress address, int prefixLength) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Outcome removeAddress(String networkInterface, InetAddress address, int prefixLength) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Outcome announce(String networkInterface, InetAddress address, int times) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String findDuplicate(String networkInterface, InetAddress address, Duration wait) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean ping(InetAddress from, InetAddress to, Duration wait) {
        throw new UnsupportedOperationException();
    }
}

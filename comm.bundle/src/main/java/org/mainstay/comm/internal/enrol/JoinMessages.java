package org.mainstay.comm.internal.enrol;

import java.util.List;
import org.mainstay.cluster.lcd.Membership;

/** What is said under the key of the join protocol; byte arrays in Base64. Unknown fields are ignored. */
final class JoinMessages {
    private JoinMessages() {}

    /**
     * First message of the joining server.
     *
     * @param time its wall clock in milliseconds since 1970
     * @param request signing request (PKCS #10)
     */
    record Application(String name, String address, int port, long time, String request) {}

    /**
     * Answer: the certificate, before anything is committed; or why not.
     *
     * @param error empty if accepted
     * @param certificates of members this one has seen, itself included
     */
    record Offer(String error, String certificate, String authority, List<String> certificates) {}

    /** The joining server has written everything it could write and can be committed. */
    record Ready(boolean ready) {}

    /** The membership is committed; or why not. */
    record Admission(String error, Membership membership, String authorityKey) {}

    /** The joining server is done. */
    record Done(boolean done) {}
}

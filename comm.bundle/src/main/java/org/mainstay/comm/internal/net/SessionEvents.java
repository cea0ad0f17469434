package org.mainstay.comm.internal.net;

import java.security.cert.X509Certificate;
import org.mainstay.comm.internal.session.Incoming;

/** What the connections report. Called on the event loop: must return at once. */
public interface SessionEvents {
    /** A session began. */
    void opened(PeerSession session);

    /** A session ended. */
    void ended(PeerSession session, String reason);

    /** A message arrived. */
    void arrived(PeerSession session, Incoming message);

    /** A member proved who it is with this certificate. */
    void proved(X509Certificate certificate);
}

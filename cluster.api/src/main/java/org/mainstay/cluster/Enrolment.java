package org.mainstay.cluster;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Admission of new servers while this one runs (design.md section 5). */
@ProviderType
public interface Enrolment {

    /**
     * Makes a one-time setup code of 8 digits, valid for 10 minutes and 3 tries; a new code replaces the one before.
     *
     * @return the code, or a failed stage if this server is no member of a cluster
     */
    CompletionStage<String> invite();

    /** Returns the addresses of this server's interfaces, for {@code commpath create} without {@code --local}. */
    List<String> localAddresses();
}

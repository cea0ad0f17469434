package org.mainstay.quorum.internal.config;

import java.util.List;
import java.util.Optional;
import org.mainstay.cluster.QuorumSettings;

/**
 * A configuration that was looked at as a whole.
 *
 * @param settings empty if there is any error
 * @param errors one sentence each: what is wrong, what is allowed, what to do
 * @param warnings one sentence each
 */
public record Checked(Optional<QuorumSettings> settings, List<String> errors, List<String> warnings) {
    public Checked {
        errors = List.copyOf(errors);
        warnings = List.copyOf(warnings);
    }
}

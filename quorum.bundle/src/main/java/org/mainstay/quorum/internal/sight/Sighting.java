package org.mainstay.quorum.internal.sight;

import org.mainstay.cluster.SafetyControl.Sight;

/**
 * What a machine looks like.
 *
 * @param since since when, on the clock it was found out with
 * @param evidence for people
 */
public record Sighting(Sight sight, long since, String evidence) {}

package org.mainstay.core.internal.node;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.mainstay.core.internal.run.Tunables;

/**
 * What a runtime needs to know of its surroundings.
 *
 * @param data the directory {@code data/}
 * @param bootId identity of this boot of the machine
 * @param tunables tunables of the installation
 * @param clock wall clock, for display only
 * @param random numbers from 0 to 1, to spread checks
 * @param kitWait how long the start waits for kits of recorded resources, and an action for a kit that is away
 */
public record NodeConfig(
        Path data, String bootId, Tunables tunables, Clock clock, DoubleSupplier random, Duration kitWait) {}

/**
 * What the platform's own bundles offer each other; kits never see it, so changing it refreshes no kit.
 *
 * <table>
 * <caption>Who provides what</caption>
 * <tr><td>core</td><td>{@link org.mainstay.cluster.Cluster}, {@link org.mainstay.cluster.Administration},
 *   {@link org.mainstay.cluster.EventLog}, {@link org.mainstay.cluster.GuardControl}</td></tr>
 * <tr><td>comm</td><td>{@link org.mainstay.cluster.Messenger}, {@link org.mainstay.cluster.Enrolment}</td></tr>
 * <tr><td>quorum</td><td>{@link org.mainstay.cluster.SafetyControl}, {@link org.mainstay.cluster.Fencing},
 *   {@link org.mainstay.cluster.QuorumStorage}, {@link org.mainstay.cluster.SafetyReport.Source}</td></tr>
 * <tr><td>shell</td><td>commands only</td></tr>
 * </table>
 */
@Export
@Version("1.0.0")
package org.mainstay.cluster;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

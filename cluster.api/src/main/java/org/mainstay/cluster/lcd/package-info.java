/**
 * The model of the configuration database (LCD): immutable values, one {@link org.mainstay.cluster.lcd.Lcd} per server.
 *
 * <p>Each server is the only writer of its own LCD; what it holds of its peers are copies it was sent. Everything the safety
 * of the cluster needs has its place here from the first schema on (design.md section 4): incarnation and version, ownership
 * epoch, wanted state, handover record, released, kill handles, operations over several servers, maintenance, parked.
 */
@Export
@Version("1.0.0")
package org.mainstay.cluster.lcd;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;

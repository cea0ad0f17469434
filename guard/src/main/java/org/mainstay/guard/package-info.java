/** The guard process: heartbeats, supervision, kill handles. Plain Java without dependencies. */
package org.mainstay.guard;

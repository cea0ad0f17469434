/** Authenticated heartbeats over UDP on every comm path (COMM-012, COMM-030, COMM-031, design.md section 5). */
package org.mainstay.guard.heartbeat;

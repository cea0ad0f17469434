/**
 * The guard process: heartbeats, supervision of Karaf, kill handles, storage reservations (design.md section 2). Plain Java
 * without dependencies, so that little can go wrong in it; PROTOCOL.md describes its socket, its files and its start.
 */
package org.mainstay.guard;

/** Keeps the guard's heartbeat paths equal to the database's comm paths, with a key for each (docs/decisions/0071). */
package org.mainstay.comm.internal.paths;

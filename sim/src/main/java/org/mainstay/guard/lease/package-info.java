/** Doors for the simulator to what the guard keeps to itself. */
package org.mainstay.guard.lease;

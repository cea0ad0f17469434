/** Doors for the simulator to what the manager's loop keeps to itself. */
package org.mainstay.core.internal.node;

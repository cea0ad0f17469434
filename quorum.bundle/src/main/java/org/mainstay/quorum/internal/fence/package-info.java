/** Fencing: devices, agents, levels, acknowledgements. */
package org.mainstay.quorum.internal.fence;

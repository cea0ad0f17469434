/**
 * A whole cluster on virtual time around the production decision core: machines that lose power, managers that crash, sessions
 * that begin and end, kits that fail. Used by the scenarios and by the simulator.
 */
package org.mainstay.core.decision.world;

/** Deterministic simulation of a cluster. */
package org.mainstay.sim;

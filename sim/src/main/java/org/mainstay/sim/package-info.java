/** Deterministic simulation of whole clusters: random faults and commands on virtual time, reproducible by a seed. */
package org.mainstay.sim;

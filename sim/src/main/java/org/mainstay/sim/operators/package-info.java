/** Random operators and crashes without quorum: what was acknowledged survives (I3), managers come and go unnoticed (I4). */
package org.mainstay.sim.operators;

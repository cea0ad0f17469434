/** Servers with quorum, lease and witness: what is cut off stops, what is left takes over, and nothing runs twice (I1, I9). */
package org.mainstay.itest.quorum;

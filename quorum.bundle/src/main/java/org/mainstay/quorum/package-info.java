/** Quorum and witness settings, safety check, cut-off detection, fencing, and how safe the cluster is. */
package org.mainstay.quorum;

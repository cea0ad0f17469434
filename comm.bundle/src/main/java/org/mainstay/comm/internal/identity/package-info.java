/** Who this server is: its key and certificate, the cluster's authority, and whom it trusts. */
package org.mainstay.comm.internal.identity;

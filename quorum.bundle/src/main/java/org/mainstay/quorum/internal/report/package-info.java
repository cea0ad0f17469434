/** How safe the cluster is, computed from its configuration. */
package org.mainstay.quorum.internal.report;

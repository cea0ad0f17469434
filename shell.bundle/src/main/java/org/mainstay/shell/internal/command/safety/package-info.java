/** Commands about quorum, fencing and how safe the cluster is. */
package org.mainstay.shell.internal.command.safety;

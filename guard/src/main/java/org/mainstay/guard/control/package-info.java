/** The socket of the guard: the manager's link and commands of local tools (PROTOCOL.md). */
package org.mainstay.guard.control;

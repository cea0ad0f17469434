/**
 * The lease (design.md section 10): this server's right to run resources, renewed all the time, and what it grants
 * to others. The arithmetic (LeaseBook) is pure; time is the boot clock, which also counts while the machine is
 * suspended.
 */
package org.mainstay.guard.lease;

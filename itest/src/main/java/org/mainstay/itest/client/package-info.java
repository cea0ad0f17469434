/** A client of the protected database that numbers what it writes, and the account of what became of it. */
package org.mainstay.itest.client;

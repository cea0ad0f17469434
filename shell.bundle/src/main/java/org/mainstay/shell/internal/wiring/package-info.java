/** Life cycle: opens and closes the three doors with the bundle. */
package org.mainstay.shell.internal.wiring;

/** The Karaf shell's door: the same commands under the scopes {@code lk} and {@code mainstay}. */
package org.mainstay.shell.internal.karaf;

/** Log, words of the line protocol, state files, time. */
package org.mainstay.guard.util;

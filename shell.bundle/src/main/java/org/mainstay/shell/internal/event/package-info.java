/** Events: their catalog, and the commands of applications that are told about them (spec/02 B8, CMD-409 to CMD-419). */
package org.mainstay.shell.internal.event;

/** Questions that kits' forms ask of people (ADM-110 to ADM-118, ADM-240 to ADM-244). */
package org.mainstay.shell.internal.command.wizard;

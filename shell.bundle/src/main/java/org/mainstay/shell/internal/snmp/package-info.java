/** SNMP traps: the main events for consoles of other makers (SNMP-001 to SNMP-033). */
package org.mainstay.shell.internal.snmp;

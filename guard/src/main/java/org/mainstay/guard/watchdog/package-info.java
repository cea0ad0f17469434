/** The machine's watchdog device, fed by a helper that the guard tells until when (design.md section 10). */
package org.mainstay.guard.watchdog;

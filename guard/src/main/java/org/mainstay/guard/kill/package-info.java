/** Executing kill handles: ending what is in service without its kit and without Karaf. */
package org.mainstay.guard.kill;

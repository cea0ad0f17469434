/** Starting, watching, adopting and ending Karaf. */
package org.mainstay.guard.supervise;

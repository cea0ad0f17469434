/** The running whole: messenger, heartbeat paths and enrolment of this server, and their OSGi components. */
package org.mainstay.comm.internal.node;

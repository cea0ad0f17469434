/** Whole servers under real faults: killed processes, cut power, pulled cables, full disks, applications that misbehave. */
package org.mainstay.itest.fault;

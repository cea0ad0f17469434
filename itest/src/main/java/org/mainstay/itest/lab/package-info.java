/**
 * A laboratory of whole servers on one machine: each with its own network, mounts, processes, control groups, disk and boot,
 * so that power can be cut and cables pulled for real. Needs root; everything it makes goes away with it.
 */
package org.mainstay.itest.lab;

/** Runs a kit's actions on the real machine without a cluster, for the kits' own tests. */
package org.mainstay.kit.testkit;

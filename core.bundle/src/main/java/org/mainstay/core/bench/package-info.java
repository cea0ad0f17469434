/**
 * What tests of kits need of the core, and nothing else: the real {@code Host} without a cluster. {@code kit.testkit} builds on
 * it; nobody else does, and no bundle imports it.
 */
package org.mainstay.core.bench;

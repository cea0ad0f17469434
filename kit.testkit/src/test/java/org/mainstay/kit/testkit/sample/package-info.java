/** A kit to try the contract of kits on. */
package org.mainstay.kit.testkit.sample;

/** Measurements. */
package org.mainstay.bench;

/** The bundles of the distribution: their manifests against the house rules, and kits that come and go while Karaf runs. */
package org.mainstay.itest.container;

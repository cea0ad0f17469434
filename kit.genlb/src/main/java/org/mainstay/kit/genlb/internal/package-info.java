/** Implementation of the kit for load balancer probes. */
package org.mainstay.kit.genlb.internal;

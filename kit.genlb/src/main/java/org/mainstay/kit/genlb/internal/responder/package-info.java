/**
 * The program that answers a load balancer's probes while its resource is in service: a process of its own, so that it goes
 * on while Mainstay is upgraded. It uses nothing but the Java class library and is copied out of the bundle to be started.
 */
package org.mainstay.kit.genlb.internal.responder;

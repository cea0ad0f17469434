/** Implementation of the IP kit. */
package org.mainstay.kit.ip.internal;

/** Implementation of the kit for DNS names. */
package org.mainstay.kit.dns.internal;

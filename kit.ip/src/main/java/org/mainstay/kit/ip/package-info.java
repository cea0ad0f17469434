/** Recovery kit for IP addresses. */
package org.mainstay.kit.ip;

/** Implementation of the kit for OCF resource agents. */
package org.mainstay.kit.ocf.internal;

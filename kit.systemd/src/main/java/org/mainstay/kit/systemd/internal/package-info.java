/** Implementation of the kit for systemd units. */
package org.mainstay.kit.systemd.internal;

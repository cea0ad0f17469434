/** Implementation of the kit for file shares. */
package org.mainstay.kit.share.internal;

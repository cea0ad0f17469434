/** Exclusive use of shared storage, recorded on the storage: slots, claims, renewal and observation. */
package org.mainstay.guard.reserve;

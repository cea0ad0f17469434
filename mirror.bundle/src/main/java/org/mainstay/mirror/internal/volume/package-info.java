/**
 * The volume kit: a block device or disk image that several servers reach, mounted on one of them (ADM-180 to ADM-189). Exclusive
 * use is guarded on the storage itself. Mirrored volumes come to the same kit with the mirror engine.
 */
package org.mainstay.mirror.internal.volume;

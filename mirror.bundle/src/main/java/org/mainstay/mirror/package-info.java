/** Volumes, shared and mirrored. */
package org.mainstay.mirror;

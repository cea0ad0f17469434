/** The services of this bundle and its life cycle. */
package org.mainstay.quorum.internal.node;

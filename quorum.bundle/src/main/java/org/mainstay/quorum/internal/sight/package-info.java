/** Whether peers are there (safety check) and whether this server is cut off. */
package org.mainstay.quorum.internal.sight;

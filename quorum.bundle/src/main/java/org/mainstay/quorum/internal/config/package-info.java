/** The parameters of quorum and safety: read, checked as a whole, kept when the file is unusable (QUO-010 to QUO-039). */
package org.mainstay.quorum.internal.config;

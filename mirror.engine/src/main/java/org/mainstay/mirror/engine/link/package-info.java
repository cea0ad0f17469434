/** Connections between engines: frames, how they travel, and who answers the dispatch port. PROTOCOL.md has the format. */
package org.mainstay.mirror.engine.link;

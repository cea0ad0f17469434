/** Storage, buffers and byte streams: what everything else in the engine moves data with. */
package org.mainstay.mirror.engine.io;

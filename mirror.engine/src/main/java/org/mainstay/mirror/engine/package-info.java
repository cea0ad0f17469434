/**
 * The mirror's data plane: a process of its own that serves volumes over NBD and replicates them (design.md section 7,
 * MIR-017). PROTOCOL.md describes its sockets and files.
 */
package org.mainstay.mirror.engine;

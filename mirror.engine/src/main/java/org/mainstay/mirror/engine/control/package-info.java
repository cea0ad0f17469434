/** The engine as a process: its volumes on disk, its control socket, its threads. */
package org.mainstay.mirror.engine.control;

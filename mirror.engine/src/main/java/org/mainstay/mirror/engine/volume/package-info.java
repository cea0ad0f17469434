/**
 * Volumes and their mirrors: intent log, write path, replication states, resynchronisation, generations. Nothing here has
 * a thread, a clock or a file of its own: storage, links, time and background work come from outside, so that tests run
 * the same code against simulated ones and crash it at any step.
 */
package org.mainstay.mirror.engine.volume;

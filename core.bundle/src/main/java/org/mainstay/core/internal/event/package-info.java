/** The event log: what happened here and on the peers, in memory and in {@code data/log/events.jsonl}. */
package org.mainstay.core.internal.event;

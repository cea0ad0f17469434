/**
 * Hands messages to handlers and news of sessions to listeners, outside the I/O thread.
 *
 * <p>Within a session the messages of a topic are handed over one after the other; topics do not wait for each other. Messages
 * begin after the listeners were told of the session, and none is handed over after they were told of its end. A handler that
 * comes while a session lasts begins after the listeners that came before it have been told.
 */
package org.mainstay.comm.internal.dispatch;

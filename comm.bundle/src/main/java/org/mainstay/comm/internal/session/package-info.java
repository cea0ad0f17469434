/**
 * What makes a session reliable, without any I/O: numbering, retransmission, reassembly, fairness between topics and flow control.
 *
 * <p>Each topic is a lane. Messages are cut into pieces when they are sent; pieces of different lanes alternate, those of
 * {@code core} go first, and the pieces of a session carry one rising sequence number. The receiver takes exactly the next
 * number, drops what it had before and acknowledges; on another connection the sender begins again behind the last
 * acknowledgement. So each message arrives once, and messages of one topic arrive in order.
 *
 * <p>Flow control: a lane begins a message only while what the receiver's handlers have not taken yet is below a limit, so a
 * handler that does not return stops its own topic and nothing else, and memory is bounded on both sides.
 */
package org.mainstay.comm.internal.session;

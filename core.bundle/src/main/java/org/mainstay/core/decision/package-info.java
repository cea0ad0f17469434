/**
 * The pure decision core (design.md section 3): {@link org.mainstay.core.decision.DecisionCore#decide} turns a state and an
 * event into a new state and effects. No clock, no thread, no I/O, no random, no logging; equal input gives equal output.
 *
 * <p><b>How it is driven.</b> One thread feeds events. For each decision the runtime
 * <ol>
 *   <li>compares {@code before.own()} with {@code after.own()} (rows and boot id; a different incarnation means the whole
 *       database was replaced) and the copies in {@code peers()}; if anything differs, stores it durably. The own version is
 *       <em>not</em> raised by the core: the runtime continues with {@code state.withOwn(state.own().committed())}. The
 *       {@code LcdDelta}s among the effects announce exactly that version;
 *   <li>then executes the effects in order;
 *   <li>if storing fails: discards the decision and feeds {@code PersistFailed(event, reason)} to the state before.
 * </ol>
 */
package org.mainstay.core.decision;

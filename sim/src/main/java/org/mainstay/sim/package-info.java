/**
 * Deterministic simulation of whole clusters: random faults and commands on virtual time, reproducible by a seed.
 *
 * <p>The decision core is told every event that production tells it, under the same conditions, and every effect is played or the
 * run fails. Left out:
 * <ul>
 *   <li>{@code PersistRecovered}, which nobody raises: the core tries again by itself;
 *   <li>{@code SettingsChanged} with another quorum mode: until all servers have the new one nothing is promised
 *       (docs/safety.md), so nothing could be checked. Lease, witness, fencing and the failure limit change while servers serve;
 *       the loss action has one value only;
 *   <li>{@code CutOff} because neither gateway nor reference address answers: there are none. Who is cut off has no carrier. Without
 *       quorum and fencing it goes on serving, so that is not played there (docs/safety.md);
 *   <li>{@code StorageLost} with a second owner of the reservation: reservations themselves are not modelled. A volume's is lost
 *       after its guard has killed the users;
 *   <li>what a resource is made of. It is an atom, in service or out, and to end it is one step that is complete: no mount that hangs or
 *       is half done, no unmount that still writes, no process that does not die, no second kill handle that fails, no write that waits
 *       below a file system. What the looks of production say of these is not tested here ({@code KillHandlesIT}, {@code VolumeKitIT});
 *   <li>when a command takes effect: it asks for the right at that very instant, so none that was begun before a pause does so after it;
 *   <li>guards of which one thread runs and another does not: a guard is one actor, which stands still or runs as a whole;
 *   <li>shared storage and its paths: nothing is written to it, so nothing can be written by two or too late;
 *   <li>a safety control that is replaced without quorum while nobody is cut off and a cut follows before it has learnt: two faults.
 * </ul>
 */
package org.mainstay.sim;

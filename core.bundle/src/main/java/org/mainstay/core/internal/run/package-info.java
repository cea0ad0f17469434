/**
 * Actions at the edge: kits and script kits, the worker threads their actions run on with time limits, and the monitors.
 *
 * <p>Nothing here decides. What is to run comes from the decision core's effects or from an administrator's request, what came
 * of it goes back as a result; every action has a time limit and a thread of its own, so that one that hangs holds up nobody
 * else (invariant I5).
 */
package org.mainstay.core.internal.run;

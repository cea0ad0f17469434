package org.mainstay.core.decision.state;

/**
 * Whether this server may run resources at all (design.md section 10). <b>The one place where leases, quorum, witness, safety
 * check and fencing enter the core.</b> Today there is none of them and the verdict is {@link #ALWAYS}; every rule that starts
 * something already asks it, and every action that starts something already carries its end.
 *
 * @param granted whether anything may be started or go on running here
 * @param until end of the right on the monotonic clock in milliseconds; {@link Long#MAX_VALUE} = unlimited
 * @param reason why it is not granted, for people; empty if it is
 */
public record RightToRun(boolean granted, long until, String reason) {
    public static final RightToRun ALWAYS = new RightToRun(true, Long.MAX_VALUE, "");
}

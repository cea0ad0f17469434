package org.mainstay.cluster.lcd;

/** States of an instance (CMD-013, ADM-049 to ADM-054). */
public enum InstanceState {
    /** In service, protected. */
    ISP,
    /** In service, unprotected: no local recovery, not monitored. */
    ISU,
    /** Out of service, not failed. */
    OSU,
    /** Out of service after a failure. */
    OSF,
    /** Start-up initialisation did not set the state. */
    ILLSTATE,
    /** Cannot be determined; never stored, only shown. */
    UNKNOWN;

    public boolean inService() {
        return this == ISP || this == ISU;
    }
}

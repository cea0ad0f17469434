package org.mainstay.cluster.lcd;

/** What happens to an instance when Mainstay starts (CMD-014). */
public enum InitOption {
    /** Restore unless in service elsewhere. */
    AUTORES_ISP,
    /** Somebody else starts it: set ISP, run nothing; refused while an equivalent is in service elsewhere. */
    INIT_ISP,
    /** Leave it out of service until an administrator starts it. */
    INIT_OSU
}

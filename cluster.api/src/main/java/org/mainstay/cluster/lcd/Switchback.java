package org.mainstay.cluster.lcd;

/** Whether a hierarchy returns to the better-priority server when that comes back (HIER-050). */
public enum Switchback {
    INTELLIGENT,
    AUTOMATIC
}

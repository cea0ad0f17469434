package org.mainstay.cluster.lcd;

/** Whether a resource is wanted in service somewhere, or was taken out by an operator (design.md section 4). */
public enum Wanted {
    IN,
    OUT
}

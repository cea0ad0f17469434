package org.mainstay.cluster.lcd;

/** A named mark on a server (FLG-001). @param name its name */
public record Flag(String name) {}

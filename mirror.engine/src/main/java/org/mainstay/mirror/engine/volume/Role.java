package org.mainstay.mirror.engine.volume;

/** What a side of a volume does. Nothing is exported in any role but {@link #SOURCE}. */
public enum Role {
    NONE,
    SOURCE,
    TARGET
}

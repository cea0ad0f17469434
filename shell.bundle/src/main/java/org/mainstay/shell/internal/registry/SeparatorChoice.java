package org.mainstay.shell.internal.registry;

/** A list command whose separator can be chosen with {@code -fC} (CMD-005). */
public interface SeparatorChoice {

    /** Takes the separator, one character. */
    void separator(String value);
}

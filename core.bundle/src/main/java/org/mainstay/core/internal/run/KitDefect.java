package org.mainstay.core.internal.run;

/** The code of a kit does not work: says nothing about what the kit protects (I8). The message is for people. */
final class KitDefect extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KitDefect(String message, Throwable cause) {
        super(message, cause);
    }
}

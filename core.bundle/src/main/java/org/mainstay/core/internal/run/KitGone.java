package org.mainstay.core.internal.run;

/** The kit that was to be asked has gone before it was: the next version of it is asked. */
final class KitGone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KitGone(String key) {
        super("the kit " + key + " was uninstalled or is being upgraded");
    }
}

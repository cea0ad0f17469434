package org.mainstay.guard.reserve;

/** Is told when the hold on an area is no longer certain. Called on an area's thread: must return at once. */
@FunctionalInterface
public interface ReservationListener {
    /**
     * @param area path of the area
     * @param superseded whether another server holds it now; false: it could not be renewed for too long
     */
    void lost(String area, String message, boolean superseded);
}

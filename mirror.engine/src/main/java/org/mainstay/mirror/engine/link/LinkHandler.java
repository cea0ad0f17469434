package org.mainstay.mirror.engine.link;

/** What is told of a link: by one thread at a time, nothing after {@link #closed}. */
public interface LinkHandler {
    /** A frame came. */
    void received(Link link, Frame frame);

    /** All frames that came together have been given. */
    void received(Link link);

    /** Something came, perhaps a part of a frame. */
    default void heard(Link link) {}

    /** The link has ended. @param why for people */
    void closed(Link link, String why);
}

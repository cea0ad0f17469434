package org.mainstay.core.internal.run;

/**
 * A kit came, went or was refused.
 *
 * @param what which of these
 * @param application its application
 * @param type its resource type
 * @param text one sentence for people
 */
public record KitNews(What what, String application, String type, String text) {

    /** Kinds of news. */
    public enum What {
        /** Usable from now on. */
        APPEARED,
        /** No longer usable; what it protects stays as it is (I8). */
        GONE,
        /** Another version of it is used from now on. */
        REPLACED,
        /** It is there but not used: a newer one with the same type is, or it is not for this platform. */
        NOT_USED
    }
}

package org.mainstay.cluster.lcd;

/**
 * A SHARED equivalency: the same resource on two servers, in service on at most one (CMD-226). Both servers hold the same
 * record. With more than two servers there is one record per pair.
 *
 * @param server the primary: where the hierarchy was created
 * @param tag its tag there
 * @param otherServer the secondary
 * @param otherTag its tag there
 * @param priority priority of {@code server}, 1 to 1024, 1 is best (CMD-227)
 * @param otherPriority priority of {@code otherServer}
 */
public record Equivalency(
        String server, String tag, String otherServer, String otherTag, int priority, int otherPriority) {

    public static final String SHARED = "SHARED";
    public static final int MAX_PRIORITY = 1024;

    public Equivalency {
        if (priority < 1 || priority > MAX_PRIORITY || otherPriority < 1 || otherPriority > MAX_PRIORITY) {
            throw new IllegalArgumentException("priorities must be 1 to " + MAX_PRIORITY);
        }
    }

    public String key() {
        return server + "\t" + tag + "\t" + otherServer + "\t" + otherTag;
    }
}

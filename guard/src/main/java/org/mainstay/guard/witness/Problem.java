package org.mainstay.guard.witness;

import java.io.IOException;

/**
 * What is wrong with a QWK object or its storage.
 *
 * @param number of the message of the quorum catalog (spec/06 chapter 30), 18100 to 18219
 * @param text one sentence
 */
record Problem(int number, String text) {
    static final int LATE = 18102;
    static final int READING_FAILED = 18128;
    static final int WRITING_FAILED = 18131;
    static final int NO_SIGNATURE = 18135;
    static final int OTHER_SIGNATURE = 18136;
    static final int OTHER_SERVER = 18138;
    static final int WRONG_CHECKSUM = 18146;
    static final int ABSENT = 18149;
    static final int S3_GET_FAILED = 18216;
    static final int S3_PUT_FAILED = 18217;

    /** A problem that ends a call. */
    static final class Found extends IOException {
        private static final long serialVersionUID = 1L;
        private final int number;

        Found(int number, String text, Throwable cause) {
            super(text, cause);
            this.number = number;
        }
    }

    /** Returns what the end of a call means; where the storage itself says it, the location tells which catalog number it has. */
    static Problem of(Exception e, String location, boolean writing) {
        String text = e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
        if (e instanceof Found found) {
            return new Problem(found.number, text);
        }
        if (e instanceof ObjectStore.AbsentException) {
            return new Problem(ABSENT, text);
        }
        boolean s3 = location.startsWith("s3://");
        if (writing) {
            return new Problem(s3 ? S3_PUT_FAILED : WRITING_FAILED, text);
        }
        return new Problem(s3 ? S3_GET_FAILED : READING_FAILED, text);
    }
}

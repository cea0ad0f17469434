package org.mainstay.quorum.internal.node;

/** Numbers of events: those of the quorum catalog (18100 to 18219) where it has the message, else 20200 to 20249. */
final class Numbers {
    /** Catalog: configuration reading failed. */
    static final int CONFIGURATION_REFUSED = 18106;
    /** Catalog: starting. */
    static final int STARTING = 18105;
    /** Catalog: shuts down. */
    static final int SHUTS_DOWN = 18111;
    /** Catalog: terminate requested. */
    static final int TERMINATE = 18169;

    /** Catalog: quorum state changed, to lost. */
    static final int RIGHT_LOST = 18212;
    /** Catalog: quorum state changed, to held. */
    static final int RIGHT_HELD = 18213;

    static final int IN_EFFECT = 20220;
    static final int CUT_OFF = 20221;
    static final int NOT_CUT_OFF = 20222;
    static final int LEFT_WITHOUT_RIGHT = 20223;

    private Numbers() {}

    /** Returns the catalog's number for a wrong parameter, {@link #CONFIGURATION_REFUSED} where it has none. */
    static int of(String error) {
        if (error.startsWith("QWK_STORAGE_HBEATTIME=")) {
            return 18115;
        }
        if (error.startsWith("QWK_STORAGE_NUMHBEATS=")) {
            return 18116;
        }
        if (error.startsWith("QWK_STORAGE_TYPE")) {
            return 18120;
        }
        if (error.startsWith("QUORUM_MODE=storage is for")) {
            return 18122;
        }
        if (error.startsWith("QWK_STORAGE_OBJECT_")) {
            return error.contains(" is missing") ? 18113 : 18125;
        }
        if (error.startsWith("the servers ")) {
            return 18124;
        }
        if (error.startsWith("two of the QWK_STORAGE_OBJECT_")) {
            return 18123;
        }
        return CONFIGURATION_REFUSED;
    }
}

package org.mainstay.core.decision.effect;

/** Numbers of the events the core writes: 20100 to 20199, a range the message catalog does not use. */
public final class Notices {
    public static final int AVAILABLE = 20100;
    public static final int STOPPED = 20101;
    public static final int COMM_UP = 20102;
    public static final int COMM_DOWN = 20103;
    public static final int MANAGER_ABSENT = 20104;
    public static final int PATH_UP = 20105;
    public static final int PATH_DOWN = 20106;
    public static final int PERSIST_FAILED = 20107;
    public static final int PERSIST_WORKS = 20108;
    public static final int PERSIST_SLOW = 20109;
    public static final int DATABASE_OLD = 20110;
    public static final int STOPPING = 20111;

    public static final int RESTORED = 20120;
    public static final int RESTORE_FAILED = 20121;
    public static final int REMOVED = 20122;
    public static final int REMOVE_FAILED = 20123;
    public static final int NOT_RELEASED = 20124;
    public static final int ADOPTED = 20125;
    public static final int CHECK_FAILED = 20126;
    public static final int RECOVERED = 20127;
    public static final int RECOVER_FAILED = 20128;
    public static final int FAILOVER = 20129;
    public static final int TAKEOVER = 20130;
    public static final int SWITCHOVER = 20131;
    public static final int SWITCHBACK = 20132;
    public static final int NO_SERVER_LEFT = 20133;
    public static final int FAILED_IN_PLACE = 20134;
    public static final int SPLIT_BRAIN = 20135;
    public static final int OBSTACLE = 20136;
    public static final int CONFIRMED_STOPPED = 20137;
    public static final int KILLED = 20138;
    public static final int WANTED_AGAIN = 20139;

    public static final int RIGHT_LOST = 20140;
    public static final int RIGHT_HELD = 20141;
    public static final int RIGHT_LOSS_ACTION = 20142;
    public static final int QUARANTINE = 20143;
    public static final int LAPSED_MEANWHILE = 20144;

    public static final int OPERATION_COMMITTED = 20150;
    public static final int OPERATION_ABORTED = 20151;
    public static final int OPERATION_IN_DOUBT = 20152;
    public static final int OPERATION_CONFLICT = 20153;

    public static final int SAFETY_SEEN = 20170;
    public static final int SAFETY_ABORTED = 20171;
    public static final int SAFETY_TIMED_OUT = 20172;
    public static final int SAFETY_WAITS = 20173;
    public static final int CONFIRMED_DOWN = 20174;
    public static final int FENCING = 20175;
    public static final int FENCED = 20176;
    public static final int FENCE_FAILED = 20177;
    public static final int CUT_OFF = 20178;

    public static final int SWITCHED = 20180;
    public static final int NOT_SWITCHED = 20181;
    public static final int TAKEN_OVER = 20182;
    public static final int NOT_TAKEN_OVER = 20183;
    public static final int RECOVERED_HERE = 20184;
    public static final int NOT_RECOVERED_HERE = 20185;

    private Notices() {}
}

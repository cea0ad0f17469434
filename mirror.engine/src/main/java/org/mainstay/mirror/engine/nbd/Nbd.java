package org.mainstay.mirror.engine.nbd;

/** Numbers of the NBD protocol, with the protocol's names. */
final class Nbd {
    static final long NBDMAGIC = 0x4e42444d41474943L;
    static final long IHAVEOPT = 0x49484156454f5054L;
    static final long OPTION_REPLY = 0x0003e889045565a9L;
    static final int REQUEST = 0x25609513;
    static final int SIMPLE_REPLY = 0x67446698;
    static final int STRUCTURED_REPLY = 0x668e33ef;

    static final int FLAG_FIXED_NEWSTYLE = 1;
    static final int FLAG_NO_ZEROES = 2;

    static final int OPT_EXPORT_NAME = 1;
    static final int OPT_ABORT = 2;
    static final int OPT_LIST = 3;
    static final int OPT_STARTTLS = 5;
    static final int OPT_INFO = 6;
    static final int OPT_GO = 7;
    static final int OPT_STRUCTURED_REPLY = 8;

    static final int REP_ACK = 1;
    static final int REP_SERVER = 2;
    static final int REP_INFO = 3;
    static final int REP_ERR_UNSUP = 0x80000001;
    static final int REP_ERR_POLICY = 0x80000002;
    static final int REP_ERR_INVALID = 0x80000003;
    static final int REP_ERR_TLS_REQD = 0x80000005;
    static final int REP_ERR_UNKNOWN = 0x80000006;
    static final int REP_ERR_SHUTDOWN = 0x80000007;
    static final int REP_ERR_TOO_BIG = 0x80000009;

    static final int INFO_EXPORT = 0;
    static final int INFO_NAME = 1;
    static final int INFO_BLOCK_SIZE = 3;

    static final int HAS_FLAGS = 1;
    static final int READ_ONLY = 2;
    static final int SEND_FLUSH = 4;
    static final int SEND_FUA = 8;
    static final int SEND_TRIM = 32;
    static final int SEND_WRITE_ZEROES = 64;
    static final int SEND_DF = 128;
    static final int CAN_MULTI_CONN = 256;

    static final int CMD_READ = 0;
    static final int CMD_WRITE = 1;
    static final int CMD_DISC = 2;
    static final int CMD_FLUSH = 3;
    static final int CMD_TRIM = 4;
    static final int CMD_WRITE_ZEROES = 6;

    static final int CMD_FLAG_FUA = 1;
    static final int CMD_FLAG_NO_HOLE = 2;
    static final int CMD_FLAG_DF = 4;

    static final int CHUNK_DONE = 1;
    static final int CHUNK_NONE = 0;
    static final int CHUNK_OFFSET_DATA = 1;
    static final int CHUNK_ERROR = 0x8001;

    static final int REQUEST_BYTES = 28;
    static final int SIMPLE_REPLY_BYTES = 16;
    static final int CHUNK_HEADER_BYTES = 20;
    static final int OFFSET_BYTES = 8;

    /** The largest read or write, as advertised. */
    static final int LARGEST_PAYLOAD = 32 << 20;

    static final int PREFERRED_BLOCK = 4096;

    private Nbd() {}
}

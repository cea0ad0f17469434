/* The command socket: see shell.bundle/PROTOCOL.md. Part of mainstay.c. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#define NODE_SOCKET "data/run/node.sock"
#define GUARD_SOCKET "data/run/guard.sock"

enum { PROTOCOL_VERSION = 1, HEADER_BYTES = 5, MOST_BYTES = 1 << 16, MOST_RUN_BYTES = 1 << 20 };

/* What run_command returns instead of an exit code: the manager went away while the command ran; it does not answer at all. */
enum { RUN_LOST = -1, RUN_SILENT = -2, RUN_SENT = -3 };

/*
 * Who accepts connections and says nothing for this long is asked something easy; who does not answer that in as long again hangs.
 * Commands themselves may take as long as they like.
 */
enum { ANSWER_SECONDS = 10, PROBE_SECONDS = 10, PROBE_POLL_MILLIS = 100 };

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupts++;
}

static double now_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Bounds how long one send (also a connect) or receive of a socket waits; 0: without bound. */
static void limit_waits(int fd, int option, double seconds) {
    struct timeval limit = {.tv_sec = (time_t)seconds, .tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6)};
    setsockopt(fd, SOL_SOCKET, option, &limit, sizeof limit);
}

/* Connects to a socket below data/run; -1 with errno, EAGAIN if nobody accepts in time. No time: tried once. */
static int connect_within(const char *path, double seconds) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (seconds > 0 ? 0 : SOCK_NONBLOCK), 0);
    if (fd >= 0 && seconds > 0) {
        limit_waits(fd, SO_SNDTIMEO, seconds);
    }
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int connect_to(const char *path) {
    return connect_within(path, ANSWER_SECONDS);
}

/* Whether a failed connect means that nobody serves the socket. */
static bool nobody_there(int error) {
    return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

/* Says that the manager is there and does not answer. */
static int complain_silent(void) {
    char process[64] = "", resume[64] = "";
    process_id manager;
    if (read_process(MANAGER_PID, &manager)) {
        snprintf(process, sizeof process, ", process %ld,", manager.pid);
        snprintf(resume, sizeof resume, " with 'kill -CONT %ld'", manager.pid);
    }
    complain("the manager of Mainstay%s is there and does not answer. Its guard ends a manager that hangs and starts it again: try\n"
             "again in a minute, and see data/log/guard.log. If it was stopped by a signal, let it go on%s. What was asked may\n"
             "still be carried out then",
             process, resume);
    return EXIT_SYSTEM;
}

static int complain_connect(int error) {
    if (error == EAGAIN) {
        return complain_silent();
    }
    if (error == EACCES || error == EPERM) {
        complain("permission denied: only root, the user that runs Mainstay and the group COMMAND_GROUP of "
                 "etc/default/LifeKeeper may use its commands");
    } else {
        complain("Mainstay cannot be reached: %s", strerror(error));
    }
    return EXIT_SYSTEM;
}

static bool write_all(int fd, const void *bytes, size_t length) {
    const char *from = bytes;
    while (length > 0) {
        ssize_t done = fd > STDERR_FILENO ? send(fd, from, length, MSG_NOSIGNAL) : write(fd, from, length);
        if (done < 0 && errno == EAGAIN && fd > STDERR_FILENO) {
            return false;
        }
        if (done < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, -1);
        } else if (done < 0 && errno != EINTR) {
            return false;
        } else if (done > 0) {
            from += done;
            length -= (size_t)done;
        }
    }
    return true;
}

static bool send_frame(int fd, char type, const void *payload, uint32_t length) {
    unsigned char header[HEADER_BYTES] = {(unsigned char)type};
    uint32_t size = htonl(length);
    memcpy(header + 1, &size, sizeof size);
    return write_all(fd, header, sizeof header) && (length == 0 || write_all(fd, payload, length));
}

/* A growing payload; full is set when it would exceed the limit. */
struct buffer {
    unsigned char *bytes;
    size_t used;
    bool full;
};

static void put(struct buffer *buffer, const void *bytes, size_t length) {
    if (buffer->used + length > MOST_RUN_BYTES) {
        buffer->full = true;
        return;
    }
    memcpy(buffer->bytes + buffer->used, bytes, length);
    buffer->used += length;
}

static void put_u16(struct buffer *buffer, unsigned value) {
    uint16_t bytes = htons((uint16_t)value);
    put(buffer, &bytes, sizeof bytes);
}

static void put_string(struct buffer *buffer, const char *text) {
    uint32_t length = htonl((uint32_t)strlen(text));
    put(buffer, &length, sizeof length);
    put(buffer, text, strlen(text));
}

/* Whether text is UTF-8 as the server's decoder wants it: shortest form, no surrogates. */
static bool is_utf8(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int more = *at < 0x80 ? 0 : *at >= 0xc2 && *at < 0xe0 ? 1 : (*at & 0xf0) == 0xe0 ? 2 : *at >= 0xf0 && *at < 0xf5 ? 3 : -1;
        if (more < 0 || (*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90)
            || (*at == 0xf4 && at[1] > 0x8f)) {
            return false;
        }
        for (at++; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80) {
                return false;
            }
        }
    }
    return true;
}

static void put_environment(struct buffer *buffer) {
    static const char *const names[] = {"LANG", "LC_ALL", "LC_CTYPE", "TERM", "NO_COLOR"};
    enum { NAMES = sizeof names / sizeof *names };
    unsigned count = 0;
    char variables[NAMES][256];
    for (int i = 0; i < NAMES; i++) {
        const char *value = getenv(names[i]);
        if (value && strlen(value) < 200 && is_utf8(value)) {
            snprintf(variables[count++], sizeof *variables, "%s=%s", names[i], value);
        }
    }
    put_u16(buffer, count);
    for (unsigned i = 0; i < count; i++) {
        put_string(buffer, variables[i]);
    }
}

/* Sends the frame that starts a command: RUN_SENT, RUN_SILENT if nobody takes it, or an exit code if that is impossible. */
static int send_run(int fd, const char *program, int count, char **arguments, bool terminal) {
    static unsigned char bytes[MOST_RUN_BYTES];
    struct buffer run = {.bytes = bytes};
    struct winsize size = {0};
    if (terminal) {
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    }
    unsigned char flags = (unsigned char)((terminal && isatty(STDOUT_FILENO) ? 1 : 0) | (isatty(STDERR_FILENO) ? 2 : 0)
                                          | (isatty(STDIN_FILENO) ? 4 : 0));
    put_u16(&run, PROTOCOL_VERSION);
    put(&run, &flags, 1);
    put_u16(&run, size.ws_col);
    put_string(&run, program);
    put_string(&run, is_utf8(caller_directory) ? caller_directory : "");
    put_u16(&run, (unsigned)count);
    for (int i = 0; i < count; i++) {
        if (!is_utf8(arguments[i])) {
            complain("argument %d is not UTF-8 text", i + 1);
            return EXIT_SYNTAX;
        }
        put_string(&run, arguments[i]);
    }
    put_environment(&run);
    if (run.full || count > 0xffff) {
        complain("the arguments are longer than 1 MiB");
        return EXIT_SYNTAX;
    }
    /* Another failure is a connection that was closed: what was said before that is read. */
    return send_frame(fd, 'R', run.bytes, (uint32_t)run.used) || errno != EAGAIN ? RUN_SENT : RUN_SILENT;
}

/* Reads exactly length bytes; interrupts are passed on meanwhile. False at the end of the stream. */
static bool read_exactly(int fd, unsigned char *bytes, size_t length) {
    while (length > 0) {
        ssize_t got = recv(fd, bytes, length, 0);
        if (got > 0) {
            bytes += got;
            length -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* What is expected of the server. */
struct watch {
    double until;  /* when it must have answered */
    bool whole;    /* until is for the whole answer, and final */
    bool answered; /* it is known to answer: from then on a command takes its time */
    bool silent;   /* it did not answer in time */
};

/* Whether the manager, silent so far, does not answer an easy question either. Ends early when fd has something to read. */
static bool hangs(int fd, struct watch *watch, const sigset_t *mask) {
    char *question[] = {"node", "phase"};
    const struct timespec pause = {.tv_nsec = PROBE_POLL_MILLIS * 1000000L};
    double end = now_seconds() + PROBE_SECONDS;
    int probe = -1, count = 0;
    while (count == 0 && now_seconds() < end) {
        if (probe < 0) {
            probe = connect_within(NODE_SOCKET, 0);
            if (probe < 0 && errno != EAGAIN) {
                /* It is ending: fd will say so. */
                count = 1;
                break;
            }
            if (probe >= 0) {
                send_run(probe, "mainstay", 2, question, false);
            }
        }
        struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = probe, .events = POLLIN}};
        count = ppoll(ready, 2, &pause, mask);
    }
    if (probe >= 0) {
        close(probe);
    }
    /* After an interrupt, which is to be passed on, it is asked once more. */
    watch->answered = count > 0;
    watch->until = now_seconds() + ANSWER_SECONDS;
    return count == 0;
}

/* Waits for the server or wanted standard input, and sends Ctrl-C on: the first cancels, the second leaves. */
static bool wait_for_server(int fd, uint32_t *wanted, struct watch *watch) {
    static int passed_on;
    sigset_t none;
    sigemptyset(&none);
    while (true) {
        if (interrupts > passed_on) {
            if (passed_on++ > 0) {
                exit(EXIT_INTERRUPTED);
            }
            send_frame(fd, 'C', NULL, 0);
        }
        double left = watch->until - now_seconds();
        left = left > 0 ? left : 0;
        struct timespec limit = {.tv_sec = (time_t)left, .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
        struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = *wanted > 0 ? STDIN_FILENO : -1, .events = POLLIN}};
        int count = ppoll(ready, 2, watch->answered ? NULL : &limit, &none);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count == 0 && (watch->whole || hangs(fd, watch, &none))) {
            watch->silent = true;
            return false;
        }
        if (count > 0 && ready[1].revents) {
            char bytes[1 << 15];
            ssize_t got = read(STDIN_FILENO, bytes, *wanted < sizeof bytes ? *wanted : sizeof bytes);
            *wanted -= got > 0 ? (uint32_t)got : *wanted;
            send_frame(fd, 'I', bytes, got > 0 ? (uint32_t)got : 0);
        }
        if (count > 0 && ready[0].revents) {
            watch->answered = !watch->whole;
            return true;
        }
    }
}

static void deliver(int target, const unsigned char *bytes, size_t length, char *captured, size_t most) {
    if (captured && target == STDOUT_FILENO) {
        size_t used = strlen(captured);
        size_t part = length < most - 1 - used ? length : most - 1 - used;
        memcpy(captured + used, bytes, part);
        captured[used + part] = 0;
    } else if (!write_all(target, bytes, length)) {
        exit(128 + SIGPIPE);
    }
}

/* Passes output on until the command ends; its exit code, RUN_LOST or RUN_SILENT. captured (may be NULL) takes standard output. */
static int pump(int fd, char *captured, size_t most, struct watch *watch) {
    static unsigned char payload[MOST_BYTES];
    uint32_t wanted = 0;
    while (wait_for_server(fd, &wanted, watch)) {
        unsigned char header[HEADER_BYTES];
        uint32_t length;
        if (!read_exactly(fd, header, sizeof header)) {
            break;
        }
        memcpy(&length, header + 1, sizeof length);
        length = ntohl(length);
        if (length > MOST_BYTES || !read_exactly(fd, payload, length)) {
            break;
        }
        if (header[0] == 'O' || header[0] == 'E') {
            deliver(header[0] == 'O' ? STDOUT_FILENO : STDERR_FILENO, payload, length, captured, most);
        } else if (header[0] == 'N' && length == sizeof wanted) {
            memcpy(&wanted, payload, sizeof wanted);
            wanted = ntohl(wanted);
        } else if (header[0] == 'X' && length == 1) {
            return payload[0];
        } else {
            complain("Mainstay answers in a way this client does not understand; are they of the same release?");
            return EXIT_INTERNAL;
        }
    }
    return watch->silent ? RUN_SILENT : RUN_LOST;
}

/* Runs a command on an open connection and closes it. until: when it must have ended; 0: it takes its time while the manager answers. */
static int run_command(int fd, const char *program, int count, char **arguments, char *captured, size_t most, double until) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    enum { SIGNALS = sizeof signals / sizeof *signals };
    struct sigaction action = {.sa_handler = on_interrupt}, earlier[SIGNALS];
    sigset_t blocked, before;
    sigemptyset(&blocked);
    for (int i = 0; i < SIGNALS; i++) {
        sigaddset(&blocked, signals[i]);
    }
    /* Blocked except in ppoll: an interrupt is never missed between the check and the wait. */
    sigprocmask(SIG_BLOCK, &blocked, &before);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &action, &earlier[i]);
    }
    int code = send_run(fd, program, count, arguments, !captured);
    if (code == RUN_SENT) {
        struct watch watch = {.until = until > 0 ? until : now_seconds() + ANSWER_SECONDS, .whole = until > 0};
        /* Standard input goes as fast as the command takes it. */
        limit_waits(fd, SO_SNDTIMEO, 0);
        code = pump(fd, captured, most, &watch);
    }
    close(fd);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &earlier[i], NULL);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (captured && interrupts > 0) {
        exit(EXIT_INTERRUPTED);
    }
    return code;
}

/* The command socket: see shell.bundle/PROTOCOL.md. Part of mainstay.c. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NODE_SOCKET "data/run/node.sock"
#define GUARD_SOCKET "data/run/guard.sock"

enum { PROTOCOL_VERSION = 1, HEADER_BYTES = 5, MOST_BYTES = 1 << 16, MOST_RUN_BYTES = 1 << 20 };

/* What run_command returns instead of an exit code when the manager went away while the command ran. */
enum { RUN_LOST = -1 };

static volatile sig_atomic_t interrupts;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupts++;
}

/* Connects to a socket below data/run; -1 with errno. */
static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Whether a failed connect means that nobody serves the socket. */
static bool nobody_there(int error) {
    return error == ENOENT || error == ECONNREFUSED || error == ENOTDIR;
}

static int complain_connect(int error) {
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

/* Sends the frame that starts a command; an exit code if that is impossible, else -1. */
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
    send_frame(fd, 'R', run.bytes, (uint32_t)run.used);
    return -1;
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

/* Waits for the server or wanted standard input, and sends Ctrl-C on: the first cancels, the second leaves. */
static bool wait_for_server(int fd, uint32_t *wanted) {
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
        struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = *wanted > 0 ? STDIN_FILENO : -1, .events = POLLIN}};
        int count = ppoll(ready, 2, NULL, &none);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        if (count > 0 && ready[1].revents) {
            char bytes[1 << 15];
            ssize_t got = read(STDIN_FILENO, bytes, *wanted < sizeof bytes ? *wanted : sizeof bytes);
            *wanted -= got > 0 ? (uint32_t)got : *wanted;
            send_frame(fd, 'I', bytes, got > 0 ? (uint32_t)got : 0);
        }
        if (count > 0 && ready[0].revents) {
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

/* Passes output on until the command ends; its exit code, or RUN_LOST. captured (may be NULL) takes standard output instead. */
static int pump(int fd, char *captured, size_t most) {
    static unsigned char payload[MOST_BYTES];
    uint32_t wanted = 0;
    while (wait_for_server(fd, &wanted)) {
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
    return RUN_LOST;
}

/* Runs a command on an open connection and closes it. */
static int run_command(int fd, const char *program, int count, char **arguments, char *captured, size_t most) {
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
    if (code < 0) {
        code = pump(fd, captured, most);
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

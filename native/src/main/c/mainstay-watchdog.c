/*
 * mainstay-watchdog: feeds a watchdog device until a time that the guard keeps moving on.
 *
 *   mainstay-watchdog DEVICE TIMEOUT_SECONDS LONGEST_SECONDS
 *
 * Standard input, a line each:
 *   U MILLIS   the machine is to be reset by that time of CLOCK_BOOTTIME unless a later one is said
 *   V          disarm the device if it allows that, and end with code 0
 *
 * The device's timeout is set to TIMEOUT_SECONDS where it can be; a device whose timeout is fixed and longer than LONGEST_SECONDS is
 * disarmed and not used (code 3). Feeding stops one timeout before the said time, so that the reset comes by then. A device that any
 * close stops (no magic close and no nowayout), or that does not answer as a watchdog, is not used either (code 3).
 *
 * End of input means that the guard is gone: another one may come. The device is fed on for ten seconds, never longer than was said,
 * and then left armed for the next helper, which waits for the device to be free.
 *
 * Tells on standard output, a line each: "feeding DEVICE, timeout N s[, which could not be set: REASON]", "not fed any more: ...",
 * "fed again", "feeding failed: REASON" when a write failed, "feeding works again" at the first one that did not.
 *
 * Codes: 0 disarmed, 1 the device cannot be opened, 2 wrong usage, 3 see above.
 */
#include "watchdog-support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_WAIT_MS = 15000, OPEN_STEP_MS = 100, FEED_MS = 500, ORPHAN_MS = 10000 };

static long long boot_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000LL;
}

static void say(const char *text, long number, const char *more) {
    printf(text, number, more);
    putchar('\n');
    fflush(stdout);
}

/* What can be had of it makes this process likelier to run in time; it works without. */
static void prefer_me(void) {
    struct sched_param realtime = {.sched_priority = 1};
    int missing = mlockall(MCL_CURRENT | MCL_FUTURE) + sched_setscheduler(0, SCHED_FIFO, &realtime);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        missing += write(fd, "-1000", 5) < 0;
        close(fd);
    }
    if (missing) say("memory or priority could not be secured%.0ld%s", 0, "");
}

static int open_device(const char *path) {
    long long until = boot_ms() + OPEN_WAIT_MS;
    int fd;
    while ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0 && errno == EBUSY && boot_ms() < until) {
        struct timespec step = {.tv_nsec = OPEN_STEP_MS * 1000000L};
        nanosleep(&step, NULL);
    }
    return fd;
}

static void disarm(int fd) {
    if (write(fd, "V", 1) < 0) say("the device cannot be disarmed: %.0ld%s", 0, strerror(errno));
    close(fd);
}

/* Whether the device holds when this process is killed; says why not. */
static bool holds(int fd, const char *path) {
    struct watchdog_info info = {0};
    struct stat device = {0};
    bool answered = ioctl(fd, WDIOC_GETSUPPORT, &info) == 0;
    bool unstoppable = fstat(fd, &device) == 0 && S_ISCHR(device.st_mode)
        && never_stops("/sys", major(device.st_rdev), minor(device.st_rdev));
    const char *why = refusal(answered, info.options, unstoppable);
    if (!why) return true;
    printf("the watchdog %s %s\n", path, why);
    fflush(stdout);
    return false;
}

/* Sets the timeout. Its real value in seconds, or 0 if that is longer than allowed. */
static long set_timeout(int fd, long wanted, long longest, const char *device) {
    int seconds = (int)wanted;
    const char *trouble = "";
    if (ioctl(fd, WDIOC_SETTIMEOUT, &seconds) < 0) {
        trouble = strerror(errno);
        if (ioctl(fd, WDIOC_GETTIMEOUT, &seconds) < 0) seconds = (int)wanted;
    }
    if (seconds > longest) {
        printf("the timeout of %s is %d s and cannot be made shorter than %ld s: not used\n", device, seconds, longest);
        return 0;
    }
    printf("feeding %s, timeout %d s%s%s\n", device, seconds, *trouble ? ", which could not be set: " : "", trouble);
    fflush(stdout);
    return seconds;
}

/* Takes what has come. 1: goes on, 0: end in order, -1: the guard is gone. */
static int listen_to(long long *until) {
    static char line[128];
    static size_t length;
    char bytes[256];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) return got < 0 && errno == EINTR ? 1 : -1;
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\n') {
            if (length < sizeof line - 1) line[length++] = bytes[i];
            continue;
        }
        line[length] = 0;
        length = 0;
        char *end;
        if (line[0] == 'V' && !line[1]) return 0;
        if (line[0] == 'U' && line[1] == ' ') {
            long long said = strtoll(line + 2, &end, 10);
            if (end != line + 2 && !*end) *until = said;
        }
    }
    return 1;
}

static int feed(int fd, long timeout) {
    long long until = boot_ms() + timeout * 2000LL, orphan = 0, fed = 0;
    bool starved = false, failing = false;
    for (;;) {
        long long now = boot_ms();
        /* Closing feeds once more: a device that has to reset the machine by a time that was said is held until it has. */
        if (orphan && now >= orphan && (!starved || now > until + timeout * 2000LL)) return 0;
        if (now + timeout * 1000LL <= until) {
            if (starved || now - fed >= FEED_MS) {
                fed = now;
                bool failed = write(fd, "k", 1) < 0;
                /* Once at each change; what was said last must hold. */
                if (failed && (!failing || starved)) say("feeding failed: %.0ld%s", 0, strerror(errno));
                if (!failed && failing) say("feeding works again%.0ld%s", 0, "");
                if (!failed && !failing && starved) say("fed again%.0ld%s", 0, "");
                failing = failed;
                starved = false;
            }
        } else if (!starved) {
            starved = true;
            say("not fed any more: the time that was said is over in %ld ms%s", (long)(until - now), "");
        }
        struct pollfd input = {.fd = orphan ? -1 : STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, FEED_MS / 5) > 0) {
            int more = listen_to(&until);
            if (more == 0) {
                disarm(fd);
                return 0;
            }
            if (more < 0) orphan = boot_ms() + ORPHAN_MS;
        }
    }
}

int main(int count, char **arguments) {
    long timeout = count == 4 ? strtol(arguments[2], NULL, 10) : 0, longest = count == 4 ? strtol(arguments[3], NULL, 10) : 0;
    if (timeout < 1 || timeout > 3600 || longest < timeout) {
        fprintf(stderr, "mainstay-watchdog: usage: mainstay-watchdog DEVICE TIMEOUT_SECONDS LONGEST_SECONDS\n");
        return 2;
    }
    /* Whoever ends processes one after the other must not stop the feeding; only the guard and the kernel do. */
    int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
    int fd = open_device(arguments[1]);
    if (fd < 0) {
        printf("the watchdog %s cannot be opened: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    if (!holds(fd, arguments[1])) {
        close(fd);
        return 3;
    }
    prefer_me();
    long real = set_timeout(fd, timeout, longest, arguments[1]);
    if (!real) {
        fflush(stdout);
        disarm(fd);
        return 3;
    }
    return feed(fd, real);
}

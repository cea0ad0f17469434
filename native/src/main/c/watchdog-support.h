/* What a device must be able to do to be relied on. Part of mainstay-watchdog, included once. */
#ifndef MAINSTAY_WATCHDOG_SUPPORT_H
#define MAINSTAY_WATCHDOG_SUPPORT_H

#include <fcntl.h>
#include <limits.h>
#include <linux/watchdog.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum { MISC_MAJOR = 10, WATCHDOG_MINOR = 130 };

/* Whether the kernel says that nothing stops this device once it is armed; what cannot be read counts as no. */
static bool never_stops(const char *sys, unsigned device_major, unsigned device_minor) {
    char path[PATH_MAX], value = 0;
    /* /dev/watchdog is another name of the first device, and says nothing itself. */
    if (device_major == MISC_MAJOR && device_minor == WATCHDOG_MINOR) {
        snprintf(path, sizeof path, "%s/class/watchdog/watchdog0/nowayout", sys);
    } else {
        snprintf(path, sizeof path, "%s/dev/char/%u:%u/nowayout", sys, device_major, device_minor);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool set = read(fd, &value, 1) == 1 && value == '1';
    close(fd);
    return set;
}

/*
 * Why a device cannot be relied on; NULL if it can. One without magic close is stopped by any close, so also when its feeder is
 * killed: then it would not reset the machine, while everybody counts on it. What does not answer is no watchdog.
 */
static const char *refusal(bool answered, unsigned options, bool unstoppable) {
    if (!answered) return "does not answer as a watchdog: not used. Load the watchdog's driver, and name its device in WATCHDOG_DEVICE";
    if (!(options & WDIOF_MAGICCLOSE) && !unstoppable) {
        return "stops when it is closed (no magic close), so also when its feeder is killed, and would reset nothing then: not used."
               " Load its driver with nowayout=1, or use another watchdog";
    }
    return NULL;
}

#endif

/*
 * Stands in for ioctl() in the tests' build of mainstay-watchdog, linked with --wrap=ioctl: a plain file answers WDIOC_GETSUPPORT
 * with the options in STAND_IN_OPTIONS, magic close if that is not set, not at all if it is "none". Nothing else is answered.
 */
#include <errno.h>
#include <linux/watchdog.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...) {
    const char *options = getenv("STAND_IN_OPTIONS");
    (void)fd;
    if (request != WDIOC_GETSUPPORT || (options && !strcmp(options, "none"))) {
        errno = ENOTTY;
        return -1;
    }
    va_list arguments;
    va_start(arguments, request);
    struct watchdog_info *info = va_arg(arguments, struct watchdog_info *);
    va_end(arguments);
    memset(info, 0, sizeof *info);
    info->options = options ? (unsigned)strtoul(options, NULL, 0) : WDIOF_MAGICCLOSE;
    return 0;
}

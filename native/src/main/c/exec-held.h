/* Whether anything in the kernel holds a block device for itself. Part of mainstay-exec, included once. */
#ifndef MAINSTAY_EXEC_HELD_H
#define MAINSTAY_EXEC_HELD_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { HELD_NOT = 0, HELD = 1, HELD_UNKNOWN = 124 };

/* Only asks: an exclusive open for reading fails while a file system (in whatever mount namespace, or no longer in any) has it. */
static int held_at(const char *path, dev_t device) {
    struct stat node;
    if (stat(path, &node) < 0 || !S_ISBLK(node.st_mode) || node.st_rdev != device) return -1;
    int fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return HELD_NOT;
    }
    if (errno == EBUSY) return HELD;
    if (errno == ENXIO || errno == ENODEV || errno == ENOMEDIUM) return HELD_NOT; /* no device any more */
    say("cannot look whether %s is in use: %s", path, strerror(errno));
    return HELD_UNKNOWN;
}

/* Writes the path of the node as the kernel names the device. Returns -1 if there is no such device. */
static int kernel_node(const char *number, char path[PATH_MAX]) {
    char file[PATH_MAX], line[PATH_MAX];
    snprintf(file, sizeof file, "/sys/dev/block/%s/uevent", number);
    FILE *event = fopen(file, "re");
    if (!event) return -1;
    path[0] = 0;
    while (fgets(line, sizeof line, event))
        if (!strncmp(line, "DEVNAME=", 8)) snprintf(path, PATH_MAX, "/dev/%.*s", (int)strcspn(line + 8, "\n"), line + 8);
    fclose(event);
    return 0;
}

/* Paths come and go and can be given to other devices; the number is what was mounted. */
static int held(const char *number, const char *path) {
    unsigned major, minor;
    char named[PATH_MAX];
    if (sscanf(number, "%u:%u", &major, &minor) != 2) {
        say("usage: mainstay-exec held MAJOR:MINOR PATH");
        return 125;
    }
    if (access("/sys/dev/block", F_OK) < 0) {
        say("cannot look whether %s is in use: /sys is not mounted", path);
        return HELD_UNKNOWN;
    }
    if (kernel_node(number, named) < 0) return HELD_NOT;
    int answer = held_at(path, makedev(major, minor));
    if (answer < 0) answer = held_at(named, makedev(major, minor));
    if (answer < 0) say("cannot look whether %s is in use: no node of the device %s in /dev", path, number);
    return answer < 0 ? HELD_UNKNOWN : answer;
}

#endif

/*
 * Whose control group Mainstay's processes live in (decision 0083). systemd ends what is left in a session when it closes, and
 * takes a unit whose group is empty for stopped: guard and manager belong to the unit, or else to nobody. Part of mainstay.c.
 */
#define UNIT_NAME "/mainstay.service"

/* Reads a process's control group (version 2), relative to the root of the hierarchy; "self" is a process too. */
static bool group_of(const char *process, char *group, size_t size) {
    char path[64], line[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%s/cgroup", process);
    FILE *stream = fopen(path, "re");
    bool found = false;
    while (stream && !found && fgets(line, sizeof line, stream)) {
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = 0;
            found = strlen(line + 3) < size;
            if (found) {
                strcpy(group, line + 3);
            }
        }
    }
    if (stream) {
        fclose(stream);
    }
    return found;
}

/* Finds where control groups of version 2 are mounted; no installation depends on it. */
static bool group_root(char *root, size_t size) {
    FILE *stream = fopen("/proc/self/mounts", "re");
    char line[2 * PATH_MAX], where[PATH_MAX], type[64];
    bool found = false;
    while (stream && !found && fgets(line, sizeof line, stream)) {
        found = sscanf(line, "%*s %4095s %63s", where, type) == 2 && strcmp(type, "cgroup2") == 0 && strlen(where) < size;
    }
    if (stream) {
        fclose(stream);
    }
    if (found) {
        strcpy(root, where);
    }
    return found;
}

static bool move_to_group(const char *group, long process) {
    char root[PATH_MAX], path[3 * PATH_MAX], number[32];
    if (!group_root(root, sizeof root)) {
        return false;
    }
    snprintf(path, sizeof path, "%s%s/cgroup.procs", root, group);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int length = snprintf(number, sizeof number, "%ld", process);
    bool moved = fd >= 0 && write(fd, number, (size_t)length) == length;
    if (fd >= 0) {
        close(fd);
    }
    return moved;
}

/* A log-in session takes its processes along when it ends, at shutdown before anything else: the caller leaves it. */
static void leave_session(void) {
    char group[PATH_MAX], root[PATH_MAX], path[PATH_MAX + 32];
    if (!group_of("self", group, sizeof group) || !strstr(group, "/user.slice/") || !group_root(root, sizeof root)) {
        return;
    }
    /* beside the groups of what is protected, which lie outside of all units for the same reason */
    snprintf(path, sizeof path, "%s/mainstay", root);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/mainstay/platform", root);
    mkdir(path, 0755);
    if (!move_to_group("/mainstay/platform", getpid())) {
        fprintf(stderr, "guard: stays in the control group %s and ends with it\n", group);
    }
}

static bool in_unit(char *group, size_t size) {
    return group_of("self", group, size) && ends_with(group, UNIT_NAME);
}

/* Returns who serves a socket; 0 if nobody does. */
static long server_of(const char *path) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int fd = connect_to(path);
    if (fd >= 0) {
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
            peer.pid = 0;
        }
        close(fd);
    }
    return peer.pid;
}

/* The unit starts what somebody started by hand before: it becomes the unit's, or systemd would stop it at once. */
static void join_unit(void) {
    static const char *const sockets[] = {GUARD_SOCKET, NODE_SOCKET};
    char group[PATH_MAX];
    if (!in_unit(group, sizeof group)) {
        return;
    }
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        long process = server_of(sockets[i]);
        if (process > 0 && !move_to_group(group, process)) {
            complain("process %ld cannot be moved to %s: %s", process, group, strerror(errno));
        }
    }
}

/* Whether the unit, whose last process has ended, is cleaned up while somebody starts Mainstay by hand again. */
static bool unit_is_done(void) {
    char own[PATH_MAX], other[PATH_MAX], process[32];
    long guard = in_unit(own, sizeof own) ? server_of(GUARD_SOCKET) : 0;
    snprintf(process, sizeof process, "%ld", guard);
    return guard > 0 && group_of(process, other, sizeof other) && strcmp(own, other) != 0;
}

/*
 * mainstay keep-guard: the work of mainstay-guard.service (decision 0083). Guard and manager start each other again; when both
 * die at once, or the guard while the manager is stopped, nobody is left to do so but systemd. Part of mainstay.c.
 */
#define KEEPER_UNIT "/mainstay-guard.service"

enum { KEEP_POLL_MILLIS = 200, MANAGER_GRACE_SECONDS = 3, UNIT_GRACE_SECONDS = 30 };

/* Whether the manager should run, as the guard recorded it last. */
static bool manager_wanted(void) {
    char text[32] = "";
    FILE *stream = fopen("data/guard/supervision", "re");
    if (stream) {
        if (!fgets(text, sizeof text, stream)) {
            text[0] = 0;
        }
        fclose(stream);
    }
    return strncmp(text, "stopped", strlen("stopped")) != 0;
}

/* The unit is active again and takes over what was started here: lkstart, which it runs, moves it. Only where systemd runs this. */
static void start_unit(void) {
    char group[PATH_MAX];
    if (!group_of("self", group, sizeof group) || !ends_with(group, KEEPER_UNIT)) {
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        /* A stop that somebody asked for meanwhile is not overruled: a job that conflicts with it fails, and then it is not wanted. */
        execlp("systemctl", "systemctl", "--no-block", "--job-mode=fail", "start", "mainstay.service", (char *)NULL);
        _exit(127);
    }
}

/* Whether the guard that was started here belongs to the unit. */
static bool taken_over(void) {
    char group[PATH_MAX], process[32];
    process_id guard;
    if (!read_process(GUARD_PID, &guard) || !lives(&guard)) {
        return false;
    }
    snprintf(process, sizeof process, "%ld", guard.pid);
    return group_of(process, group, sizeof group) && ends_with(group, UNIT_NAME);
}

/* Returns whether the guard that died is not replaced by its manager. */
static bool abandoned(const process_id *dead) {
    double end = now_seconds() + MANAGER_GRACE_SECONDS;
    process_id manager, guard;
    while (read_process(MANAGER_PID, &manager) && lives(&manager) && now_seconds() < end) {
        if (!read_process(GUARD_PID, &guard) || lives(&guard)) {
            return false;
        }
        pause_briefly();
    }
    /* A guard that was stopped on purpose has taken its file away. */
    return read_process(GUARD_PID, &guard) && guard.pid == dead->pid && guard.started == dead->started;
}

/* Runs until it is ended. A guard that was not seen alive here, as one of before the boot, is not started. */
static int keep_guard(void) {
    if (!home_usable()) {
        return EXIT_INVALID;
    }
    process_id guard, seen = {0};
    double unit_until = 0, unit_asked = 0;
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
            /* what was started here and has ended */
        }
        bool there = read_process(GUARD_PID, &guard);
        if (there && lives(&guard)) {
            seen = guard;
        } else if (there && seen.pid == guard.pid && seen.started == guard.started && abandoned(&guard)) {
            bool manager = manager_wanted();
            complain("the guard, process %ld, died and is started again%s", guard.pid,
                     manager ? "" : "; the manager stays stopped");
            spawn_guard(manager);
            seen.pid = 0;
            unit_until = manager ? now_seconds() + UNIT_GRACE_SECONDS : 0;
        }
        /* systemd may not have noticed yet that the unit's processes are gone: then a start does nothing, and is asked for again */
        double now = now_seconds();
        if (now < unit_until && now - unit_asked >= 1) {
            if (taken_over() || !manager_wanted()) {
                unit_until = 0;
            } else {
                unit_asked = now;
                start_unit();
            }
        }
        struct timespec time = {.tv_nsec = KEEP_POLL_MILLIS * 1000000L};
        nanosleep(&time, NULL);
    }
}

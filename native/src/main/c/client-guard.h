/* Starting and stopping, and the guard's socket: see guard/PROTOCOL.md. Part of mainstay.c. */
#include <sys/syscall.h>

enum { DEFAULT_WAIT_SECONDS = 60, STOP_WAIT_SECONDS = 90, POLL_MILLIS = 100 };

/* The least time for an answer where the caller's is used up, in seconds. */
#define SHORTEST_ANSWER 0.2

/* What ask_guard returns instead of an exit code: it is not there, or it does not answer, which was said. */
enum { GUARD_AWAY = -1, GUARD_SILENT = -2 };

/* How a guard ends where another one has the lock. */
enum { GUARD_RUNS_ALREADY = 4 };

static void pause_briefly(void) {
    struct timespec time = {.tv_nsec = POLL_MILLIS * 1000000L};
    nanosleep(&time, NULL);
}

static int complain_silent_guard(void) {
    char process[64] = "", how[128] = "";
    process_id guard;
    if (read_process(GUARD_PID, &guard)) {
        snprintf(process, sizeof process, ", process %ld,", guard.pid);
        snprintf(how, sizeof how, " with 'kill -CONT %ld'; if it hangs, end it with 'kill -KILL %ld'", guard.pid, guard.pid);
    }
    complain("the guard of Mainstay%s is there and does not answer; data/log/guard.log may say why. If it was stopped by a signal,\n"
             "let it go on%s: bin/lkstart starts it again",
             process, how);
    return GUARD_SILENT;
}

/* Prints what the guard says up to its exit code, which is returned; GUARD_AWAY at the end of the stream, GUARD_SILENT after its time. */
static int guard_lines(FILE *stream, const char *prefix, FILE *out, bool *answered) {
    char *line = NULL;
    size_t size = 0;
    int code = GUARD_AWAY;
    errno = 0;
    for (;;) {
        if (getline(&line, &size, stream) <= 0) {
            /* A wait with a limit is not taken up again by itself after a stop and a continue, see signal(7). */
            if (ferror(stream) && errno == EINTR) {
                clearerr(stream);
                errno = 0;
                continue;
            }
            break;
        }
        *answered = true;
        line[strcspn(line, "\n")] = 0;
        /* That a quarantine was ended by this is worth saying in any case. */
        FILE *to = strncmp(line, "| quarantine", 12) == 0 && !out ? stdout : out;
        if (strncmp(line, "| ", 2) == 0 && to) {
            fprintf(to, "%s%s\n", prefix, line + 2);
            fflush(to);
        } else if (strncmp(line, "exit ", 5) == 0) {
            code = atoi(line + 5);
            break;
        }
        errno = 0;
    }
    if (code == GUARD_AWAY && errno == EAGAIN) {
        code = GUARD_SILENT;
    }
    free(line);
    return code;
}

/*
 * Sends one command to the guard and prints its lines, each with the prefix; its exit code, GUARD_AWAY or GUARD_SILENT. seconds: how
 * long it may say nothing; 0: as long as it likes if it answers another question meanwhile.
 */
static int ask_guard(const char *command, const char *prefix, FILE *out, double seconds) {
    int fd = connect_within(GUARD_SOCKET, seconds > 0 ? seconds : ANSWER_SECONDS);
    if (fd < 0) {
        return nobody_there(errno) ? GUARD_AWAY : errno == EAGAIN ? complain_silent_guard() : complain_connect(errno);
    }
    limit_waits(fd, SO_RCVTIMEO, seconds > 0 ? seconds : ANSWER_SECONDS);
    FILE *stream = write_all(fd, command, strlen(command)) && write_all(fd, "\n", 1) ? fdopen(fd, "r") : NULL;
    if (!stream) {
        close(fd);
        return GUARD_AWAY;
    }
    bool answered = false;
    int code = guard_lines(stream, prefix, out, &answered);
    if (code == GUARD_SILENT && seconds > 0) {
        complain_silent_guard();
    } else if (code == GUARD_SILENT && (answered || ask_guard("status", "", NULL, ANSWER_SECONDS) != GUARD_SILENT)) {
        limit_waits(fd, SO_RCVTIMEO, 0);
        clearerr(stream);
        code = guard_lines(stream, prefix, out, &answered);
    }
    fclose(stream);
    return code;
}

static bool guard_answers(void) {
    int fd = connect_to(GUARD_SOCKET);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 || errno == EAGAIN;
}

/* Members of the group at the local door reach the manager, but not the guard: they would stop half of Mainstay. */
static bool guard_refuses(void) {
    int fd = connect_to(GUARD_SOCKET);
    if (fd >= 0) {
        close(fd);
        return false;
    }
    return errno == EACCES || errno == EPERM;
}

/* What phase says of a manager that is there and does not answer. */
static const char silent_phase[] = "(silent)";

/* Asks the manager how far it is: "AVAILABLE", ..., "" if it answers something else, NULL if it is not there, silent_phase. */
static const char *phase(double end) {
    static char text[64];
    double left = end - now_seconds();
    left = left > ANSWER_SECONDS ? ANSWER_SECONDS : left > SHORTEST_ANSWER ? left : SHORTEST_ANSWER;
    double until = now_seconds() + left;
    int fd = connect_within(NODE_SOCKET, left);
    if (fd < 0) {
        return errno == EAGAIN ? silent_phase : NULL;
    }
    char *arguments[] = {"node", "phase"};
    text[0] = 0;
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), errors = dup(STDERR_FILENO);
    dup2(quiet, STDERR_FILENO);
    int code = run_command(fd, "mainstay", 2, arguments, text, sizeof text, until);
    dup2(errors, STDERR_FILENO);
    close(quiet);
    close(errors);
    text[strcspn(text, "\n")] = 0;
    return code == RUN_LOST ? NULL : code == RUN_SILENT ? silent_phase : code == EXIT_OK ? text : "";
}

static bool node_exists(void) {
    if (access("data/lcd", F_OK) == 0) {
        return true;
    }
    if (errno == EACCES) {
        complain_connect(EACCES);
    } else {
        complain("this server is not a node of a cluster yet; make a new cluster with\n"
                 "  bin/mainstay node init --name NAME --address ADDRESS\n"
                 "or join one with\n"
                 "  bin/mainstay node join --name NAME --address ADDRESS --peer ADDRESS --code CODE");
    }
    return false;
}

/* Starts the guard in a session of its own; it starts the manager if that is wanted. The child's pid, or -1. */
static pid_t spawn_guard(bool with_manager) {
    char java[PATH_MAX];
    if (!find_java(java)) {
        return -1;
    }
    mkdir("data/log", 0755);
    int log = open("data/log/guard-console.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (log < 0) {
        complain("data/log/guard-console.log cannot be written: %s", strerror(errno));
        return -1;
    }
    pid_t child = fork();
    if (child != 0) {
        close(log);
        return child;
    }
    leave_session();
    setsid();
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
#ifdef SYS_close_range
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
#endif
    for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
        close(fd);
    }
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    umask(022);
    execl(java, java, "-Xms8m", "-Xmx32m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
          "-XX:ReservedCodeCacheSize=12m", "-XX:MaxMetaspaceSize=32m", "-XX:+ExitOnOutOfMemoryError", "-cp", "lib/guard.jar",
          "org.mainstay.guard.GuardMain", with_manager ? (char *)NULL : "--no-manager", (char *)NULL);
    fprintf(stderr, "%s: %s\n", java, strerror(errno));
    _exit(127);
}

static bool guard_is_away(void) {
    int fd = connect_to(GUARD_SOCKET);
    bool away = fd < 0 && nobody_there(errno);
    if (fd >= 0) {
        close(fd);
    }
    return away;
}

static int wait_until_ready(int seconds, double end, pid_t guard) {
    double dot = now_seconds() + 1;
    bool dots = isatty(STDOUT_FILENO), printed = false, silent = false, gone = false;
    int code = EXIT_SYSTEM;
    do {
        const char *now = phase(end);
        if (now && strcmp(now, "AVAILABLE") == 0) {
            code = EXIT_OK;
            break;
        }
        silent = now == silent_phase;
        gone = !now;
        int status;
        if (guard > 0 && waitpid(guard, &status, WNOHANG) == guard) {
            if (!WIFEXITED(status) || WEXITSTATUS(status) != GUARD_RUNS_ALREADY) {
                complain("the guard ended at once; data/log/guard-console.log and data/log/guard.log say why");
                return EXIT_SYSTEM;
            }
            /* Another guard was faster; it may have been started without the manager, as keep-guard does. */
            int asked = ask_guard("start-manager", "", NULL, ANSWER_SECONDS);
            if (asked != EXIT_OK && asked != GUARD_AWAY) {
                return asked < 0 ? EXIT_SYSTEM : asked;
            }
            /* It was only ending: its socket is closed and it still had the lock. */
            guard = asked == GUARD_AWAY ? spawn_guard(true) : -1;
            if (asked == GUARD_AWAY && guard < 0) {
                return EXIT_SYSTEM;
            }
        }
        if (dots && now_seconds() > dot) {
            putchar('.');
            fflush(stdout);
            printed = true;
            dot += 1;
        }
        pause_briefly();
    } while (now_seconds() < end);
    if (printed) {
        putchar('\n');
    }
    if (code != EXIT_OK && guard < 0 && gone && guard_is_away()) {
        complain("Mainstay is not ready after %d s, and its guard has ended: nothing starts it any more; data/log/guard.log may say "
                 "why. Start it again with bin/lkstart",
                 seconds);
    } else if (code != EXIT_OK) {
        complain("Mainstay is not ready after %d s; it goes on starting. 'mainstay status' shows how far it is, data/log/ why it "
                 "takes long",
                 seconds);
        if (silent) {
            complain_silent();
        }
    }
    return code;
}

/* lkstart [-w SECONDS] (CMD-080 to CMD-085). */
static int lkstart(int count, char **arguments) {
    static const char usage[] = "Usage: lkstart [-w waitperiod]\n"
                                "Starts Mainstay on this server if it does not run, and waits until it is ready.\n"
                                "  -w waitperiod   seconds to wait; default 60\n";
    long seconds = DEFAULT_WAIT_SECONDS;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_OK;
        }
        if (strncmp(arguments[i], "-w", 2) != 0 || (!arguments[i][2] && i + 1 == count)) {
            complain("'%s' is not understood", arguments[i]);
            fputs(usage, stderr);
            return EXIT_SYNTAX;
        }
        const char *value = arguments[i][2] ? arguments[i] + 2 : arguments[++i];
        char *end;
        seconds = strtol(value, &end, 10);
        if (end == value || *end || seconds < 1 || seconds > 86400) {
            complain("the waiting time is seconds, 1 to 86400, not '%s'", value);
            return EXIT_INVALID;
        }
    }
    if (!home_usable()) {
        return EXIT_INVALID;
    }
    if (!node_exists()) {
        return EXIT_SYSTEM;
    }
    double begin = now_seconds();
    const char *now = phase(begin + (double)seconds);
    if (now && strcmp(now, "AVAILABLE") == 0) {
        join_unit();
        return EXIT_OK;
    }
    if (now && strncmp(now, "STOP", 4) == 0) {
        complain("Mainstay is just stopping on this server; try again when lkstop has ended");
        return EXIT_SYSTEM;
    }
    pid_t guard = -1;
    if (!now && access("data", W_OK | X_OK) != 0) {
        complain("permission denied: only root may start Mainstay");
        return EXIT_SYSTEM;
    }
    if (!now) {
        double left = begin + (double)seconds - now_seconds();
        int code = ask_guard("start-manager", "", NULL, left > SHORTEST_ANSWER ? left : SHORTEST_ANSWER);
        if (code == GUARD_AWAY) {
            guard = spawn_guard(true);
            code = guard > 0 ? EXIT_OK : EXIT_SYSTEM;
        }
        if (code != EXIT_OK) {
            complain("Mainstay could not be started; data/log/ says more");
            return code < 0 ? EXIT_SYSTEM : code;
        }
    }
    int code = wait_until_ready((int)seconds, begin + (double)seconds, guard);
    join_unit();
    return code;
}

static bool wait_until_gone(const char *path) {
    double end = now_seconds() + STOP_WAIT_SECONDS;
    while (now_seconds() < end) {
        int fd = connect_to(path);
        if (fd < 0 && nobody_there(errno)) {
            return true;
        }
        if (fd >= 0) {
            close(fd);
        }
        pause_briefly();
    }
    return false;
}

/* A guard closes its socket a while before it ends: who starts Mainstay again at once would meet it. */
static bool wait_until_ended(const process_id *process) {
    double end = now_seconds() + STOP_WAIT_SECONDS;
    while (lives(process)) {
        if (now_seconds() >= end) {
            return false;
        }
        pause_briefly();
    }
    return true;
}

/* Ends the processes after the manager has stopped in order, or where there is no manager. */
static int end_processes(bool leave_running, bool stopped_in_order) {
    const char *command = leave_running ? "stop-manager" : stopped_in_order ? "shutdown" : "stop";
    process_id guard;
    /* A guard that stops takes its file away. */
    bool guard_known = !leave_running && read_process(GUARD_PID, &guard);
    int code = ask_guard(command, "", stdout, 0);
    if (code == GUARD_SILENT) {
        return EXIT_SYSTEM;
    }
    if (code == EXIT_BUSY) {
        complain("Mainstay is just starting on this server; try again when 'lkstart' has ended");
        return code;
    }
    if (code > 0) {
        complain("the guard could not stop everything; 'mainstay status' shows what is left");
        return code;
    }
    if (!wait_until_gone(NODE_SOCKET) || (!leave_running && !wait_until_gone(GUARD_SOCKET))
        || (guard_known && !wait_until_ended(&guard))) {
        complain("Mainstay's processes have not ended after %d s; data/log/ says more", STOP_WAIT_SECONDS);
        return EXIT_SYSTEM;
    }
    return EXIT_OK;
}

/* Stops Mainstay here. */
static int stop(bool leave_running, bool system_shutdown) {
    if (leave_running && unit_is_done()) {
        return EXIT_OK;
    }
    int fd = connect_to(NODE_SOCKET);
    bool silent = false;
    if (fd < 0 && !nobody_there(errno)) {
        int code = complain_connect(errno);
        if (!system_shutdown) {
            return code;
        }
        silent = true;
    }
    if (guard_refuses()) {
        close(fd);
        complain("permission denied: only root may stop Mainstay, because only root reaches its guard; nothing was changed");
        return EXIT_SYSTEM;
    }
    if (fd >= 0 || guard_answers()) {
        puts(leave_running     ? "stopping the manager of Mainstay; applications go on running, the guard stays"
             : system_shutdown ? "stopping Mainstay: the machine shuts down"
                               : "stopping Mainstay: resources are taken out of service");
        fflush(stdout);
    }
    bool in_order = fd >= 0;
    int stopped = EXIT_OK;
    if (in_order) {
        char *arguments[] = {"stop", leave_running ? "--leave-running" : "--system-shutdown"};
        int code = run_command(fd, "mainstay", leave_running || system_shutdown ? 2 : 1, arguments, NULL, 0, 0);
        if (code == RUN_SILENT) {
            code = complain_silent();
            silent = true;
        }
        if (code != EXIT_OK && code != RUN_LOST) {
            complain(system_shutdown ? "not everything could be stopped; the machine shuts down all the same"
                                     : "Mainstay was not stopped");
            if (!system_shutdown) {
                return code;
            }
            stopped = code;
        }
        /* The connection may be lost because the manager ended or because it crashed: then the guard ends what is left. */
        in_order = code != RUN_LOST && !silent;
    }
    if (silent) {
        /* The machine goes down: the guard takes out of service what the manager does not, once that has ended. */
        ask_guard("stop-manager", "", stdout, 0);
    }
    int code = end_processes(leave_running, in_order);
    if (code == EXIT_OK) {
        puts("LIFEKEEPER NOW STOPPED");
    }
    return code == EXIT_OK ? stopped : code;
}

/* lkstop [-n|-f|-r] (CMD-090 to CMD-096). */
static int lkstop(int count, char **arguments) {
    static const char usage[] = "Usage: lkstop [-n | -f | -r]\n"
                                "Stops Mainstay on this server. Resources are taken out of service and not switched over.\n"
                                "  -n   the same as no option\n"
                                "  -f   the applications go on running\n"
                                "  -r   the same as -f\n";
    char given = 0;
    for (int i = 0; i < count; i++) {
        const char *option = arguments[i];
        if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_OK;
        }
        bool known = option[0] == '-' && option[1] && strchr("nfr", option[1]) && !option[2];
        if (!known || given) {
            if (known) {
                complain("-n, -f and -r exclude each other; give one of them");
            } else {
                complain("'%s' is not understood", option);
            }
            fputs(usage, stderr);
            return EXIT_SYNTAX;
        }
        given = option[1];
    }
    return stop(given == 'f' || given == 'r', false);
}

/* mainstay stop [--leave-running | --system-shutdown]. */
static int mainstay_stop(int count, char **arguments) {
    static const char usage[] = "Usage: mainstay stop [--leave-running | --system-shutdown]\n"
                                "Stops Mainstay on this server, as lkstop does.\n"
                                "  --leave-running     the applications go on running, as with lkstop -f\n"
                                "  --system-shutdown   the machine shuts down: the shutdown strategy of this server applies\n";
    bool leave_running = false, system_shutdown = false;
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            fputs(usage, stdout);
            return EXIT_OK;
        }
        bool leave = strcmp(arguments[i], "--leave-running") == 0, shut = strcmp(arguments[i], "--system-shutdown") == 0;
        leave_running |= leave;
        system_shutdown |= shut;
        if ((!leave && !shut) || (leave_running && system_shutdown)) {
            complain("'%s' is not understood%s", arguments[i], leave || shut ? " together with the option before" : "");
            fputs(usage, stderr);
            return EXIT_SYNTAX;
        }
    }
    return stop(leave_running, system_shutdown);
}

/* Starting and stopping, and the guard's socket: see guard/PROTOCOL.md. Part of mainstay.c. */
#include <sys/syscall.h>
#include <time.h>

enum { DEFAULT_WAIT_SECONDS = 60, STOP_WAIT_SECONDS = 90, POLL_MILLIS = 100, GUARD_AWAY = -1 };

static double now_seconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void pause_briefly(void) {
    struct timespec time = {.tv_nsec = POLL_MILLIS * 1000000L};
    nanosleep(&time, NULL);
}

/* Sends one command to the guard and prints its lines, each with the prefix; its exit code, or GUARD_AWAY. */
static int ask_guard(const char *command, const char *prefix, FILE *out) {
    int fd = connect_to(GUARD_SOCKET);
    if (fd < 0) {
        return nobody_there(errno) ? GUARD_AWAY : complain_connect(errno);
    }
    char *line = NULL;
    size_t size = 0;
    int code = GUARD_AWAY;
    if (write_all(fd, command, strlen(command)) && write_all(fd, "\n", 1)) {
        FILE *stream = fdopen(fd, "r");
        while (stream && getline(&line, &size, stream) > 0) {
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
        }
        if (stream) {
            fclose(stream);
        }
    } else {
        close(fd);
    }
    free(line);
    return code;
}

static bool guard_answers(void) {
    int fd = connect_to(GUARD_SOCKET);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0;
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

/* Asks the manager how far it is: "AVAILABLE", ..., "" if it answers something else, NULL if it is not there. */
static const char *phase(void) {
    static char text[64];
    int fd = connect_to(NODE_SOCKET);
    if (fd < 0) {
        return NULL;
    }
    char *arguments[] = {"node", "phase"};
    text[0] = 0;
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), errors = dup(STDERR_FILENO);
    dup2(quiet, STDERR_FILENO);
    int code = run_command(fd, "mainstay", 2, arguments, text, sizeof text);
    dup2(errors, STDERR_FILENO);
    close(quiet);
    close(errors);
    text[strcspn(text, "\n")] = 0;
    return code == RUN_LOST ? NULL : code == EXIT_OK ? text : "";
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

static int wait_until_ready(int seconds, pid_t guard) {
    double end = now_seconds() + seconds, dot = now_seconds() + 1;
    bool dots = isatty(STDOUT_FILENO), printed = false;
    int code = EXIT_SYSTEM;
    while (now_seconds() < end) {
        const char *now = phase();
        if (now && strcmp(now, "AVAILABLE") == 0) {
            code = EXIT_OK;
            break;
        }
        int status;
        if (guard > 0 && waitpid(guard, &status, WNOHANG) == guard) {
            /* 4: another guard was faster; it starts the manager just as well. */
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 4) {
                complain("the guard ended at once; data/log/guard-console.log and data/log/guard.log say why");
                return EXIT_SYSTEM;
            }
            guard = -1;
        }
        if (dots && now_seconds() > dot) {
            putchar('.');
            fflush(stdout);
            printed = true;
            dot += 1;
        }
        pause_briefly();
    }
    if (printed) {
        putchar('\n');
    }
    if (code != EXIT_OK) {
        complain("Mainstay is not ready after %d s; it goes on starting. 'mainstay status' shows how far it is, data/log/ why it "
                 "takes long",
                 seconds);
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
    const char *now = phase();
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
        int code = ask_guard("start-manager", "", NULL);
        if (code == GUARD_AWAY) {
            guard = spawn_guard(true);
            code = guard > 0 ? EXIT_OK : EXIT_SYSTEM;
        }
        if (code != EXIT_OK) {
            complain("Mainstay could not be started; data/log/ says more");
            return code;
        }
    }
    int code = wait_until_ready((int)seconds, guard);
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
    int code = ask_guard(command, "", stdout);
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
    if (fd < 0 && !nobody_there(errno)) {
        return complain_connect(errno);
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
        int code = run_command(fd, "mainstay", leave_running || system_shutdown ? 2 : 1, arguments, NULL, 0);
        if (code != EXIT_OK && code != RUN_LOST) {
            complain(system_shutdown ? "not everything could be stopped; the machine shuts down all the same"
                                     : "Mainstay was not stopped");
            if (!system_shutdown) {
                return code;
            }
            stopped = code;
        }
        /* The connection may be lost because the manager ended or because it crashed: then the guard ends what is left. */
        in_order = code != RUN_LOST;
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

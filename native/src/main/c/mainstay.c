/*
 * mainstay: the client of all commands in bin/.
 *
 *   mainstay NOUN VERB ...     the friendly front
 *   ins_list, lkstart, ...     the same program under another name: the name is the command
 *
 * Commands run in the manager; this program passes arguments, standard input and Ctrl-C on and prints what comes back
 * (shell.bundle/PROTOCOL.md). It does itself what must work without the manager: lkstart, lkstop; status from the guard; and
 * node init|join, which it hands to a JVM of their own.
 *
 * Exit codes: CMD-010; 130 after Ctrl-C.
 */
#include "client-home.h"
#include "client-process.h"
#include "client-frames.h"
#include "client-unit.h"
#include "client-guard.h"
#include "client-keep.h"

/* Runs a command in a JVM of its own: node init and join, and help while Mainstay is stopped. */
static int offline(const char *program, int count, char **arguments) {
    char java[PATH_MAX];
    if (!find_java(java)) {
        return EXIT_SYSTEM;
    }
    char terminal[64];
    snprintf(terminal, sizeof terminal, "-Dmainstay.terminal=%s", isatty(STDOUT_FILENO) ? "yes" : "no");
    static char directory[PATH_MAX + 32];
    snprintf(directory, sizeof directory, "-Dmainstay.directory=%s", caller_directory);
    const char *fixed[] = {java,
                           "-Xmx128m",
                           "-XX:+UseSerialGC",
                           "-XX:TieredStopAtLevel=1",
                           "-Dfile.encoding=UTF-8",
                           terminal,
                           directory,
                           "-cp",
                           "lib/offline/*",
                           "org.mainstay.shell.offline.OfflineMain",
                           program};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    const char **all = calloc((size_t)count + FIXED + 1, sizeof *all);
    if (!all) {
        complain("out of memory");
        return EXIT_SYSTEM;
    }
    memcpy(all, fixed, sizeof fixed);
    memcpy(all + FIXED, arguments, (size_t)count * sizeof *all);
    execv(java, (char *const *)all);
    complain("%s cannot be started: %s", java, strerror(errno));
    free(all);
    return EXIT_SYSTEM;
}

static bool has_argument(int count, char **arguments, const char *wanted) {
    for (int i = 0; i < count && strcmp(arguments[i], "--") != 0; i++) {
        if (strcmp(arguments[i], wanted) == 0) {
            return true;
        }
    }
    return false;
}

static int not_running(void) {
    complain("Mainstay is not running on this server; start it with bin/lkstart");
    return EXIT_SYSTEM;
}

/* status while the manager is away: what the guard knows. */
static int guard_status(bool json) {
    if (!guard_answers()) {
        return not_running();
    }
    if (!json) {
        puts("The manager of Mainstay does not run on this server. bin/lkstart starts it; after a crash its guard does so by\n"
             "itself. The guard says:");
        fflush(stdout);
        int code = ask_guard("status", "  ", stdout, ANSWER_SECONDS);
        return code == GUARD_AWAY ? not_running() : code == GUARD_SILENT ? EXIT_SYSTEM : code;
    }
    /* The document of the contract, empty as nothing else is known, with the guard's own in it. */
    fputs("{\"schema\":1,\"server\":null,\"phase\":\"STOPPED\",\"servers\":[],\"commpaths\":[],\"resources\":[],"
          "\"dependencies\":[],\"operations\":[],"
          "\"problems\":[\"the manager of Mainstay does not run on this server: start it with bin/lkstart\"],\"guard\":\n",
          stdout);
    int code = ask_guard("status json", "", stdout, ANSWER_SECONDS);
    if (code != EXIT_OK) {
        fputs("null\n", stdout);
    }
    fputs("}\n", stdout);
    return code < 0 ? EXIT_SYSTEM : code;
}

/* Commands that work on files while Mainstay is stopped. */
static bool changes_values(const char *program) {
    return strcmp(program, "lk_chg_value") == 0 || strcmp(program, "lk_chg_value.ksh") == 0;
}

static bool works_offline(const char *program) {
    return changes_values(program) || strcmp(program, "lksupport") == 0;
}

/* Whoever may not reach the manager's socket: lk_chg_value has an exit code of its own for that (CMD-356). */
static int cannot_connect(const char *program, int count, char **arguments, int error) {
    bool values = changes_values(program)
                  || (strcmp(program, "mainstay") == 0 && count > 0 && changes_values(arguments[0]));
    if (values && error == EACCES) {
        complain("this must be run as root");
        return EXIT_NOT_ROOT;
    }
    return complain_connect(error);
}

static int without_manager(const char *program, int count, char **arguments) {
    bool front = strcmp(program, "mainstay") == 0;
    if (works_offline(program) || (front && count > 0 && works_offline(arguments[0]))) {
        return offline(program, count, arguments);
    }
    if ((front && (count == 0 || strcmp(arguments[0], "help") == 0)) || has_argument(count, arguments, "--help") || (front && has_argument(count, arguments, "-h"))) {
        return offline(program, count, arguments);
    }
    if (front && strcmp(arguments[0], "status") == 0) {
        return guard_status(has_argument(count, arguments, "--json"));
    }
    /* A noun alone, a typing error and --version get their answer also now. */
    if (front && count == 1) {
        return offline(program, count, arguments);
    }
    return not_running();
}

/* getlocks and rlslocks act for the process that called this one: only here it is known. */
static char **with_caller(const char *program, int *count, char **arguments) {
    if (strcmp(program, "getlocks") != 0 && strcmp(program, "rlslocks") != 0) {
        return arguments;
    }
    static char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getppid());
    char **all = calloc((size_t)*count + 3, sizeof *all);
    if (!all || has_argument(*count, arguments, "--process") || has_argument(*count, arguments, "--help")) {
        free(all);
        return arguments;
    }
    all[0] = "--process";
    all[1] = pid;
    memcpy(all + 2, arguments, (size_t)*count * sizeof *all);
    *count += 2;
    return all;
}

static int run(const char *program, int count, char **arguments) {
    arguments = with_caller(program, &count, arguments);
    int fd = connect_to(NODE_SOCKET);
    if (fd < 0) {
        return nobody_there(errno) ? without_manager(program, count, arguments)
                                   : cannot_connect(program, count, arguments, errno);
    }
    int code = run_command(fd, program, count, arguments, NULL, 0, 0);
    if (code == RUN_SILENT) {
        return complain_silent();
    }
    if (code == RUN_LOST) {
        complain("the connection to Mainstay was lost: its manager ended while the command ran; see 'mainstay status'");
        return EXIT_SYSTEM;
    }
    return code;
}

int main(int count, char **arguments) {
    const char *slash = count > 0 ? strrchr(arguments[0], '/') : NULL;
    const char *name = count == 0 ? "mainstay" : slash ? slash + 1 : arguments[0];
    program_name = name;
    /* Closed standard streams would give their numbers to our sockets. */
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
        continue;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (!enter_home()) {
        return EXIT_SYSTEM;
    }
    count = count > 0 ? count - 1 : 0;
    arguments++;
    bool front = strcmp(name, "mainstay") == 0;
    const char *first = front && count > 0 ? arguments[0] : "";
    if (strcmp(name, "lkstart") == 0) {
        return lkstart(count, arguments);
    }
    if (strcmp(name, "lkstop") == 0) {
        return lkstop(count, arguments);
    }
    if (strcmp(first, "start") == 0 || strcmp(first, "lkstart") == 0) {
        return lkstart(count - 1, arguments + 1);
    }
    if (strcmp(first, "keep-guard") == 0 && count == 1) {
        return keep_guard();
    }
    if (strcmp(first, "lkstop") == 0) {
        return lkstop(count - 1, arguments + 1);
    }
    if (strcmp(first, "stop") == 0) {
        return mainstay_stop(count - 1, arguments + 1);
    }
    if (strcmp(first, "node") == 0 && count > 1
        && (strcmp(arguments[1], "init") == 0 || strcmp(arguments[1], "join") == 0)) {
        return home_usable() ? offline(name, count, arguments) : EXIT_INVALID;
    }
    return run(name, count, arguments);
}

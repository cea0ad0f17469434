/*
 * mainstay-exec: starts one program for Mainstay and watches over it.
 *
 *   mainstay-exec run   [options] -- PROGRAM [ARGUMENT...]   what belongs to an action: nothing it leaves survives it
 *   mainstay-exec serve [options] -- PROGRAM [ARGUMENT...]   what stays in service: outlives Mainstay
 *   mainstay-exec signal NAME PID                            exit 1: no such process
 *   mainstay-exec held MAJOR:MINOR PATH                      exit 1: the block device is in use, mounted or not
 *
 * Options
 *   --grace MS        from SIGTERM to SIGKILL when this process is told to stop (SIGTERM); default 2000
 *   --cgroup DIR      serve: version 2 control group to start the program in; made if it does not exist
 *   --relays DIR      serve: control group of the process that reads the program's output
 *   --user NAME       run as this user with all its groups; needs root
 *   --directory DIR   working directory of the program
 *
 * The program gets a session of its own, standard input, output and errors and no other file, default signals, a soft limit
 * of 1024 files, no realtime or nice priority, umask 022 and oom score 0. HOME, USER and LOGNAME are set unless given.
 *
 * Exit code: the program's own; 128 + signal if a signal ended it; with a last line of errors that begins with
 * "mainstay-exec: " also 123 (processes survive SIGKILL, by number), 124 (the place or the user could not be set up), 125 (wrong usage or internal), 126 (cannot be
 * executed), 127 (not found).
 *
 * run: this process is the reaper of all descendants (PR_SET_CHILD_SUBREAPER), whatever sessions they make. When the program
 * ends, is to be stopped, or Mainstay dies, all of them are ended.
 *
 * serve: output goes through a relay, a process in a control group of its own that reads on as long as anybody can write, so
 * that a daemon that keeps its starter's output open neither holds up the action nor dies of a broken pipe later. Without
 * --cgroup (no version 2 hierarchy, no root) program and relay stay in the caller's control group: a note on errors says so.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec-account.h"
#include "exec-held.h"

enum { E_SURVIVE = 123, E_PLACE = 124, E_USAGE = 125, E_EXECUTE = 126, E_NOT_FOUND = 127 };
enum { MAX_PIDS = 65536, RELAY_QUIET_MS = 20, RELAY_DRAIN_MS = 200, KILL_LIMIT_MS = 5000, REAP_LIMIT_MS = 1000 };

struct options {
    int serve;
    long grace_ms;
    const char *cgroup, *relays, *user, *directory;
    char **program;
};

/* Where the child failed before it became the program; sent to the parent through a close-on-exec pipe. */
struct failure {
    int stage; /* 'c' cgroup, 'g' groups, 'u' user, 'd' directory, 'x' execute */
    int error;
};

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

/* ---- the program's surroundings ---- */

static void reset_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++) sigaction(i, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What is left as it is when it cannot be changed only makes the program slower or likelier to be killed, never wrong. */
static void reset_limits(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < 1024 ? files.rlim_max : 1024;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    struct sched_param none = {0};
    if (sched_getscheduler(0) != SCHED_OTHER) sched_setscheduler(0, SCHED_OTHER, &none);
    setpriority(PRIO_PROCESS, 0, 0);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "0", 1) < 0) errno = 0;
        close(fd);
    }
    umask(022);
}

static void fail(int status_pipe, int stage) {
    struct failure failure = {stage, errno};
    if (write(status_pipe, &failure, sizeof failure) < 0) _exit(E_USAGE);
    _exit(E_USAGE);
}

/* Never returns: becomes the program, or tells why not. */
static void become_program(const struct options *o, int status_pipe) {
    setsid();
    reset_limits();
    if (account.set) {
        if (setgroups((size_t)account.group_count, account.groups) < 0 || setgid(account.gid) < 0) fail(status_pipe, 'g');
        if (setuid(account.uid) < 0) fail(status_pipe, 'u');
    }
    if (o->directory && chdir(o->directory) < 0) fail(status_pipe, 'd');
    syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    for (int fd = 3; fd < 64; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC); /* before Linux 5.11 */
    reset_signals();
    execvp(o->program[0], o->program);
    fail(status_pipe, 'x');
}

static int report(const struct options *o, const struct failure *f) {
    const char *why = strerror(f->error);
    switch (f->stage) {
        case 'c': say("cannot enter the control group %s: %s", o->cgroup, why); return E_PLACE;
        case 'g': say("cannot take the groups of user '%s': %s", o->user, why); return E_PLACE;
        case 'u': say("cannot become user '%s': %s", o->user, why); return E_PLACE;
        case 'd': say("cannot use the working directory %s: %s", o->directory, why); return E_PLACE;
        default: break;
    }
    if (f->error == ENOENT && strchr(o->program[0], '/') && access(o->program[0], F_OK) == 0) {
        say("cannot execute %s: the interpreter named in its first line does not exist", o->program[0]);
        return E_EXECUTE;
    }
    say(f->error == ENOENT ? "there is no program %s: %s" : "cannot execute %s: %s", o->program[0], why);
    return f->error == ENOENT || f->error == ENOTDIR ? E_NOT_FOUND : E_EXECUTE;
}

/* ---- control groups ---- */

static int make_folders(const char *path) {
    char copy[4096];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(copy, 0755) < 0 && errno != EEXIST) return -1;
        *slash = '/';
    }
    return mkdir(copy, 0755) < 0 && errno != EEXIST ? -1 : 0;
}

struct place {
    int fd;     /* -1: none */
    int in_use; /* processes or groups are in it */
};

static int open_group(const char *path, struct place *group) {
    group->fd = make_folders(path) < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return group->fd;
}

/*
 * Opens the group of an instance, an empty one made anew. From Linux 6.14 on, a group that was ever killed (cgroup.kill) also
 * kills every process that CLONE_INTO_CGROUP makes in it later: its count of kills is compared with that of the parent's group.
 */
static int renew_group(const char *path, struct place *group) {
    group->in_use = rmdir(path) < 0 && errno != ENOENT;
    return open_group(path, group);
}

/*
 * As fork, into the group. A process made there needs no move, which would wait for the whole machine (some ms to 50 ms); one
 * that is in use may have been killed once, so it is entered by a move.
 */
static pid_t fork_into(struct place in, int status_pipe) {
    int group = in.fd;
    if (group < 0) return fork();
    pid_t pid = -1;
    if (!in.in_use) {
        struct clone_args args = {
            .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group};
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
        if (pid >= 0 || (errno != ENOSYS && errno != EINVAL && errno != E2BIG && errno != EPERM)) return pid;
    }
    pid = fork();
    if (pid != 0) return pid;
    int fd = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "0", 1) < 0) {
        if (status_pipe < 0) _exit(E_PLACE);
        fail(status_pipe, 'c');
    }
    close(fd);
    return 0;
}

/* ---- ending what was started ---- */

struct process {
    pid_t pid, parent;
    int descends;
};

/* A process whose first thread has ended reads as a zombie while another of its threads hangs. One that cannot be seen counts. */
static int has_threads(const char *pid) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/task", pid);
    DIR *task = opendir(path);
    if (!task) return errno != ENOENT;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(task));) count += isdigit((unsigned char)entry->d_name[0]) != 0;
    closedir(task);
    return count > 1;
}

static int list_processes(struct process *all) {
    DIR *proc = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; proc && count < MAX_PIDS && (entry = readdir(proc));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        char path[300], stat[1024];
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? -1 : read(fd, stat, sizeof stat - 1);
        if (fd >= 0) close(fd);
        if (n <= 0) continue;
        stat[n] = 0;
        char *after_name = strrchr(stat, ')'), state;
        if (after_name && sscanf(after_name + 1, " %c %d", &state, &all[count].parent) == 2
            && (state != 'Z' || has_threads(entry->d_name))) {
            all[count].pid = atoi(entry->d_name);
            all[count++].descends = 0;
        }
    }
    if (proc) closedir(proc);
    return count;
}

/* The processes that descend from this one, first in the list. Returns how many. */
static int list_descendants(struct process **found) {
    static struct process all[MAX_PIDS];
    int count = list_processes(all), descendants = 0;
    for (int changed = 1; changed;) {
        changed = 0;
        for (int i = 0; i < count; i++) {
            if (all[i].descends) continue;
            int of_ours = all[i].parent == getpid();
            for (int j = 0; !of_ours && j < count; j++) of_ours = all[j].descends && all[j].pid == all[i].parent;
            if (of_ours) all[i].descends = changed = 1;
        }
    }
    for (int i = 0; i < count; i++)
        if (all[i].descends) all[descendants++] = all[i];
    *found = all;
    return descendants;
}

static void signal_descendants(int signal_number) {
    struct process *all;
    int count = list_descendants(&all);
    for (int i = 0; i < count; i++) kill(all[i].pid, signal_number);
}

/* What they were about to do may still take effect: the caller is told which they are. Returns 0 if none is found and some more time is
 * left for the last of them to be reaped. */
static int report_survivors(int last_time) {
    struct process *all;
    char text[900] = "";
    int count = list_descendants(&all);
    if (!count && !last_time) return 0;
    for (int i = 0, end = 0; i < count && end < (int)sizeof text - 16; i++)
        end += snprintf(text + end, sizeof text - (size_t)end, " %d", all[i].pid);
    say("processes survive SIGKILL, they hang in the kernel:%s", text);
    return E_SURVIVE;
}

/* ---- the relay of what stays in service ---- */

static void pass_on(int from, int to, int *forwarding) {
    char data[65536];
    ssize_t n = read(from, data, sizeof data);
    for (ssize_t done = 0; n > 0 && *forwarding && done < n;) {
        ssize_t w = write(to, data + done, (size_t)(n - done));
        if (w < 0 && errno != EINTR) *forwarding = 0; /* Mainstay is gone: read on, so that the program can write on */
        if (w > 0) done += w;
    }
}

/* Reads both pipes until nobody can write to them. Forwards until the program itself has ended (a byte or the end on
 * ended_fd) and what it printed is through; then lets go of the caller's pipes and says so by closing drained_fd. */
static void relay(int out, int err, int ended_fd, int drained_fd) {
    setsid();
    prctl(PR_SET_NAME, "mainstay-relay");
    signal(SIGPIPE, SIG_IGN);
    int forwarding = 1;
    long release_at = -1;
    struct pollfd fds[3] = {{out, POLLIN, 0}, {err, POLLIN, 0}, {ended_fd, POLLIN, 0}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        int ready = poll(fds, 3, release_at >= 0 ? RELAY_QUIET_MS : -1);
        if (ready > 0)
            for (int i = 0; i < 2; i++) {
                if (fds[i].revents & POLLIN) pass_on(fds[i].fd, i + 1, &forwarding);
                else if (fds[i].revents) fds[i].fd = -1;
            }
        if (fds[2].revents) {
            fds[2].fd = -1;
            fds[2].revents = 0;
            release_at = now_ms() + RELAY_DRAIN_MS;
        }
        if (release_at >= 0 && (ready == 0 || now_ms() >= release_at)) {
            forwarding = 0;
            release_at = -1;
            int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
            dup2(nothing, 1);
            dup2(nothing, 2);
            close(drained_fd);
        }
    }
    _exit(0);
}

/* ---- watching ---- */

static int exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void stop_all(const struct options *o, pid_t program, int signal_number) {
    if (o->serve) kill(-program, signal_number);
    else signal_descendants(signal_number);
}

/* Waits for the program; ends it when told to or, unless it is to stay in service, when the caller dies. For run: returns when
 * no descendant is left. */
static int watch(const struct options *o, pid_t program, int signals, int caller) {
    int code = -1;
    long kill_at = -1, give_up_at = -1;
    struct pollfd fds[2] = {{signals, POLLIN, 0}, {caller, POLLIN, 0}};
    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(o->serve ? program : -1, &status, WNOHANG)) > 0)
            if (pid == program) code = exit_code(status);
        int none_left = pid < 0 && errno == ECHILD;
        if (code >= 0 && (o->serve || none_left)) return code;
        long now = now_ms();
        if (code >= 0 && kill_at < 0) kill_at = now; /* ended by itself: what it left ends at once */
        if (kill_at >= 0 && now >= kill_at) {
            stop_all(o, program, SIGKILL);
            if (give_up_at < 0) give_up_at = now + KILL_LIMIT_MS;
            int survivors = now >= give_up_at ? report_survivors(now >= give_up_at + REAP_LIMIT_MS) : 0;
            if (survivors) return survivors;
            kill_at = now + 10; /* again: somebody may have forked meanwhile */
        }
        long wait = kill_at < 0 ? -1 : kill_at > now ? kill_at - now : 0;
        if (poll(fds, 2, (int)wait) <= 0) continue;
        struct signalfd_siginfo info;
        int told = fds[0].revents && read(signals, &info, sizeof info) == sizeof info && info.ssi_signo == SIGTERM;
        if (fds[1].revents) {
            if (o->serve) _exit(0);
            fds[1].fd = -1;
            told = 1;
        }
        if (told && kill_at < 0) {
            stop_all(o, program, SIGTERM);
            kill_at = now_ms() + o->grace_ms; /* not since the last event: the program may have been quiet for hours */
        }
    }
}

/* ---- starting ---- */

static int prepare_watch(int *caller) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGHUP);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    setsid(); /* a Ctrl-C for the caller is the caller's to pass on */
    *caller = (int)syscall(SYS_pidfd_open, getppid(), 0);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Waits until the child has become the program or failed to. */
static int await_start(const struct options *o, int status_pipe) {
    struct failure failure;
    ssize_t n;
    do n = read(status_pipe, &failure, sizeof failure);
    while (n < 0 && errno == EINTR);
    close(status_pipe);
    return n == sizeof failure ? report(o, &failure) : 0;
}

static int run(const struct options *o) {
    int caller, status[2];
    int signals = prepare_watch(&caller);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (signals < 0 || pipe2(status, O_CLOEXEC) < 0) {
        say("cannot prepare: %s", strerror(errno));
        return E_USAGE;
    }
    pid_t program = fork();
    if (program == 0) become_program(o, status[1]);
    close(status[1]);
    close(0);
    if (program < 0) {
        say("cannot start another process: %s", strerror(errno));
        return E_USAGE;
    }
    int failed = await_start(o, status[0]);
    return failed ? failed : watch(o, program, signals, caller);
}

static int serve(const struct options *o) {
    int caller, status[2], out[2], err[2], ended[2], drained[2];
    int signals = prepare_watch(&caller);
    struct place group = {-1, 0}, relays = {-1, 0};
    if (o->cgroup && renew_group(o->cgroup, &group) < 0) return report(o, &(struct failure){'c', errno});
    if (o->relays && open_group(o->relays, &relays) < 0) {
        say("cannot make the control group %s: %s", o->relays, strerror(errno));
        return E_PLACE;
    }
    if (!o->cgroup) dprintf(2, "mainstay-exec: note: no control group: the program is tracked by its mark only\n");
    if (signals < 0 || pipe2(status, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0
        || pipe2(ended, O_CLOEXEC) < 0 || pipe2(drained, O_CLOEXEC) < 0) {
        say("cannot prepare: %s", strerror(errno));
        return E_USAGE;
    }
    pid_t reader = fork_into(relays, -1);
    if (reader == 0) {
        int own[] = {0, status[0], status[1], out[1], err[1], ended[1], drained[0], signals, caller, group.fd, relays.fd};
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            if (own[i] >= 0) close(own[i]);
        relay(out[0], err[0], ended[0], drained[1]);
    }
    pid_t program = reader < 0 ? -1 : fork_into(group, status[1]);
    if (program == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        become_program(o, status[1]);
    }
    int start_error = errno;
    int unused[] = {0, status[1], out[0], out[1], err[0], err[1], ended[0], drained[1]};
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++) close(unused[i]);
    if (program < 0) {
        say("cannot start a process in the control group %s: %s", o->cgroup ? o->cgroup : "-", strerror(start_error));
        return E_PLACE;
    }
    int code = await_start(o, status[0]);
    if (!code) code = watch(o, program, signals, caller);
    close(ended[1]);
    struct pollfd done = {drained[0], POLLIN, 0};
    poll(&done, 1, 2 * RELAY_DRAIN_MS);
    return code;
}

static int send_signal(const char *name, const char *number) {
    static const struct {
        const char *name;
        int number;
    } known[] = {{"TERM", SIGTERM}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"KILL", SIGKILL}, {"HUP", SIGHUP}};
    char *end;
    long pid = strtol(number, &end, 10);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name) && !*end && pid > 1) {
            if (kill((pid_t)pid, known[i].number) == 0) return 0;
            if (errno == ESRCH) return 1;
            say("cannot signal process %ld: %s", pid, strerror(errno));
            return E_PLACE;
        }
    say("usage: mainstay-exec signal TERM|INT|QUIT|KILL|HUP PID");
    return E_USAGE;
}

static int parse(int argc, char **argv, struct options *o) {
    o->serve = argc > 1 && !strcmp(argv[1], "serve");
    if (!o->serve && (argc < 2 || strcmp(argv[1], "run"))) return -1;
    int i = 2;
    for (; i + 1 < argc && strcmp(argv[i], "--"); i += 2) {
        if (!strcmp(argv[i], "--cgroup")) o->cgroup = argv[i + 1];
        else if (!strcmp(argv[i], "--relays")) o->relays = argv[i + 1];
        else if (!strcmp(argv[i], "--user")) o->user = argv[i + 1];
        else if (!strcmp(argv[i], "--directory")) o->directory = argv[i + 1];
        else if (!strcmp(argv[i], "--grace")) o->grace_ms = strtol(argv[i + 1], NULL, 10);
        else return -1;
    }
    o->program = argv + i + 1;
    return i + 1 < argc && o->grace_ms >= 0 ? 0 : -1;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "signal")) return send_signal(argv[2], argv[3]);
    if (argc == 4 && !strcmp(argv[1], "held")) return held(argv[2], argv[3]);
    struct options options = {.grace_ms = 2000};
    if (parse(argc, argv, &options) < 0) {
        say("usage: mainstay-exec run|serve [--grace MS] [--cgroup DIR] [--relays DIR] [--user NAME] [--directory DIR]"
            " -- PROGRAM [ARGUMENT...]");
        return E_USAGE;
    }
    if (options.user) {
        if (load_account(options.user) < 0) return E_PLACE;
    } else {
        load_own_names();
    }
    return options.serve ? serve(&options) : run(&options);
}

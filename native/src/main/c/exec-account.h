/* The user a program runs as. Part of mainstay-exec, included once. */
#ifndef MAINSTAY_EXEC_ACCOUNT_H
#define MAINSTAY_EXEC_ACCOUNT_H

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GROUP_LIMIT = 1024 };

struct account {
    int set;
    uid_t uid;
    gid_t gid;
    int group_count;
    gid_t groups[GROUP_LIMIT];
};

static struct account account;

static void say(const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dprintf(2, "mainstay-exec: %s\n", text);
}

/* The first line that a program prints; NULL if it fails or prints nothing. The system's own getent asks whatever the
 * machine is configured to ask (files, LDAP, ...), which a static program cannot. */
static char *first_line(char *const argv[]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return NULL;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    static char line[65536];
    size_t length = 0;
    ssize_t n;
    while (pid > 0 && length < sizeof line - 1 && (n = read(ends[0], line + length, sizeof line - 1 - length)) > 0)
        length += (size_t)n;
    close(ends[0]);
    int status = -1;
    if (pid > 0) waitpid(pid, &status, 0);
    line[length] = 0;
    line[strcspn(line, "\n")] = 0;
    return status == 0 && length > 0 ? line : NULL;
}

/* Splits NAME:x:UID:GID:GECOS:HOME:SHELL in place. */
static int split_passwd(char *line, char *fields[7]) {
    for (int i = 0; i < 7; i++) {
        fields[i] = strsep(&line, ":");
        if (!fields[i]) return -1;
    }
    return 0;
}

static void set_names(const char *name, const char *home) {
    setenv("HOME", home, 0);
    setenv("USER", name, 0);
    setenv("LOGNAME", name, 0);
}

static int load_account(const char *name) {
    char *passwd[] = {"getent", "passwd", (char *)name, NULL};
    char *fields[7];
    char *line = name[0] == '-' || !name[0] ? NULL : first_line(passwd);
    if (!line || split_passwd(line, fields) < 0) {
        say("there is no user '%s' on this machine", name);
        return -1;
    }
    account.uid = (uid_t)strtoul(fields[2], NULL, 10);
    account.gid = (gid_t)strtoul(fields[3], NULL, 10);
    set_names(fields[0], fields[5]);
    if (account.uid == geteuid() && geteuid() != 0) return 0;
    if (geteuid() != 0) {
        say("cannot run as user '%s': Mainstay does not run as root", name);
        return -1;
    }
    account.set = 1;
    char *initgroups[] = {"getent", "initgroups", (char *)name, NULL};
    account.groups[account.group_count++] = account.gid;
    char *rest = first_line(initgroups);
    strsep(&rest, " ");
    for (char *word = strsep(&rest, " "); word && account.group_count < GROUP_LIMIT; word = strsep(&rest, " "))
        if (isdigit((unsigned char)*word)) account.groups[account.group_count++] = (gid_t)strtoul(word, NULL, 10);
    return 0;
}

/* Names for the user Mainstay itself runs as, from the local file alone: this runs before every command. */
static void load_own_names(void) {
    if (geteuid() == 0) {
        set_names("root", "/root");
        return;
    }
    FILE *file = fopen("/etc/passwd", "re");
    char line[4096], *fields[7];
    while (file && fgets(line, sizeof line, file))
        if (split_passwd(line, fields) == 0 && strtoul(fields[2], NULL, 10) == geteuid()) {
            set_names(fields[0], fields[5]);
            break;
        }
    if (file) fclose(file);
}

#endif

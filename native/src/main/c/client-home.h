/* Where Mainstay is installed, and its Java. Part of mainstay.c. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit codes (CMD-010). */
enum {
    EXIT_OK = 0,
    EXIT_SYSTEM = 1,
    EXIT_SYNTAX = 2,
    EXIT_INTERNAL = 3,
    EXIT_NOT_ROOT = 4, /* of lk_chg_value */
    EXIT_INVALID = 5,
    EXIT_BUSY = 8,
    EXIT_INTERRUPTED = 130
};

#define OLDEST_JAVA 17

static const char *program_name = "mainstay";
static char caller_directory[PATH_MAX];

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "%s: ", program_name);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/*
 * Makes MAINSTAY_HOME the working directory: the folder above bin/ or lib/native/ of this program, else the environment's.
 * Sockets and files are then named by short relative paths, however deep the installation lies (a socket address has 108 bytes).
 */
static bool enter_home(void) {
    if (!getcwd(caller_directory, sizeof caller_directory)) {
        caller_directory[0] = 0;
    }
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        char *slash = strrchr(path, '/');
        *(slash ? slash : path) = 0;
        if (ends_with(path, "/bin")) {
            path[strlen(path) - strlen("/bin")] = 0;
        } else if (ends_with(path, "/lib/native")) {
            path[strlen(path) - strlen("/lib/native")] = 0;
        } else {
            length = 0;
        }
    }
    const char *home = length > 0 ? (path[0] ? path : "/") : getenv("MAINSTAY_HOME");
    if (!home || !*home) {
        complain("cannot tell where Mainstay is installed: call it from its bin folder or set MAINSTAY_HOME");
        return false;
    }
    if (chdir(home) != 0) {
        complain("cannot enter %s: %s", home, strerror(errno));
        return false;
    }
    return true;
}

/* Whether Karaf can live here: it reads its folder in lists of addresses and class paths, and in properties. */
static bool home_usable(void) {
    char home[PATH_MAX];
    if (getcwd(home, sizeof home) && (strpbrk(home, ",:\\") || strstr(home, "${"))) {
        complain("Mainstay cannot run in %s: the path must not hold a comma, a colon, a backslash or ${; move it to a folder "
                 "such as /opt/mainstay",
                 home);
        return false;
    }
    return true;
}

/* Returns the value of NAME=value in a text file, in a static buffer, or NULL. */
static const char *setting(const char *file, const char *name) {
    static char line[4096];
    FILE *stream = fopen(file, "re");
    if (!stream) {
        return NULL;
    }
    size_t length = strlen(name);
    const char *value = NULL;
    while (!value && fgets(line, sizeof line, stream)) {
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            char *text = line + length + 1;
            text[strcspn(text, "\r\n")] = 0;
            size_t size = strlen(text);
            if (size >= 2 && text[0] == '"' && text[size - 1] == '"') {
                text[size - 1] = 0;
                text++;
            }
            value = *text ? text : NULL;
        }
    }
    fclose(stream);
    return value;
}

/* Returns the major version in text such as 17.0.15 or 1.8.0_412. */
static int major_version(const char *text) {
    int major = atoi(text);
    if (major == 1 && text[1] == '.') {
        major = atoi(text + 2);
    }
    return major;
}

/* Asks a java without a release file for its version; 0 if it does not say. */
static int asked_version(const char *java) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return 0;
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execl(java, java, "-version", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    char text[512];
    size_t used = 0;
    ssize_t got;
    while (child > 0 && used < sizeof text - 1 && (got = read(ends[0], text + used, sizeof text - 1 - used)) > 0) {
        used += (size_t)got;
    }
    text[used] = 0;
    close(ends[0]);
    if (child > 0) {
        waitpid(child, NULL, 0);
    }
    char *quoted = strstr(text, "version \"");
    return quoted ? major_version(quoted + strlen("version \"")) : 0;
}

static int java_version(const char *java) {
    char path[PATH_MAX];
    if (realpath(java, path) && ends_with(path, "/bin/java") && strlen(path) < sizeof path - 16) {
        strcpy(path + strlen(path) - strlen("bin/java"), "release");
        const char *version = setting(path, "JAVA_VERSION");
        if (version) {
            return major_version(version);
        }
    }
    return asked_version(java);
}

static bool found_on_path(char *java) {
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t length = strcspn(path, ":");
        if (length > 0 && length < PATH_MAX - 6) {
            snprintf(java, PATH_MAX, "%.*s/java", (int)length, path);
            if (access(java, X_OK) == 0) {
                return true;
            }
        }
        path += length + (path[length] == ':');
    }
    return false;
}

/* Finds a java that is new enough: JAVA_HOME of the environment, then of etc/default/LifeKeeper, then PATH. */
static bool find_java(char *java) {
    const char *home = getenv("JAVA_HOME");
    if (!home || !*home) {
        home = setting("etc/default/LifeKeeper", "JAVA_HOME");
    }
    if (home) {
        snprintf(java, PATH_MAX, "%.4000s/bin/java", home);
        if (access(java, X_OK) != 0) {
            complain("JAVA_HOME is %s, but there is no %s; correct it, in the environment or in etc/default/LifeKeeper", home,
                     java);
            return false;
        }
    } else if (!found_on_path(java)) {
        complain("Java %d or newer is needed and none was found; install it, or set JAVA_HOME in etc/default/LifeKeeper",
                 OLDEST_JAVA);
        return false;
    }
    int version = java_version(java);
    if (version < OLDEST_JAVA) {
        complain("%s is version %d; Java %d or newer is needed: install it, or set JAVA_HOME in etc/default/LifeKeeper", java,
                 version, OLDEST_JAVA);
        return false;
    }
    return true;
}

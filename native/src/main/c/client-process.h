/* Which process is meant, and whether it lives. Part of mainstay.c. */
#define GUARD_PID "data/run/guard.pid"
#define MANAGER_PID "data/run/karaf.pid"

typedef struct {
    long pid;
    unsigned long long started;
} process_id;

/* Reads a file "PID STARTTIME"; false if there is none. */
static bool read_process(const char *path, process_id *process) {
    FILE *stream = fopen(path, "re");
    bool found = stream && fscanf(stream, "%ld %llu", &process->pid, &process->started) == 2;
    if (stream) {
        fclose(stream);
    }
    return found;
}

/* Whether it lives and is not another one with a recycled pid. */
static bool lives(const process_id *process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process->pid);
    FILE *stream = fopen(path, "re");
    size_t length = stream ? fread(text, 1, sizeof text - 1, stream) : 0;
    if (stream) {
        fclose(stream);
    }
    text[length] = 0;
    /* The name in parentheses may hold anything: state and field 22 are counted from its end. */
    const char *rest = strrchr(text, ')');
    unsigned long long started = 0;
    char state = 0;
    return rest
        && sscanf(rest + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &state, &started) == 2
        && state != 'Z' && started == process->started;
}

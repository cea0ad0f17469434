/*
 * Makes a volume of the mirror engine a file that a loop device can use: mainstay-attach [-d] FOLDER SOCKET EXPORT
 * Runs a program that memory reclaim must not wait for, as the engine:   mainstay-attach -- PROGRAM [ARGUMENT...]
 *
 * Speaks the kernel's FUSE protocol on one side and NBD on the other. When the engine goes away, for a crash or an upgrade,
 * it connects again, without limit, and sends every unanswered request again: I/O stalls and no request fails. Requests may be sent
 * twice; all of them have the same effect twice, and the kernel sends no overlapping ones at the same time. A volume that became larger
 * meanwhile is a larger file from then on; one that became smaller is not the same, and waited for.
 *
 * What is sent never waits for what is received, nor the other way round: the sockets hold less than the requests do, and an engine
 * that cannot send answers takes no requests. So the thread that reads answers sends nothing, and waits for nobody who does.
 *
 * It is part of the way memory is reclaimed: it allocates nothing after its start, is locked in memory where that is allowed, and is
 * marked as an I/O flusher. Prints "ready" when FOLDER/volume can be used; -d: goes on in the background and returns then.
 * TERM ends it: what waits then fails.
 */
#include "attach-nbd.h"
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#define SLOTS 72
#define LARGEST (256 << 10)
#define HEADS 4096
#define ROOT 1
#define FILE_NODE 2
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

enum use {
    FREE,
    TAKEN,  /* for a request of the kernel */
    ASKED,  /* the engine's: to be sent, or sent */
    ANSWERED /* before it was sent to its end; who sends it frees it */
};

struct slot {
    char *data; /* what came from the kernel; later what goes back to it */
    enum use use;
    uint64_t order, unique;
    struct nbd_request request;
    const char *payload;
    uint32_t payload_length;
};

static struct slot slots[SLOTS];
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER; /* who writes to the engine; taken before lock, never by who reads */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;    /* all below; never held over a call that waits */
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static pthread_cond_t connected = PTHREAD_COND_INITIALIZER;
static uint64_t orders;
static uint64_t sent;         /* order of the last request that went to this engine */
static struct slot *outgoing; /* being sent */
static int nbd = -1;          /* -1 while there is no engine */
static int fuse;
static _Atomic uint64_t size;
static const char *folder, *socket_path, *export_name;

static void respond(uint64_t unique, int error, const void *data, size_t length)
{
    struct fuse_out_header out = {.len = sizeof out + length, .error = error, .unique = unique};
    struct iovec parts[2] = {{&out, sizeof out}, {(void *)data, length}};
    ssize_t written;
    do
        written = writev(fuse, parts, length ? 2 : 1);
    while (written < 0 && errno == EINTR);
    /* ENOENT: the kernel gave the request up. */
}

/* Returns the oldest request that this engine has not got. Lock held. */
static struct slot *unsent(void)
{
    struct slot *next = NULL;
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].use == ASKED && slots[i].order > sent && (!next || slots[i].order < next->order))
            next = &slots[i];
    return next;
}

/* Sends what the engine has not got, oldest first. Waits as long as the engine takes nothing. */
static void pump(void)
{
    pthread_mutex_lock(&sending);
    pthread_mutex_lock(&lock);
    for (;;) {
        struct slot *slot = nbd < 0 ? NULL : unsent();
        int fd = nbd, failed;
        if (!slot)
            break;
        outgoing = slot;
        sent = slot->order;
        pthread_mutex_unlock(&lock);
        failed = send_all(fd, &slot->request, sizeof slot->request, slot->payload, slot->payload_length);
        pthread_mutex_lock(&lock);
        outgoing = NULL;
        if (slot->use == ANSWERED) {
            slot->use = FREE;
            pthread_cond_signal(&freed);
        }
        if (failed && nbd == fd) {
            nbd = -1;
            shutdown(fd, SHUT_RDWR); /* who reads sees the end and connects again */
        }
    }
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&sending);
}

/* Hands a request to the engine, now or when there is one again. */
static void submit(struct slot *slot, uint16_t type, uint16_t flags, uint64_t offset, uint32_t length)
{
    slot->request = (struct nbd_request){htobe32(0x25609513), htobe16(flags), htobe16(type), slot - slots,
        htobe64(offset), htobe32(length)};
    pthread_mutex_lock(&lock);
    slot->order = ++orders;
    slot->use = ASKED;
    pthread_mutex_unlock(&lock);
    pump();
}

static struct slot *take(void)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        for (int i = 0; i < SLOTS; i++)
            if (slots[i].use == FREE) {
                slots[i].use = TAKEN;
                slots[i].payload_length = 0;
                pthread_mutex_unlock(&lock);
                return &slots[i];
            }
        pthread_cond_wait(&freed, &lock);
    }
}

static void release(struct slot *slot)
{
    pthread_mutex_lock(&lock);
    slot->use = slot == outgoing ? ANSWERED : FREE;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

/* Sends what was unanswered to an engine that has come back, while its answers are read. */
static void *resend(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (nbd < 0 || !unsent())
            pthread_cond_wait(&connected, &lock);
        pthread_mutex_unlock(&lock);
        pump();
        pthread_mutex_lock(&lock);
    }
    return unused;
}

/* What the kernel remembers of the file's size is over. Waits for nobody. */
static void grown(void)
{
    struct fuse_notify_inval_inode_out inode = {.ino = FILE_NODE, .off = -1};
    struct fuse_out_header out = {.len = sizeof out + sizeof inode, .error = FUSE_NOTIFY_INVAL_INODE};
    struct iovec parts[2] = {{&out, sizeof out}, {&inode, sizeof inode}};
    while (writev(fuse, parts, 2) < 0 && errno == EINTR)
        ;
    /* ENOENT: it remembers nothing. */
}

static int reconnect(void)
{
    for (;;) {
        uint64_t now = 0;
        struct timespec pause = {0, 50000000};
        int fd = nbd_connect(socket_path, export_name, &now);
        if (fd >= 0 && now >= size) {
            int larger = size != 0 && now > size;
            size = now;
            if (larger)
                grown();
            pthread_mutex_lock(&lock);
            nbd = fd;
            sent = 0;
            pthread_cond_signal(&connected);
            pthread_mutex_unlock(&lock);
            return fd;
        }
        if (fd >= 0)
            close(fd);
        nanosleep(&pause, NULL);
    }
}

/* Gives a connection up: when this returns nobody uses it. */
static void disconnect(int fd)
{
    pthread_mutex_lock(&lock);
    nbd = -1;
    pthread_mutex_unlock(&lock);
    shutdown(fd, SHUT_RDWR); /* ends a send that waits */
    pthread_mutex_lock(&sending);
    pthread_mutex_unlock(&sending);
    close(fd);
}

/* Returns the request that is answered, NULL if it is none that the engine has. */
static struct slot *asked(const struct nbd_reply *reply)
{
    int mine = 0;
    if (be32toh(reply->magic) != 0x67446698 || reply->cookie >= SLOTS)
        return NULL;
    pthread_mutex_lock(&lock);
    mine = slots[reply->cookie].use == ASKED && slots[reply->cookie].order <= sent;
    pthread_mutex_unlock(&lock);
    return mine ? &slots[reply->cookie] : NULL;
}

static void *answers(void *first)
{
    int fd = *(int *)first;
    for (;;) {
        struct nbd_reply reply;
        struct slot *slot;
        int error;
        if (receive_all(fd, &reply, sizeof reply) || !(slot = asked(&reply)))
            goto lost;
        error = be32toh(reply.error);
        /* ESHUTDOWN: the role ends here in order; somebody else may serve the volume later. Not an answer for the kernel. */
        if (error == 108)
            goto lost;
        if (be16toh(slot->request.type) == NBD_READ) {
            uint32_t length = be32toh(slot->request.length);
            if (!error && receive_all(fd, slot->data + HEADS, length))
                goto lost;
            respond(slot->unique, -error, slot->data + HEADS, error ? 0 : length);
        } else if (be16toh(slot->request.type) == NBD_WRITE) {
            struct fuse_write_out out = {.size = slot->payload_length};
            respond(slot->unique, -error, &out, error ? 0 : sizeof out);
        } else {
            respond(slot->unique, -error, NULL, 0);
        }
        release(slot);
        continue;
    lost:
        disconnect(fd);
        fd = reconnect();
    }
    return first;
}

static void fill(struct fuse_attr *attr, uint64_t node)
{
    *attr = (struct fuse_attr){.ino = node, .nlink = 1, .blksize = 4096, .mode = S_IFDIR | 0500};
    if (node == FILE_NODE) {
        attr->mode = S_IFREG | 0600;
        attr->size = size;
        attr->blocks = size / 512;
    }
}

static void initialise(const struct fuse_in_header *in, const struct fuse_init_in *asked)
{
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
        .max_readahead = asked->max_readahead, .max_background = 64, .congestion_threshold = 48, .max_write = LARGEST,
        .time_gran = 1, .max_pages = LARGEST / 4096};
    out.flags = asked->flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_ASYNC_DIO | FUSE_MAX_PAGES);
    respond(in->unique, 0, &out, sizeof out);
}

static void lookup(const struct fuse_in_header *in, const char *name)
{
    struct fuse_entry_out out = {.nodeid = FILE_NODE, .entry_valid = 3600, .attr_valid = 3600};
    if (in->nodeid != ROOT || strcmp(name, "volume")) {
        respond(in->unique, -ENOENT, NULL, 0);
        return;
    }
    fill(&out.attr, FILE_NODE);
    respond(in->unique, 0, &out, sizeof out);
}

static int zero(struct slot *slot, const struct fuse_fallocate_in *in)
{
    if (in->length > UINT32_MAX / 2 || !(in->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
        return -EOPNOTSUPP;
    submit(slot, NBD_WRITE_ZEROES, in->mode & FALLOC_FL_PUNCH_HOLE ? 0 : NBD_FLAG_NO_HOLE, in->offset, in->length);
    return 0;
}

/* Answers a request that needs no data. Returns 0 if the slot is the engine's now. */
static int serve(struct slot *slot, struct fuse_in_header *in, char *body)
{
    struct fuse_attr_out attr = {.attr_valid = 3600};
    struct fuse_open_out open_out = {0};
    struct fuse_statfs_out statfs = {0};
    struct fuse_write_in *write_in = (void *)body;
    struct fuse_read_in *read_in = (void *)body;
    switch (in->opcode) {
    case FUSE_READ:
        if (read_in->offset >= size) {
            respond(in->unique, 0, NULL, 0);
            return 1;
        }
        if (read_in->size > size - read_in->offset)
            read_in->size = size - read_in->offset;
        submit(slot, NBD_READ, 0, read_in->offset, read_in->size);
        return 0;
    case FUSE_WRITE:
        slot->payload = body + sizeof *write_in;
        slot->payload_length = write_in->size;
        submit(slot, NBD_WRITE, 0, write_in->offset, write_in->size);
        return 0;
    case FUSE_FSYNC:
        submit(slot, NBD_FLUSH, 0, 0, 0);
        return 0;
    case FUSE_FALLOCATE: {
        int error = zero(slot, (void *)body);
        if (error)
            respond(in->unique, error, NULL, 0);
        return error != 0;
    }
    case FUSE_INIT:
        initialise(in, (void *)body);
        return 1;
    case FUSE_LOOKUP:
        lookup(in, body);
        return 1;
    case FUSE_GETATTR:
    case FUSE_SETATTR:
        fill(&attr.attr, in->nodeid);
        respond(in->unique, 0, &attr, sizeof attr);
        return 1;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
        respond(in->unique, 0, &open_out, sizeof open_out);
        return 1;
    case FUSE_STATFS:
        statfs.st.bsize = statfs.st.frsize = 4096;
        statfs.st.namelen = 255;
        respond(in->unique, 0, &statfs, sizeof statfs);
        return 1;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
        return 1;
    case FUSE_READDIR:
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_DESTROY:
        respond(in->unique, 0, NULL, 0);
        return 1;
    default:
        respond(in->unique, -ENOSYS, NULL, 0);
        return 1;
    }
}

static void requests(void)
{
    for (;;) {
        struct slot *slot = take();
        ssize_t got = read(fuse, slot->data, HEADS + LARGEST);
        struct fuse_in_header *in = (void *)slot->data;
        if (got < 0) {
            release(slot);
            if (errno == EINTR || errno == EAGAIN || errno == ENOENT)
                continue;
            return; /* ENODEV: unmounted */
        }
        slot->unique = in->unique;
        if (serve(slot, in, slot->data + sizeof *in))
            release(slot);
    }
}

static void stop(int signal_number)
{
    (void)signal_number;
    umount2(folder, MNT_DETACH);
    _exit(0);
}

/* Last to be killed when memory is short, and never made to wait for its own volume's writeback. Inherited by threads and exec. */
static void flusher(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "-1000", 5) < 0)
            fprintf(stderr, "mainstay-attach: may be ended when memory is short: %s\n", strerror(errno));
        close(fd);
    }
    if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
        fprintf(stderr, "mainstay-attach: not an I/O flusher: %s\n", strerror(errno));
}

static void protect(void)
{
    flusher();
    if (mlockall(MCL_CURRENT | MCL_FUTURE))
        fprintf(stderr, "mainstay-attach: not locked in memory: %s\n", strerror(errno));
}

/* Goes on in the background; who called returns when the volume can be used, or with what went wrong. */
static int detach(void)
{
    int ready[2];
    char state;
    if (pipe2(ready, O_CLOEXEC)) {
        perror("mainstay-attach: pipe");
        exit(1);
    }
    switch (fork()) {
    case -1:
        perror("mainstay-attach: fork");
        exit(1);
    case 0:
        close(ready[0]);
        setsid();
        return ready[1];
    default:
        close(ready[1]);
        exit(read(ready[0], &state, 1) == 1 ? 0 : 1);
    }
}

static void tell(int ready)
{
    puts("ready");
    fflush(stdout);
    if (ready >= 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (write(ready, "r", 1) < 0)
            perror("mainstay-attach: who started it is gone");
        close(ready);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        close(null);
    }
}

int main(int count, char **words)
{
    char options[128];
    pthread_t reader, resender;
    int ready = -1, first;
    if (count > 2 && !strcmp(words[1], "--")) {
        flusher();
        execvp(words[2], words + 2);
        fprintf(stderr, "mainstay-attach: %s cannot be executed: %s\n", words[2], strerror(errno));
        return 127;
    }
    int background = count == 5 && !strcmp(words[1], "-d");
    words += background;
    count -= background;
    if (count != 4 || strlen(words[2]) > 107 || strlen(words[3]) > 4096) {
        fprintf(stderr, "usage: mainstay-attach [-d] FOLDER SOCKET EXPORT | -- PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    folder = words[1];
    socket_path = words[2];
    export_name = words[3];
    if (background)
        ready = detach();
    for (int i = 0; i < SLOTS; i++) {
        slots[i].data = mmap(NULL, HEADS + LARGEST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (slots[i].data == MAP_FAILED) {
            perror("mainstay-attach: memory");
            return 1;
        }
    }
    first = reconnect();
    fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
    if (fuse < 0 || mount("mainstay", folder, "fuse.mainstay", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)) {
        fprintf(stderr, "mainstay-attach: %s cannot be mounted: %s\n", folder, strerror(errno));
        return 1;
    }
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    protect();
    if (pthread_create(&resender, NULL, resend, NULL) || pthread_create(&reader, NULL, answers, &first)) {
        perror("mainstay-attach: thread");
        return 1;
    }
    tell(ready);
    requests();
    return 0;
}

/* Echoes to many addresses for as long as the caller lives: mainstay-net echo. Part of mainstay-net, included once. */
#ifndef MAINSTAY_NET_ECHO_H
#define MAINSTAY_NET_ECHO_H

#include "net-packets.h"

#include <netinet/ip_icmp.h>

/* An unprivileged ping socket where the machine allows it, else a raw one. */
static int open_ping(int family, int *raw) {
    int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol);
    *raw = fd < 0;
    return fd >= 0 ? fd : socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol);
}

static socklen_t to_socket_address(const struct address *a, struct sockaddr_storage *s) {
    memset(s, 0, sizeof *s);
    s->ss_family = (sa_family_t)a->family;
    if (a->family == AF_INET) {
        memcpy(&((struct sockaddr_in *)s)->sin_addr, a->bytes, 4);
        return sizeof(struct sockaddr_in);
    }
    memcpy(&((struct sockaddr_in6 *)s)->sin6_addr, a->bytes, 16);
    return sizeof(struct sockaddr_in6);
}

/* Returns the sequence number of an echo reply to this process, -1 if it is none. */
static int reply_sequence(const unsigned char *packet, ssize_t size, int family, int raw) {
    if (raw && family == AF_INET && size > 0) {
        int head = (packet[0] & 15) * 4;
        packet += head;
        size -= head;
    }
    if (size < 8 || packet[0] != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY)) return -1;
    if (raw && (packet[4] << 8 | packet[5]) != (getpid() & 0xffff)) return -1;
    return packet[6] << 8 | packet[7];
}

static void make_echo(unsigned char echo[16], int family, int sequence) {
    memset(echo, 0, 16);
    echo[0] = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    echo[4] = (unsigned char)(getpid() >> 8);
    echo[5] = (unsigned char)getpid();
    echo[6] = (unsigned char)(sequence >> 8);
    echo[7] = (unsigned char)sequence;
    unsigned short sum = family == AF_INET ? fold(sum_words(echo, 16, 0)) : 0;
    memcpy(echo + 2, &sum, 2);
}

static int parse(const char *text, struct address *a);

/* Whom the echo with a sequence number went to: an answer from anybody else is none. */
static struct address asked[65536];

struct echo_socket {
    int fd, raw, family;
};

static void ask_line(char *line, const struct echo_socket *sockets) {
    char *end;
    long number = strtol(line, &end, 10);
    struct address to;
    if (end == line || *end != ' ' || number < 0 || number > 65535 || parse(end + 1, &to)) {
        printf("wrong %s\n", line);
        return;
    }
    const struct echo_socket *s = &sockets[to.family == AF_INET ? 0 : 1];
    struct sockaddr_storage remote;
    socklen_t length = to_socket_address(&to, &remote);
    unsigned char echo[16];
    make_echo(echo, to.family, (int)number);
    asked[number] = to;
    /* a network that is away is silence, like a machine that is away */
    if (s->fd < 0 || sendto(s->fd, echo, sizeof echo, MSG_DONTWAIT, (struct sockaddr *)&remote, length) < 0)
        printf("unsent %ld %s\n", number, strerror(s->fd < 0 ? EPERM : errno));
}

static void hear(const struct echo_socket *s) {
    unsigned char packet[2048];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t size;
    while (length = sizeof from,
           (size = recvfrom(s->fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &length)) > 0) {
        int sequence = reply_sequence(packet, size, s->family, s->raw);
        if (sequence < 0 || asked[sequence].family != s->family) continue;
        const void *bytes = s->family == AF_INET ? (void *)&((struct sockaddr_in *)&from)->sin_addr
                                                 : (void *)&((struct sockaddr_in6 *)&from)->sin6_addr;
        if (memcmp(bytes, asked[sequence].bytes, s->family == AF_INET ? 4 : 16) == 0) printf("answer %d\n", sequence);
    }
}

/* Ends when its standard input ends: it lives no longer than its caller. */
static int echo_service(void) {
    struct echo_socket sockets[2] = {{.family = AF_INET}, {.family = AF_INET6}};
    char input[4096];
    size_t filled = 0;
    for (int i = 0; i < 2; i++) sockets[i].fd = open_ping(sockets[i].family, &sockets[i].raw);
    if (sockets[0].fd < 0 && sockets[1].fd < 0) return complain("cannot send echoes: %s", strerror(errno));
    for (;;) {
        struct pollfd ready[3] = {{0, POLLIN, 0}, {sockets[0].fd, POLLIN, 0}, {sockets[1].fd, POLLIN, 0}};
        if (poll(ready, 3, -1) < 0 && errno != EINTR) return complain("%s", strerror(errno));
        for (int i = 0; i < 2; i++)
            if (ready[i + 1].revents) hear(&sockets[i]);
        if (ready[0].revents) {
            ssize_t size = read(0, input + filled, sizeof input - 1 - filled);
            if (size <= 0) return DONE;
            filled += (size_t)size;
            input[filled] = 0;
            char *line = input, *end;
            for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
                *end = 0;
                ask_line(line, sockets);
            }
            filled = strlen(line);
            memmove(input, line, filled + 1);
            if (filled == sizeof input - 1) return complain("a line is too long");
        }
        if (fflush(stdout) == EOF) return DONE;
    }
}

#endif

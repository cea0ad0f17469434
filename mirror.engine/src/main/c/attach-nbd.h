/* The client's part of the NBD negotiation over a Unix socket. */
#ifndef ATTACH_NBD_H
#define ATTACH_NBD_H
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define NBD_READ 0
#define NBD_WRITE 1
#define NBD_FLUSH 3
#define NBD_WRITE_ZEROES 6
#define NBD_FLAG_NO_HOLE 2

struct nbd_request {
    uint32_t magic;
    uint16_t flags, type;
    uint64_t cookie, offset;
    uint32_t length;
} __attribute__((packed));

struct nbd_reply {
    uint32_t magic, error;
    uint64_t cookie;
} __attribute__((packed));

static int receive_all(int fd, void *data, size_t length)
{
    char *at = data;
    while (length > 0) {
        ssize_t got = read(fd, at, length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        at += got;
        length -= got;
    }
    return 0;
}

static int send_all(int fd, const void *head, size_t head_length, const void *data, size_t length)
{
    struct iovec parts[2] = {{(void *)head, head_length}, {(void *)data, length}};
    int first = 0;
    while (first < 2) {
        struct msghdr message = {.msg_iov = parts + first, .msg_iovlen = 2 - first};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        while (first < 2 && (size_t)sent >= parts[first].iov_len)
            sent -= parts[first++].iov_len;
        if (first < 2) {
            parts[first].iov_base = (char *)parts[first].iov_base + sent;
            parts[first].iov_len -= sent;
        }
    }
    return 0;
}

static int send_option(int fd, uint32_t option, const void *data, uint32_t length)
{
    char head[16];
    uint64_t magic = htobe64(0x49484156454f5054ull);
    uint32_t option_be = htobe32(option), length_be = htobe32(length);
    memcpy(head, &magic, 8);
    memcpy(head + 8, &option_be, 4);
    memcpy(head + 12, &length_be, 4);
    return send_all(fd, head, sizeof head, data, length);
}

/* Takes the answers to GO. Returns 0 and the size. */
static int receive_go(int fd, uint64_t *size)
{
    for (;;) {
        char head[20], data[4096];
        uint32_t type, length;
        if (receive_all(fd, head, sizeof head))
            return -1;
        memcpy(&type, head + 12, 4);
        memcpy(&length, head + 16, 4);
        type = be32toh(type);
        length = be32toh(length);
        if (length > sizeof data || receive_all(fd, data, length))
            return -1;
        if (type == 1)
            return 0;
        if (type != 3)
            return -1;
        if (length >= 12 && data[0] == 0 && data[1] == 0) {
            memcpy(size, data + 2, 8);
            *size = be64toh(*size);
        }
    }
}

/* Connects and chooses the export. Returns the socket, or -1. */
static int nbd_connect(const char *path, const char *export, uint64_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char hello[18], go[4096 + 6];
    uint32_t flags = htobe32(3), length = strlen(export), length_be = htobe32(length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    memcpy(go, &length_be, 4);
    memcpy(go + 4, export, length);
    memset(go + 4 + length, 0, 2);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) || receive_all(fd, hello, sizeof hello)
        || memcmp(hello, "NBDMAGICIHAVEOPT", 16) || send_all(fd, &flags, 4, NULL, 0)
        || send_option(fd, 7, go, length + 6) || receive_go(fd, size)) {
        close(fd);
        return -1;
    }
    return fd;
}
#endif

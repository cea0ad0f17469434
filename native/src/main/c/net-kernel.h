/* Links and addresses as the kernel has them, and changing them, through rtnetlink. Part of mainstay-net, included once. */
#ifndef MAINSTAY_NET_KERNEL_H
#define MAINSTAY_NET_KERNEL_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000
#endif

enum { DONE = 0, FAILED = 1, USAGE = 2, FOUND = 3, NO_ANSWER = 4 };
enum { LINK_LIMIT = 4096, ADDRESS_LIMIT = 16384, HARDWARE_LIMIT = 32, ANNOUNCE_EVERY_MS = 1000 };

struct address {
    int family, length, prefix;
    unsigned char bytes[16];
};

struct link {
    int index, type, hardware_length;
    unsigned flags;
    char name[IF_NAMESIZE];
    unsigned char hardware[HARDWARE_LIMIT], broadcast[HARDWARE_LIMIT];
};

struct entry {
    int link;
    unsigned flags;
    struct address address;
};

static struct link links[LINK_LIMIT];
static struct entry entries[ADDRESS_LIMIT];
static int link_count, entry_count;

static int complain(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return FAILED;
}

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000L;
}

/* ---- reading what the kernel has ---- */

struct request {
    struct nlmsghdr header;
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
    };
    char attributes[256];
};

static int open_netlink(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) complain("cannot talk to the kernel: %s", strerror(errno));
    return fd;
}

static int same(const struct address *a, const struct address *b) {
    return a->family == b->family && !memcmp(a->bytes, b->bytes, (size_t)a->length);
}

static void take_link(struct nlmsghdr *message) {
    struct ifinfomsg *info = NLMSG_DATA(message);
    if (link_count == LINK_LIMIT) return;
    struct link *l = &links[link_count++];
    *l = (struct link){.index = info->ifi_index, .type = info->ifi_type, .flags = info->ifi_flags};
    int left = (int)IFLA_PAYLOAD(message);
    for (struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        size_t size = RTA_PAYLOAD(a);
        if (a->rta_type == IFLA_IFNAME) snprintf(l->name, sizeof l->name, "%s", (char *)RTA_DATA(a));
        if (a->rta_type == IFLA_ADDRESS && size <= HARDWARE_LIMIT) {
            memcpy(l->hardware, RTA_DATA(a), size);
            l->hardware_length = (int)size;
        }
        if (a->rta_type == IFLA_BROADCAST && size <= HARDWARE_LIMIT) memcpy(l->broadcast, RTA_DATA(a), size);
    }
}

static void take_address(struct nlmsghdr *message) {
    struct ifaddrmsg *info = NLMSG_DATA(message);
    if (entry_count == ADDRESS_LIMIT || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)) return;
    struct entry e = {.link = (int)info->ifa_index, .flags = info->ifa_flags};
    e.address = (struct address){.family = info->ifa_family, .prefix = info->ifa_prefixlen};
    e.address.length = info->ifa_family == AF_INET ? 4 : 16;
    int local = 0, left = (int)IFA_PAYLOAD(message);
    for (struct rtattr *a = IFA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        /* with a point-to-point peer, IFA_ADDRESS is the peer's */
        if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !local))
            memcpy(e.address.bytes, RTA_DATA(a), (size_t)e.address.length);
        if (a->rta_type == IFA_LOCAL) local = 1;
        if (a->rta_type == IFA_FLAGS) memcpy(&e.flags, RTA_DATA(a), sizeof e.flags);
    }
    entries[entry_count++] = e;
}

static int dump(int fd, int type) {
    struct request r = {.header = {.nlmsg_type = (unsigned short)type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    r.header.nlmsg_len = NLMSG_LENGTH(type == RTM_GETLINK ? sizeof r.link : sizeof r.address);
    if (send(fd, &r, r.header.nlmsg_len, 0) < 0) return complain("cannot ask the kernel: %s", strerror(errno));
    static char buffer[256 * 1024];
    for (;;) {
        ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return complain("cannot read the kernel's answer: %s", strerror(errno));
        size_t left = (size_t)n;
        for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
            if (m->nlmsg_type == NLMSG_DONE) return DONE;
            if (m->nlmsg_type == NLMSG_ERROR) return complain("the kernel refuses to list its interfaces");
            if (m->nlmsg_type == RTM_NEWLINK) take_link(m);
            if (m->nlmsg_type == RTM_NEWADDR) take_address(m);
        }
    }
}

static int load_links(int fd) {
    link_count = 0;
    return dump(fd, RTM_GETLINK);
}

static int load_addresses(int fd) {
    entry_count = 0;
    return dump(fd, RTM_GETADDR);
}

static struct link *find_link(const char *name) {
    for (int i = 0; i < link_count; i++)
        if (!strcmp(links[i].name, name)) return &links[i];
    return NULL;
}

static int is_on(int index, const struct address *address) {
    for (int i = 0; i < entry_count; i++)
        if (entries[i].link == index && same(&entries[i].address, address)) return 1;
    return 0;
}

static int is_own(const unsigned char *hardware, int length) {
    for (int i = 0; i < link_count; i++)
        if (links[i].hardware_length == length && !memcmp(links[i].hardware, hardware, (size_t)length)) return 1;
    return 0;
}

/* ---- changing addresses ---- */

static void append(struct request *r, int type, const void *data, int length) {
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));
    a->rta_type = (unsigned short)type;
    a->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(a), data, (size_t)length);
    r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Returns 0 or the kernel's error number. */
static int change(int fd, int type, int flags, int index, const struct address *a) {
    struct request r = {.header = {.nlmsg_type = (unsigned short)type}};
    r.header.nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
    r.header.nlmsg_len = NLMSG_LENGTH(sizeof r.address);
    r.address.ifa_family = (unsigned char)a->family;
    r.address.ifa_prefixlen = (unsigned char)a->prefix;
    r.address.ifa_index = (unsigned)index;
    append(&r, IFA_LOCAL, a->bytes, a->length);
    append(&r, IFA_ADDRESS, a->bytes, a->length);
    if (type == RTM_NEWADDR && a->family == AF_INET6) {
        unsigned no_waiting = IFA_F_NODAD;
        append(&r, IFA_FLAGS, &no_waiting, sizeof no_waiting);
    }
    if (type == RTM_NEWADDR && a->family == AF_INET && a->prefix < 31) {
        unsigned bits;
        memcpy(&bits, a->bytes, 4);
        bits |= a->prefix == 0 ? ~0u : htonl(~0u >> a->prefix);
        append(&r, IFA_BROADCAST, &bits, 4);
    }
    if (send(fd, &r, r.header.nlmsg_len, 0) < 0) return errno;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[1024];
    } answer;
    ssize_t n = recv(fd, &answer, sizeof answer, 0);
    if (n < 0) return errno;
    return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EPROTO;
}

#endif

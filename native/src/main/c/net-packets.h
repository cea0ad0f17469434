/* ARP and neighbour discovery packets: announcements, probes, and what answers them. Part of mainstay-net, included once. */
#ifndef MAINSTAY_NET_PACKETS_H
#define MAINSTAY_NET_PACKETS_H

#include "net-kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stddef.h>
#include <unistd.h>

static int announces(const struct link *l) {
    return !(l->flags & (IFF_LOOPBACK | IFF_NOARP)) && l->hardware_length > 0;
}

/* Set when a packet socket is open, see let_go. */
static int packets_open;

/* Socket and hook are made in one step by bind: a socket() with the protocol would make bind wait for the whole machine. */
static int open_packets(const struct link *l, const struct address *a) {
    int protocol = htons(a->family == AF_INET ? ETH_P_ARP : ETH_P_IPV6);
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    packets_open |= fd >= 0;
    struct sockaddr_ll place = {
        .sll_family = AF_PACKET, .sll_protocol = (unsigned short)protocol, .sll_ifindex = l->index};
    if (fd < 0 || bind(fd, (struct sockaddr *)&place, sizeof place) < 0) {
        complain("cannot send packets on %s: %s", l->name, strerror(errno));
        return -1;
    }
    return fd;
}

/* The last close of a packet socket waits until no processor can still use it (20 ms and more), and so does the exit of its
 * process. The caller must not wait for that: a child that nobody waits for has the last copy. */
static void let_go(void) {
    if (packets_open && fork() == 0) {
        for (int i = 0; i < 3; i++) close(i);
        _exit(0);
    }
}

static int send_to(int fd, const struct link *l, int protocol, const unsigned char *hardware, const void *data, size_t size) {
    struct sockaddr_ll to = {.sll_family = AF_PACKET,
                             .sll_protocol = htons((unsigned short)protocol),
                             .sll_ifindex = l->index,
                             .sll_halen = (unsigned char)l->hardware_length};
    /* IPoIB has hardware addresses longer than the field; the kernel takes what lies behind it */
    unsigned char space[sizeof to + HARDWARE_LIMIT] = {0};
    memcpy(space, &to, sizeof to);
    memcpy(space + offsetof(struct sockaddr_ll, sll_addr), hardware, (size_t)l->hardware_length);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_ll, sll_addr) + (size_t)l->hardware_length);
    if (length < sizeof to) length = sizeof to;
    if (sendto(fd, data, size, 0, (struct sockaddr *)space, length) < 0)
        return complain("cannot send on %s: %s", l->name, strerror(errno));
    return DONE;
}

static int send_arp(
    int fd, const struct link *l, int operation, const unsigned char *sender, const unsigned char *target_hardware,
    const unsigned char *target) {
    unsigned char packet[8 + 2 * (HARDWARE_LIMIT + 4)], *p = packet;
    unsigned short head[4] = {
        htons((unsigned short)l->type), htons(ETH_P_IP), 0, htons((unsigned short)operation)};
    unsigned char lengths[2] = {(unsigned char)l->hardware_length, 4};
    memcpy(&head[2], lengths, 2);
    memcpy(p, head, 8);
    p += 8;
    size_t h = (size_t)l->hardware_length;
    p = (unsigned char *)memcpy(p, l->hardware, h) + h;
    p = (unsigned char *)memcpy(p, sender, 4) + 4;
    p = (unsigned char *)memcpy(p, target_hardware, h) + h;
    p = (unsigned char *)memcpy(p, target, 4) + 4;
    return send_to(fd, l, ETH_P_ARP, l->broadcast, packet, (size_t)(p - packet));
}

static unsigned sum_words(const void *data, size_t size, unsigned sum) {
    const unsigned char *p = data;
    for (size_t i = 0; i + 1 < size; i += 2) sum += (unsigned)(p[i] << 8 | p[i + 1]);
    return size & 1 ? sum + (unsigned)(p[size - 1] << 8) : sum;
}

static unsigned short fold(unsigned sum) {
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons((unsigned short)~sum);
}

struct neighbour_packet {
    struct ip6_hdr ip;
    struct nd_neighbor_advert body; /* a solicitation has the same shape */
    unsigned char option[8];
};

static int send_neighbour(int fd, const struct link *l, const struct neighbour_packet *like, size_t size) {
    struct neighbour_packet p = *like;
    size_t payload = size - sizeof p.ip;
    p.ip.ip6_flow = htonl(6u << 28);
    p.ip.ip6_plen = htons((unsigned short)payload);
    p.ip.ip6_nxt = IPPROTO_ICMPV6;
    p.ip.ip6_hlim = 255;
    unsigned sum = sum_words(&p.ip.ip6_src, 32, (unsigned)payload + IPPROTO_ICMPV6);
    p.body.nd_na_hdr.icmp6_cksum = fold(sum_words(&p.body, payload, sum));
    unsigned char multicast[6] = {0x33, 0x33};
    memcpy(multicast + 2, p.ip.ip6_dst.s6_addr + 12, 4);
    return send_to(fd, l, ETH_P_IPV6, multicast, &p, size);
}

static int is_router(const struct link *l) {
    char path[128], value = '0';
    snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/forwarding", l->name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, &value, 1) != 1) value = '0';
        close(fd);
    }
    return value != '0';
}

static int send_announcement(int fd, const struct link *l, const struct address *a) {
    if (a->family == AF_INET) {
        static const unsigned char nobody[HARDWARE_LIMIT];
        int failed = send_arp(fd, l, ARPOP_REQUEST, a->bytes, nobody, a->bytes);
        return failed ? failed : send_arp(fd, l, ARPOP_REPLY, a->bytes, l->hardware, a->bytes);
    }
    struct neighbour_packet p = {0};
    memcpy(&p.ip.ip6_src, a->bytes, 16);
    memcpy(&p.body.nd_na_target, a->bytes, 16);
    inet_pton(AF_INET6, "ff02::1", &p.ip.ip6_dst);
    p.body.nd_na_hdr.icmp6_type = ND_NEIGHBOR_ADVERT;
    p.body.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE | (is_router(l) ? ND_NA_FLAG_ROUTER : 0);
    p.option[0] = ND_OPT_TARGET_LINKADDR;
    p.option[1] = 1;
    memcpy(p.option + 2, l->hardware, 6);
    return send_neighbour(fd, l, &p, sizeof p);
}

static int send_probe(int fd, const struct link *l, const struct address *a) {
    static const unsigned char nobody[HARDWARE_LIMIT];
    if (a->family == AF_INET) return send_arp(fd, l, ARPOP_REQUEST, nobody, nobody, a->bytes);
    struct neighbour_packet p = {0};
    memcpy(&p.body.nd_na_target, a->bytes, 16);
    inet_pton(AF_INET6, "ff02::1:ff00:0", &p.ip.ip6_dst);
    memcpy(p.ip.ip6_dst.s6_addr + 13, a->bytes + 13, 3);
    p.body.nd_na_hdr.icmp6_type = ND_NEIGHBOR_SOLICIT;
    return send_neighbour(fd, l, &p, sizeof p.ip + sizeof p.body);
}

/* Whether the packet shows that another machine uses the address, or is about to (it probes for it too). */
static int conflicts(
    const unsigned char *packet, size_t size, const struct address *a, const struct sockaddr_ll *from, const struct link *l) {
    static const unsigned char zero[16];
    size_t h = (size_t)l->hardware_length;
    if (from->sll_pkttype == PACKET_OUTGOING) return 0;
    if (a->family == AF_INET) {
        if (size < 8 + 2 * (h + 4) || packet[4] != h || packet[5] != 4) return 0;
        const unsigned char *hardware = packet + 8, *sender = hardware + h, *target = sender + 4 + h;
        int claims = !memcmp(sender, a->bytes, 4);
        int probes = packet[7] == ARPOP_REQUEST && !memcmp(sender, zero, 4) && !memcmp(target, a->bytes, 4);
        return (claims || probes) && !is_own(hardware, (int)h);
    }
    struct neighbour_packet p = {0};
    if (size < sizeof p.ip + sizeof p.body) return 0;
    memcpy(&p, packet, sizeof p.ip + sizeof p.body);
    if (p.ip.ip6_nxt != IPPROTO_ICMPV6 || p.ip.ip6_hlim != 255 || memcmp(&p.body.nd_na_target, a->bytes, 16)) return 0;
    int type = p.body.nd_na_hdr.icmp6_type;
    int probes = type == ND_NEIGHBOR_SOLICIT && !memcmp(&p.ip.ip6_src, zero, 16);
    return (type == ND_NEIGHBOR_ADVERT || probes) && !is_own(from->sll_addr, from->sll_halen);
}

/* Listens until the time. Returns 1 with the hardware address at the first conflict, 0 when the time is up, -1 on failure. */
static int listen_until(int fd, const struct link *l, const struct address *a, long end, unsigned char *hardware) {
    for (long left = end - now_ms(); left > 0; left = end - now_ms()) {
        struct pollfd ready = {fd, POLLIN, 0};
        if (poll(&ready, 1, (int)left) <= 0) continue;
        unsigned char packet[2048];
        struct sockaddr_ll from = {0};
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            complain("cannot listen on %s: %s", l->name, strerror(errno));
            return -1;
        }
        if (n > 0 && conflicts(packet, (size_t)n, a, &from, l)) {
            memcpy(hardware, a->family == AF_INET ? packet + 8 : from.sll_addr, (size_t)l->hardware_length);
            return 1;
        }
    }
    return 0;
}

#endif

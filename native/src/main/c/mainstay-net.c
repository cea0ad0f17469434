/*
 * mainstay-net: addresses of this machine, for Mainstay. Acts in the network namespace of its caller; needs root or
 * CAP_NET_ADMIN and CAP_NET_RAW except for list.
 *
 *   mainstay-net list                       "link NAME up|down carrier|no-carrier", then "addr ADDRESS/PREFIX" lines
 *   mainstay-net add IF ADDRESS/PREFIX      adds it, usable at once (IPv6 without waiting for duplicate detection), and
 *                                           announces it once; succeeds if it is there
 *   mainstay-net remove IF ADDRESS/PREFIX   takes it off whatever its prefix is, keeps other addresses of its network,
 *                                           and looks again; succeeds if the address or the interface is not there
 *   mainstay-net announce IF ADDRESS TIMES  at once, then once a second in the background while the address is here
 *   mainstay-net probe IF ADDRESS MS        exit 3 and the hardware address if somebody else uses the address
 *   mainstay-net ping FROM TO MS            exit 4 if no echo came back
 *   mainstay-net echo                       until its input ends: a line "NUMBER ADDRESS" sends an echo, NUMBER (0 to 65535)
 *                                           is its sequence; says "answer NUMBER" for each answer of that address, "unsent
 *                                           NUMBER REASON" for what could not be sent
 *
 * Exit codes: 0 done, 1 failed (the reason is on errors), 2 wrong usage, 3 and 4 see above.
 *
 * Announcements (RFC 5227 section 2.3 and 3): an ARP request and an ARP reply with sender and target address the announced
 * one, as some devices heed only one of them; IPv6: an unsolicited neighbour advertisement with the override flag (RFC 4861
 * section 7.2.6). In the background it also listens and answers a conflicting claim with an announcement at once, at most
 * once between two regular ones. Probes: RFC 5227 section 2.1.1, RFC 4862 section 5.4.2.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "net-echo.h"

static int list(int fd) {
    if (load_links(fd) || load_addresses(fd)) return FAILED;
    for (int i = 0; i < link_count; i++) {
        if (links[i].flags & IFF_LOOPBACK) continue;
        printf("link %s %s %s\n", links[i].name, links[i].flags & IFF_UP ? "up" : "down",
               links[i].flags & IFF_LOWER_UP ? "carrier" : "no-carrier");
        for (int j = 0; j < entry_count; j++) {
            char text[INET6_ADDRSTRLEN];
            if (entries[j].link != links[i].index) continue;
            inet_ntop(entries[j].address.family, entries[j].address.bytes, text, sizeof text);
            printf("addr %s/%d\n", text, entries[j].address.prefix);
        }
    }
    return DONE;
}

static int no_such_link(const char *name) {
    return complain("there is no interface %s on this server", name);
}

static int announce_once(const struct link *l, const struct address *a) {
    if (!announces(l)) return DONE;
    int fd = open_packets(l, a);
    if (fd < 0) return FAILED;
    return send_announcement(fd, l, a);
}

static int add(int fd, const char *name, const struct address *a) {
    if (load_links(fd)) return FAILED;
    struct link *l = find_link(name);
    if (!l) return no_such_link(name);
    int error = change(fd, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, l->index, a);
    if (error && error != EEXIST) return complain("%s", strerror(error));
    /* an interface that is down has nobody to tell; whether that matters is the caller's to say */
    return l->flags & IFF_UP ? announce_once(l, a) : DONE;
}

static int in_network(const struct address *a, const struct address *network) {
    unsigned x, y, mask = network->prefix == 0 ? 0 : htonl(~0u << (32 - network->prefix));
    memcpy(&x, a->bytes, 4);
    memcpy(&y, network->bytes, 4);
    return (x & mask) == (y & mask);
}

static int write_setting(const char *path, char value, char *before) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -1;
    int done = read(fd, before, 1) == 1 && pwrite(fd, &value, 1, 0) == 1;
    close(fd);
    return done ? 0 : -1;
}

/* The kernel takes the other addresses of a network away with its first one unless told to promote one of them; what is gone
 * nevertheless is put back. */
static int remove_entry(int fd, const struct link *l, const struct entry *e) {
    static struct entry others[ADDRESS_LIMIT];
    int other_count = 0;
    for (int i = 0; i < entry_count; i++)
        if (entries[i].link == l->index && entries[i].address.family == AF_INET && (entries[i].flags & IFA_F_SECONDARY)
            && entries[i].address.prefix == e->address.prefix && in_network(&entries[i].address, &e->address))
            others[other_count++] = entries[i];
    int first = e->address.family == AF_INET && !(e->flags & IFA_F_SECONDARY) && other_count > 0;
    char path[128], before = 0;
    snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/promote_secondaries", l->name);
    if (first && write_setting(path, '1', &before) < 0) before = 0;
    int error = change(fd, RTM_DELADDR, 0, l->index, &e->address);
    char ignored;
    if (first && before && before != '1') write_setting(path, before, &ignored);
    if (error && error != EADDRNOTAVAIL && error != ENODEV) return complain("%s", strerror(error));
    for (int i = 0; first && i < other_count; i++) {
        error = change(fd, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, l->index, &others[i].address);
        if (error && error != EEXIST) return complain("another address of its network is lost: %s", strerror(error));
    }
    return DONE;
}

static int take_off(int fd, const char *name, const struct address *a) {
    if (load_links(fd) || load_addresses(fd)) return FAILED;
    struct link *l = find_link(name);
    if (!l) return DONE;
    for (int round = 0; round < 8 && is_on(l->index, a); round++) {
        for (int i = 0; i < entry_count; i++)
            if (entries[i].link == l->index && same(&entries[i].address, a)) {
                if (remove_entry(fd, l, &entries[i])) return FAILED;
                break;
            }
        if (load_addresses(fd)) return FAILED;
    }
    return is_on(l->index, a) ? complain("the address is there again as soon as it is removed; find out who adds it") : DONE;
}

/* Never returns. Ends as soon as the address has left the interface: an announcement after that would be a lie. */
static void go_on_announcing(int netlink, int packets, const struct link *l, const struct address *a, int times) {
    setsid();
    if (chdir("/") < 0) _exit(FAILED);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3; i++) dup2(nothing, i);
    alarm((unsigned)times * 2 + 10);
    long next = now_ms() + ANNOUNCE_EVERY_MS;
    for (int sent = 1, defended = 0; sent < times;) {
        unsigned char hardware[HARDWARE_LIMIT];
        int heard = defended ? 0 : listen_until(packets, l, a, next, hardware);
        if (heard == 0) { /* also waits out the rest after a defence */
            struct pollfd none = {-1, 0, 0};
            for (long left = next - now_ms(); left > 0; left = next - now_ms()) poll(&none, 1, (int)left);
        }
        if (heard < 0 || load_addresses(netlink) || !is_on(l->index, a)) _exit(DONE);
        if (send_announcement(packets, l, a)) _exit(FAILED);
        defended = heard;
        if (!heard) {
            sent++;
            next = now_ms() + ANNOUNCE_EVERY_MS;
        }
    }
    _exit(DONE);
}

static int announce(int fd, const char *name, const struct address *a, int times) {
    if (load_links(fd)) return FAILED;
    struct link *l = find_link(name);
    if (!l) return no_such_link(name);
    if (!announces(l)) return DONE;
    int packets = open_packets(l, a);
    if (packets < 0 || send_announcement(packets, l, a)) return FAILED;
    if (times <= 1) return DONE;
    pid_t pid = fork();
    if (pid == 0) go_on_announcing(fd, packets, l, a, times);
    return pid < 0 ? complain("cannot go on in the background: %s", strerror(errno)) : DONE;
}

static int join_solicited(int fd, const struct link *l, const struct address *a) {
    struct packet_mreq group = {.mr_ifindex = l->index, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};
    unsigned char hardware[6] = {0x33, 0x33, 0xff, a->bytes[13], a->bytes[14], a->bytes[15]};
    memcpy(group.mr_address, hardware, 6);
    if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof group) < 0)
        return complain("cannot listen on %s: %s", l->name, strerror(errno));
    return DONE;
}

static int probe(int fd, const char *name, const struct address *a, long wait) {
    if (load_links(fd)) return FAILED;
    struct link *l = find_link(name);
    if (!l) return no_such_link(name);
    if (!announces(l)) return DONE;
    int packets = open_packets(l, a);
    if (packets < 0 || (a->family == AF_INET6 && join_solicited(packets, l, a))) return FAILED;
    int count = wait >= 300 ? 3 : 2;
    long start = now_ms();
    for (int i = 0; i < count; i++) {
        unsigned char hardware[HARDWARE_LIMIT];
        if (send_probe(packets, l, a)) return FAILED;
        int heard = listen_until(packets, l, a, start + wait * (i + 1) / count, hardware);
        if (heard < 0) return FAILED;
        if (heard) {
            for (int j = 0; j < l->hardware_length; j++) printf("%s%02x", j ? ":" : "", hardware[j]);
            printf("\n");
            return FOUND;
        }
    }
    return DONE;
}

static int ping(const struct address *from, const struct address *to, long wait) {
    int raw, fd = open_ping(to->family, &raw);
    struct sockaddr_storage local, remote;
    socklen_t length = to_socket_address(from, &local);
    if (from->family != to->family) return complain("the two addresses are of different families");
    if (fd < 0 || bind(fd, (struct sockaddr *)&local, length) < 0) return complain("%s", strerror(errno));
    to_socket_address(to, &remote);
    /* a raw socket hears every reply of the machine; connected, only those of the one asked */
    if (connect(fd, (struct sockaddr *)&remote, length) < 0) return NO_ANSWER;
    long start = now_ms();
    for (int i = 0; i < 3; i++) {
        unsigned char echo[16];
        make_echo(echo, to->family, i);
        if (send(fd, echo, sizeof echo, 0) < 0 && (errno == EACCES || errno == EPERM)) return complain("%s", strerror(errno));
        long end = start + wait * (i + 1) / 3;
        for (long left = end - now_ms(); left > 0; left = end - now_ms()) {
            struct pollfd ready = {fd, POLLIN, 0};
            if (poll(&ready, 1, (int)left) <= 0) continue;
            unsigned char packet[2048];
            if (reply_sequence(packet, recv(fd, packet, sizeof packet, MSG_DONTWAIT), to->family, raw) >= 0) return DONE;
        }
    }
    return NO_ANSWER;
}

static int parse(const char *text, struct address *a) {
    char copy[128];
    snprintf(copy, sizeof copy, "%s", text);
    char *slash = strchr(copy, '/');
    if (slash) *slash = 0;
    *a = (struct address){.family = strchr(copy, ':') ? AF_INET6 : AF_INET};
    a->length = a->family == AF_INET ? 4 : 16;
    char *end = NULL;
    a->prefix = slash ? (int)strtol(slash + 1, &end, 10) : a->length * 8;
    return inet_pton(a->family, copy, a->bytes) == 1 && (!slash || (end != slash + 1 && !*end)) && a->prefix >= 0
                   && a->prefix <= a->length * 8
               ? 0
               : -1;
}

static int command(int argc, char **argv) {
    struct address a, b;
    long number = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
    if (argc == 2 && !strcmp(argv[1], "echo")) return echo_service();
    int fd = open_netlink();
    if (fd < 0) return FAILED;
    alarm(10u + (unsigned)(number > 0 && number < 3600000 ? number / 1000 : 0));
    if (argc == 2 && !strcmp(argv[1], "list")) return list(fd);
    if (argc == 4 && !strcmp(argv[1], "add") && !parse(argv[3], &a)) return add(fd, argv[2], &a);
    if (argc == 4 && !strcmp(argv[1], "remove") && !parse(argv[3], &a)) return take_off(fd, argv[2], &a);
    if (argc == 5 && !strcmp(argv[1], "announce") && !parse(argv[3], &a) && number >= 1 && number <= 3600)
        return announce(fd, argv[2], &a, (int)number);
    if (argc == 5 && !strcmp(argv[1], "probe") && !parse(argv[3], &a) && number >= 1) return probe(fd, argv[2], &a, number);
    if (argc == 5 && !strcmp(argv[1], "ping") && !parse(argv[2], &a) && !parse(argv[3], &b) && number >= 1)
        return ping(&a, &b, number);
    complain("usage: mainstay-net list | add IF ADDRESS/PREFIX | remove IF ADDRESS/PREFIX | announce IF ADDRESS TIMES"
             " | probe IF ADDRESS MS | ping FROM TO MS | echo");
    return USAGE;
}

int main(int argc, char **argv) {
    int code = command(argc, argv);
    fflush(NULL);
    let_go();
    _exit(code);
}

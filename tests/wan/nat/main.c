/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * wan-nat: a line between two network namespaces, with a device of tun at each
 * end: it delays and loses packets, and may be a NAT. It prints "ready" when
 * both devices are there, and ends when its input does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "nat.h"
#include "tun.h"
#include "wire.h"

/* So many packets of a device before the other one is looked at. */
#define BURST 64

struct line {
    int in, out; /* the devices */
    bool is_nat;
    struct nat nat;
    struct wire up, down; /* to outside, to inside */
};

struct opts {
    const char *inside, *outside; /* NAMESPACE:DEVICE */
    bool is_nat;
    struct nat_config nat;
    struct wire_config wire;
};

static p2p_ns now_ns(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return P2P__SEC(ts.tv_sec) + (p2p_ns)ts.tv_nsec;
}

/* A device that is down takes nothing: the packet is lost. */
static void put(int dev, const uint8_t *packet, size_t len)
{
    if (write(dev, packet, len) < 0) {
        errno = 0;
    }
}

static void on_inside(struct line *l, uint8_t *packet, size_t len, p2p_ns now)
{
    enum nat_to to =
        l->is_nat ? nat_from_inside(&l->nat, packet, len, now) : NAT_OUT;

    if (to == NAT_IN) {
        put(l->in, packet, len);
    } else if (to == NAT_OUT) {
        (void)wire_push(&l->up, packet, len, now);
    }
}

static void read_devices(struct line *l, p2p_ns now)
{
    uint8_t packet[WIRE_BYTES];
    ssize_t len;

    for (int i = 0; i < BURST; i++) {
        if ((len = read(l->in, packet, sizeof packet)) <= 0) {
            break;
        }
        on_inside(l, packet, (size_t)len, now);
    }
    for (int i = 0; i < BURST; i++) {
        if ((len = read(l->out, packet, sizeof packet)) <= 0) {
            break;
        }
        (void)wire_push(&l->down, packet, (size_t)len, now);
    }
}

static void deliver(struct line *l, p2p_ns now)
{
    uint8_t packet[WIRE_BYTES];
    size_t len;

    while ((len = wire_pull(&l->up, packet, now)) != 0) {
        put(l->out, packet, len);
    }
    while ((len = wire_pull(&l->down, packet, now)) != 0) {
        if (!l->is_nat ||
            nat_from_outside(&l->nat, packet, len, now) == NAT_IN) {
            put(l->in, packet, len);
        }
    }
}

/* Whether there is more to come; sleeps until something is to be done. */
static bool wait_for_work(const struct line *l)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = l->in, .events = POLLIN},
                           {.fd = l->out, .events = POLLIN}};
    const p2p_ns next = p2p__ns_min(wire_next(&l->up), wire_next(&l->down));
    const p2p_ns now = now_ns();
    const p2p_ns left = next > now ? next - now : 0;
    struct timespec ts = {.tv_sec = (time_t)(left / P2P__SEC(1)),
                          .tv_nsec = (long)(left % P2P__SEC(1))};
    char byte;

    (void)ppoll(fds, P2P__COUNT(fds), next != P2P_NEVER ? &ts : NULL, NULL);
    return fds[0].revents == 0 || read(STDIN_FILENO, &byte, 1) > 0;
}

static int usage(void)
{
    (void)fputs(
        "usage: wan-nat --inside NETNS:DEV --outside NETNS:DEV\n"
        "  --nat ADDRESS --mapping BY --filtering BY --hairpin\n"
        "  --udp-idle S --tcp-idle S\n"
        "  --delay MS --jitter MS --reorder PERCENT --loss PERCENT "
        "--seed N\n"
        "BY is nothing, address or port.\n",
        stderr);
    return 2;
}

/* A number of some unit, as an integer of one that is `scale` times finer. */
static bool number(const char *text, double scale, uint64_t *out)
{
    char *end;
    const double v = strtod(text, &end);

    *out = (uint64_t)(v * scale + 0.5);
    return *text != '\0' && *end == '\0' && v >= 0 && v < 1e6;
}

static bool by(const char *text, enum nat_by *out)
{
    static const char *const names[] = {"nothing", "address", "port"};

    for (size_t i = 0; i < P2P__COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum nat_by)i;
            return true;
        }
    }
    return false;
}

static bool percent(const char *text, uint32_t *ppm)
{
    uint64_t v;
    const bool ok = number(text, 1e4, &v) && v <= 1000000;

    *ppm = (uint32_t)v;
    return ok;
}

static bool address(struct opts *o, const char *text)
{
    struct in_addr a;

    o->is_nat = true;
    if (inet_pton(AF_INET, text, &a) != 1) {
        return false;
    }
    o->nat.outer = ntohl(a.s_addr);
    return true;
}

static bool seed(struct opts *o, const char *text)
{
    const bool ok = number(text, 1, &o->nat.seed);

    o->wire.seed = o->nat.seed;
    return ok;
}

static bool set(struct opts *o, int c, const char *text)
{
    switch (c) {
        case 'i':
            o->inside = text;
            return true;
        case 'o':
            o->outside = text;
            return true;
        case 'n':
            return address(o, text);
        case 'm':
            return by(text, &o->nat.mapping);
        case 'f':
            return by(text, &o->nat.filtering);
        case 'h':
            o->nat.hairpin = true;
            return true;
        case 'u':
            return number(text, 1e9, &o->nat.udp_idle);
        case 't':
            return number(text, 1e9, &o->nat.tcp_idle);
        case 'd':
            return number(text, 1e6, &o->wire.delay);
        case 'j':
            return number(text, 1e6, &o->wire.jitter);
        case 'r':
            return percent(text, &o->wire.reorder_ppm);
        case 'l':
            return percent(text, &o->wire.loss_ppm);
        case 's':
            return seed(o, text);
        default:
            return false;
    }
}

static bool read_opts(int argc, char **argv, struct opts *o)
{
    static const struct option names[] = {
        {"inside", required_argument, NULL, 'i'},
        {"outside", required_argument, NULL, 'o'},
        {"nat", required_argument, NULL, 'n'},
        {"mapping", required_argument, NULL, 'm'},
        {"filtering", required_argument, NULL, 'f'},
        {"hairpin", no_argument, NULL, 'h'},
        {"udp-idle", required_argument, NULL, 'u'},
        {"tcp-idle", required_argument, NULL, 't'},
        {"delay", required_argument, NULL, 'd'},
        {"jitter", required_argument, NULL, 'j'},
        {"reorder", required_argument, NULL, 'r'},
        {"loss", required_argument, NULL, 'l'},
        {"seed", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!set(o, c, optarg)) {
            return false;
        }
    }
    return optind == argc && o->inside != NULL && o->outside != NULL;
}

int main(int argc, char **argv)
{
    /* RFC 4787 REQ-5, RFC 5382 REQ-5: 5 minutes, 2 hours 4 minutes. */
    struct opts o = {
        .nat = {.udp_idle = P2P__SEC(300), .tcp_idle = P2P__SEC(7440)}};
    struct line *l;

    if (!read_opts(argc, argv, &o) || (l = malloc(sizeof *l)) == NULL) {
        return usage();
    }
    l->in = tun_open(o.inside);
    l->out = l->in >= 0 ? tun_open(o.outside) : -1;
    if (l->out < 0) {
        return 1;
    }
    l->is_nat = o.is_nat;
    nat_init(&l->nat, &o.nat);
    wire_init(&l->up, &o.wire);
    o.wire.seed++;
    wire_init(&l->down, &o.wire);
    (void)puts("ready");
    (void)fflush(stdout);
    while (wait_for_work(l)) {
        read_devices(l, now_ns());
        deliver(l, now_ns());
    }
    wire_fini(&l->up);
    wire_fini(&l->down);
    free(l);
    return 0;
}

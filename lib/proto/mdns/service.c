/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * mDNS discovery on the world: see service.h.
 *
 * Happy path: new() opens the sockets and joins the groups; datagrams go to
 * the core as they come, and what it finds goes to the owner; the job sends
 * what the core has to say on every joined interface. Failure: an interface
 * that does not take a datagram is counted; a socket that does not open is
 * tried again with the next look at the interfaces.
 *
 * The IPv4 socket is bound to the group, so only what was sent to the group
 * reaches it. The others also get what was sent to this host alone: the core
 * is told so.
 */
#include "proto/mdns/service.h"

#include "base/mem.h"
#include "wire/addr_class.h"

/* Datagrams a turn; then it is the others' turn. */
#define BURST 64

enum socket_kind { IP4, IP6, ALONE, SOCKETS };

struct socket {
    struct p2p__mdns_service *s;
    struct p2p__udp *udp; /* NULL: not open */
    enum socket_kind kind;
};

struct p2p__mdns_service {
    struct p2p__net *net;
    struct p2p__ifaces *ifaces;
    void *user;
    void (*found)(void *user, const struct p2p__mdns_ev *ev, p2p_ns now);
    void (*moved)(void *user, p2p_ns now);
    void (*self)(void *user, const struct p2p__mdns_ev *ev, p2p_ns now);
    struct p2p__job job;
    struct p2p__timer deadline;
    struct p2p__timer rescan;
    bool wanted[SOCKETS];
    int error;
    struct socket sockets[SOCKETS];
    size_t joined_count;
    struct {
        uint32_t ifindex;
        enum socket_kind kind;
    } joined[P2P__CAP_MDNS_IFACES];
    size_t own_count;
    struct p2p__iface own[P2P__CAP_MDNS_IFACES];
    struct p2p__mdns_stat stat;
    struct p2p__mdns core;
};

static const struct p2p__addr group4 = {.family = 4,
                                        .ip = {224, 0, 0, 251},
                                        .port = P2P__MDNS_PORT};

static const struct p2p__addr group6 = {
    .family = 6,
    .ip = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfb},
    .port = P2P__MDNS_PORT};

static const struct p2p__addr *group_of(enum socket_kind kind)
{
    return kind == IP6 ? &group6 : &group4;
}

/* Whether a datagram is of this host: by its address, or by having come by
 * loopback, where multicast has no address to come from on Linux. */
static bool is_own(const struct p2p__mdns_service *s,
                   const struct p2p__addr *addr, uint32_t ifindex)
{
    for (size_t i = 0; i < s->own_count; i++) {
        const struct p2p__addr *own = &s->own[i].addr;

        if (s->own[i].loopback && s->own[i].index == ifindex) {
            return true;
        }
        if (p2p__addr_same_ip(own, addr)) {
            return true;
        }
    }
    return p2p__addr_class(addr) == P2P__ADDR_LOOPBACK;
}

static void set_timer(struct p2p__mdns_service *s)
{
    p2p__timer_set(&s->deadline, p2p__mdns_deadline(&s->core));
}

static void on_datagram(void *user, struct p2p__slice in,
                        const struct p2p__addr *from, uint32_t ifindex,
                        p2p_ns now)
{
    const struct socket *socket = user;
    struct p2p__mdns_service *s = socket->s;
    struct p2p__mdns_from at = {.addr = *from,
                                .ifindex = ifindex,
                                .own_host = is_own(s, from, ifindex),
                                .unicast = socket->kind != IP4};
    struct p2p__mdns_ev ev;
    int rv = p2p__mdns_rx(&s->core, &in, &at, now);

    s->stat.received++;
    if (rv != 0 && rv != P2P_ESELF) {
        s->stat.ignored++;
    }
    if (rv == P2P_ESELF && s->self != NULL) {
        p2p__mdns_self(&s->core, &ev);
        s->self(s->user, &ev, now);
    }
    while (p2p__mdns_next(&s->core, &ev)) {
        s->stat.found++;
        s->found(s->user, &ev, now);
    }
    set_timer(s);
}

static const struct p2p__udp_cb udp_cb = {.datagram = on_datagram};

static void send_one(struct p2p__mdns_service *s, enum socket_kind kind,
                     const struct p2p__outbuf *out, const struct p2p__addr *to,
                     uint32_t ifindex)
{
    struct p2p__udp *udp = s->sockets[kind].udp;

    if (udp == NULL || udp->send(udp, out->p, out->len, to, ifindex) != 0) {
        s->stat.unsent++;
    } else {
        s->stat.sent++;
    }
}

/* Sends to the group on those interfaces that joined it. */
static void send_group(struct p2p__mdns_service *s,
                       const struct p2p__outbuf *out,
                       const struct p2p__mdns_to *where)
{
    const bool alone = where->dest == P2P__MDNS_TO_GROUP_ALONE;

    for (size_t i = 0; i < s->joined_count; i++) {
        const enum socket_kind kind = s->joined[i].kind;
        struct p2p__addr to = *group_of(kind);

        to.scope = kind == IP6 ? s->joined[i].ifindex : 0;
        if (!p2p__mdns_is_on(&where->on, s->joined[i].ifindex)) {
            continue;
        }
        if (!alone) {
            send_one(s, kind, out, &to, s->joined[i].ifindex);
        } else if (kind == IP4) {
            send_one(s, ALONE, out, &to, s->joined[i].ifindex);
        }
    }
}

static void on_job(struct p2p__job *job, p2p_ns now)
{
    struct p2p__mdns_service *s =
        P2P__CONTAINER(job, struct p2p__mdns_service, job);
    uint8_t buf[P2P__CAP_MDNS_SEND_BYTES];
    struct p2p__mdns_to to;

    for (int i = 0; i < BURST; i++) {
        struct p2p__outbuf out = {.p = buf, .cap = sizeof buf};

        if (!p2p__mdns_tx(&s->core, &out, &to, now)) {
            set_timer(s);
            return;
        }
        if (to.dest == P2P__MDNS_TO_ONE) {
            send_one(s, to.addr.family == 6 ? IP6 : IP4, &out, &to.addr,
                     to.ifindex);
        } else {
            send_group(s, &out, &to);
        }
    }
    p2p__mark(job);
}

static void on_deadline(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__mdns_service *s =
        P2P__CONTAINER(timer, struct p2p__mdns_service, deadline);

    p2p__mdns_expire(&s->core, now);
    set_timer(s);
}

static void open_sockets(struct p2p__mdns_service *s)
{
    s->error = 0;
    for (int kind = 0; kind < SOCKETS; kind++) {
        struct socket *socket = &s->sockets[kind];
        struct p2p__addr at = {.family = kind == IP6 ? 6 : 4,
                               .port = kind == ALONE ? 0 : P2P__MDNS_PORT};
        int err = 0;

        if (!s->wanted[kind] || socket->udp != NULL) {
            continue;
        }
        if (kind == IP4) {
            at = group4;
        }
        socket->udp =
            s->net->udp(s->net, &at, kind != ALONE, &udp_cb, socket, &err);
        s->error = socket->udp == NULL ? err : s->error;
    }
}

/* Whether an interface has an address of a socket's family. */
static bool is_joinable(const struct p2p__mdns_service *s,
                        const struct p2p__iface *i, bool loopback)
{
    const enum socket_kind kind = i->addr.family == 6 ? IP6 : IP4;

    return s->sockets[kind].udp != NULL &&
           (loopback ? i->loopback : i->multicast && !i->loopback);
}

static bool is_joined(const struct p2p__mdns_service *s, enum socket_kind kind,
                      uint32_t ifindex)
{
    for (size_t i = 0; i < s->joined_count; i++) {
        if (s->joined[i].kind == kind && s->joined[i].ifindex == ifindex) {
            return true;
        }
    }
    return false;
}

/* Joins on one interface; whether that is new. */
static bool join(struct p2p__mdns_service *s, const struct p2p__iface *i)
{
    const enum socket_kind kind = i->addr.family == 6 ? IP6 : IP4;
    struct p2p__udp *udp = s->sockets[kind].udp;
    int rv;

    if (is_joined(s, kind, i->index) ||
        s->joined_count == P2P__COUNT(s->joined)) {
        return false;
    }
    rv = udp->group(udp, group_of(kind), i->index, true);
    if (rv != 0 && rv != P2P_EEXIST) {
        return false;
    }
    s->joined[s->joined_count].ifindex = i->index;
    s->joined[s->joined_count].kind = kind;
    s->joined_count++;
    return true;
}

/* Leaves what is no longer to be used: what is gone, or loopback. */
static void leave_gone(struct p2p__mdns_service *s, bool loopback)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->joined_count; i++) {
        const enum socket_kind kind = s->joined[i].kind;
        struct p2p__udp *udp = s->sockets[kind].udp;
        bool there = false;

        for (size_t j = 0; j < s->own_count && !there; j++) {
            there = s->own[j].index == s->joined[i].ifindex &&
                    (s->own[j].addr.family == 6) == (kind == IP6) &&
                    is_joinable(s, &s->own[j], loopback);
        }
        if (there) {
            s->joined[kept++] = s->joined[i];
        } else {
            (void)udp->group(udp, group_of(kind), s->joined[i].ifindex, false);
        }
    }
    s->joined_count = kept;
}

/* Reads this host's addresses; whether they changed. */
static bool read_own(struct p2p__mdns_service *s)
{
    struct p2p__iface next[P2P__CAP_MDNS_IFACES];
    int rv = s->ifaces->list(s->ifaces, next, P2P__COUNT(next));
    size_t count = rv < 0 ? 0 : p2p__min((size_t)rv, P2P__COUNT(next));
    bool changed = count != s->own_count;

    for (size_t i = 0; i < count; i++) {
        const struct p2p__iface *a = &next[i], *b = &s->own[i];

        changed = changed || a->index != b->index ||
                  a->multicast != b->multicast ||
                  a->addr.family != b->addr.family ||
                  memcmp(a->addr.ip, b->addr.ip, sizeof a->addr.ip) != 0;
        s->own[i] = *a;
    }
    s->own_count = count;
    return changed;
}

/* Tells the core which links we are on, over IPv4, IPv6, or both. */
static void set_links(struct p2p__mdns_service *s)
{
    uint32_t links[P2P__CAP_MDNS_IFACES];
    size_t count = 0;

    for (size_t i = 0; i < s->joined_count; i++) {
        size_t j = 0;

        while (j < count && links[j] != s->joined[i].ifindex) {
            j++;
        }
        links[j] = s->joined[i].ifindex;
        count = p2p__max(count, j + 1);
    }
    p2p__mdns_set_links(&s->core, links, count);
}

/* Looks at the interfaces; whether addresses changed. */
static bool scan(struct p2p__mdns_service *s, p2p_ns now)
{
    bool changed = read_own(s), links = false, news = false;

    open_sockets(s);
    for (size_t i = 0; i < s->own_count; i++) {
        links = links || is_joinable(s, &s->own[i], false);
    }
    leave_gone(s, !links);
    for (size_t i = 0; i < s->own_count; i++) {
        if (is_joinable(s, &s->own[i], !links)) {
            news = join(s, &s->own[i]) || news;
        }
    }
    set_links(s);
    if (news) {
        p2p__mdns_ask(&s->core, now);
    }
    p2p__timer_set(&s->rescan, p2p__ns_after(now, P2P__MDNS_RESCAN));
    set_timer(s);
    return changed;
}

static void on_rescan(struct p2p__timer *timer, p2p_ns now)
{
    struct p2p__mdns_service *s =
        P2P__CONTAINER(timer, struct p2p__mdns_service, rescan);

    if (scan(s, now) && s->moved != NULL) {
        s->moved(s->user, now);
    }
}

int p2p__mdns_service_new(const struct p2p__mdns_service_cfg *cfg, p2p_ns now,
                          struct p2p__mdns_service **out)
{
    struct p2p__mdns_service *s = p2p__zalloc(sizeof *s);
    struct p2p__mdns_cfg core = cfg->core;
    int rv;

    *out = NULL;
    if (s == NULL) {
        return P2P_ENOMEM;
    }
    p2p__job_init(&s->job, cfg->runq, on_job);
    core.owner = &s->job;
    rv = p2p__mdns_init(&s->core, &core, now);
    if (rv != 0) {
        p2p__job_fini(&s->job);
        p2p__free(s);
        return rv;
    }
    s->net = cfg->net;
    s->ifaces = cfg->ifaces;
    s->user = cfg->user;
    s->found = cfg->found;
    s->moved = cfg->moved;
    s->self = cfg->self;
    s->wanted[IP4] = true;
    s->wanted[IP6] = cfg->ip6;
    s->wanted[ALONE] = (core.forms & P2P__MDNS_BIT(P2P__MDNS_GO)) != 0;
    for (int kind = 0; kind < SOCKETS; kind++) {
        s->sockets[kind] =
            (struct socket){.s = s, .kind = (enum socket_kind)kind};
    }
    p2p__timer_init(&s->deadline, cfg->runq, on_deadline);
    p2p__timer_init(&s->rescan, cfg->runq, on_rescan);
    (void)scan(s, now);
    *out = s;
    return 0;
}

void p2p__mdns_service_free(struct p2p__mdns_service *s)
{
    if (s == NULL) {
        return;
    }
    for (int kind = 0; kind < SOCKETS; kind++) {
        struct p2p__udp *udp = s->sockets[kind].udp;

        if (udp != NULL) {
            udp->close(udp); /* leaves the groups */
        }
    }
    p2p__timer_fini(&s->deadline);
    p2p__timer_fini(&s->rescan);
    p2p__job_fini(&s->job);
    p2p__mdns_fini(&s->core);
    p2p__free(s);
}

void p2p__mdns_service_set_addrs(struct p2p__mdns_service *s,
                                 const struct p2p_multiaddr *addrs,
                                 size_t count, p2p_ns now)
{
    p2p__mdns_set_addrs(&s->core, addrs, count, now);
    set_timer(s);
}

void p2p__mdns_service_ask(struct p2p__mdns_service *s, p2p_ns now)
{
    p2p__mdns_ask(&s->core, now);
    set_timer(s);
}

void p2p__mdns_service_look(struct p2p__mdns_service *s, p2p_ns now)
{
    (void)scan(s, now);
}

void p2p__mdns_service_again(struct p2p__mdns_service *s, p2p_ns now)
{
    (void)scan(s, now);
    p2p__mdns_again(&s->core, now);
    set_timer(s);
}

void p2p__mdns_service_forget(struct p2p__mdns_service *s,
                              const struct p2p_peer_id *id, p2p_ns now)
{
    p2p__mdns_forget(&s->core, id, now);
    set_timer(s);
}

const struct p2p__mdns_stat *p2p__mdns_service_stat(
    const struct p2p__mdns_service *s)
{
    return &s->stat;
}

int p2p__mdns_service_error(const struct p2p__mdns_service *s)
{
    return s->error;
}

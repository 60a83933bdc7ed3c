/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See routes.h. Routes are told anew when nothing is new: with each
 * advertisement of a router, say. So where each leads is remembered, and what
 * leads where it did is no news. Failure mode: there are more than are
 * remembered; then too much is news.
 */
#include "uv/routes.h"

#include "base/map.h"

#if defined(__linux__)
#include <linux/rtnetlink.h>

/* The tables of addresses that are this machine's own. */
#define LOCAL 255U

/* The next of the parts of a datagram, each with its length in front. */
struct part {
    const uint8_t *p; /* behind what is in front */
    size_t len;
    uint16_t type;
};

/* What is left to read. */
struct rest {
    const uint8_t *p;
    size_t len;
};

/* Takes a part of `len` bytes, of which `head` are in front of it, and what
 * pads it. False: it is cut off. */
static bool take(struct rest *r, size_t len, size_t head, struct part *out)
{
    size_t whole;

    if (len < head || len > r->len) {
        return false;
    }
    out->p = r->p + head;
    out->len = len - head;
    whole = p2p__min((len + 3) & ~(size_t)3, r->len);
    r->p += whole;
    r->len -= whole;
    return true;
}

static bool next_message(struct rest *r, struct part *out)
{
    struct nlmsghdr h;

    if (r->len < sizeof h) {
        return false;
    }
    memcpy(&h, r->p, sizeof h);
    out->type = h.nlmsg_type;
    return take(r, h.nlmsg_len, NLMSG_HDRLEN, out);
}

static bool next_attr(struct rest *r, struct part *out)
{
    struct rtattr a;

    if (r->len < sizeof a) {
        return false;
    }
    memcpy(&a, r->p, sizeof a);
    out->type = a.rta_type;
    return take(r, a.rta_len, RTA_LENGTH(0), out);
}

static uint32_t number_of(const struct part *a)
{
    uint32_t n = 0;

    memcpy(&n, a->p, p2p__min(a->len, sizeof n));
    return n;
}

/* Reads an attribute of a route. */
static void read_attr(const struct part *a, struct p2p__uv_route *out)
{
    static const uint64_t seed[2] = {0, 0}; /* the kernel means no harm */

    switch (a->type) {
        case RTA_TABLE:
            out->table = number_of(a);
            break;
        case RTA_PRIORITY:
            out->metric = number_of(a);
            break;
        case RTA_DST:
            out->half |= a->len > 0 ? a->p[0] & 0x80U : 0U;
            break;
        case RTA_OIF:
        case RTA_GATEWAY:
        case RTA_VIA:
        case RTA_MULTIPATH:
        case RTA_NH_ID:
        case RTA_PREFSRC:
            out->way =
                out->way * 31 + a->type + p2p__siphash(seed, a->p, a->len);
            break;
        default:
            break;
    }
}

/* Reads a route; false: it is no default one. */
static bool read_route(const struct part *msg, struct p2p__uv_route *out)
{
    struct rest rest;
    struct rtmsg m;
    struct part a;

    if (msg->len < sizeof m) {
        return false;
    }
    memcpy(&m, msg->p, sizeof m);
    if (m.rtm_dst_len > 1 || (m.rtm_flags & RTM_F_CLONED) != 0) {
        return false;
    }
    *out = (struct p2p__uv_route){.family = m.rtm_family,
                                  .half = m.rtm_dst_len,
                                  .table = m.rtm_table,
                                  .way = m.rtm_type};
    rest = (struct rest){msg->p + sizeof m, msg->len - sizeof m};
    while (next_attr(&rest, &a)) {
        read_attr(&a, out);
    }
    return out->table != LOCAL;
}

/* The one that a route takes the place of, or NULL. */
static struct p2p__uv_route *find(struct p2p__uv_routes *routes,
                                  const struct p2p__uv_route *r)
{
    for (size_t i = 0; i < routes->n; i++) {
        struct p2p__uv_route *is = &routes->list[i];

        if (is->family == r->family && is->half == r->half &&
            is->table == r->table && is->metric == r->metric) {
            return is;
        }
    }
    return NULL;
}

/* Whether that a route is there, or is gone, is news. */
static bool note(struct p2p__uv_routes *routes, const struct p2p__uv_route *r,
                 bool there)
{
    struct p2p__uv_route *is = find(routes, r);

    if (is == NULL && there && routes->n < P2P__UV_ROUTES) {
        routes->list[routes->n++] = *r;
    } else if (is != NULL && there && is->way == r->way) {
        return false;
    } else if (is != NULL && there) {
        *is = *r;
    } else if (is != NULL) {
        *is = routes->list[--routes->n];
    }
    return true;
}

struct p2p__uv_told p2p__uv_routes_read(struct p2p__uv_routes *routes,
                                        const uint8_t *bytes, size_t len)
{
    struct p2p__uv_told told = {false, false};
    struct rest rest = {bytes, len};
    struct p2p__uv_route r;
    struct part msg;

    while (next_message(&rest, &msg)) {
        if (msg.type != RTM_NEWROUTE && msg.type != RTM_DELROUTE) {
            told.ifaces = true;
        } else if (read_route(&msg, &r)) {
            told.routes =
                note(routes, &r, msg.type == RTM_NEWROUTE) || told.routes;
        }
    }
    return told;
}
#else
struct p2p__uv_told p2p__uv_routes_read(struct p2p__uv_routes *routes,
                                        const uint8_t *bytes, size_t len)
{
    (void)routes;
    (void)bytes;
    return (struct p2p__uv_told){.ifaces = len > 0};
}
#endif

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See nat.h. Happy path: what goes out gets a mapping, or has one; its source
 * becomes the mapping's outer endpoint, and its destination may answer. What
 * comes in is for the mapping of that outer endpoint. Strangers are not
 * answered (RFC 5382 REQ-4: not at once).
 */
#include "nat.h"

#define FIRST_PORT 1024U
#define TRIES      200U

void nat_init(struct nat *n, const struct nat_config *cfg)
{
    n->cfg = *cfg;
    n->n = 0;
    p2p__rng_seed(&n->rng, cfg->seed);
}

static bool is_idle(const struct nat *n, const struct nat_mapping *m,
                    p2p_ns now)
{
    const p2p_ns idle =
        m->protocol == PACKET_TCP ? n->cfg.tcp_idle : n->cfg.udp_idle;

    return now >= p2p__ns_after(m->used, idle);
}

/* Forgets what was not used for long. */
static void expire(struct nat *n, p2p_ns now)
{
    for (size_t i = 0; i < n->n;) {
        if (is_idle(n, &n->maps[i], now)) {
            n->maps[i] = n->maps[--n->n];
        } else {
            i++;
        }
    }
}

/* The part of an endpoint that something depends on. */
static struct endpoint part(enum nat_by by, struct endpoint e)
{
    return by == NAT_BY_NOTHING   ? (struct endpoint){0}
           : by == NAT_BY_ADDRESS ? (struct endpoint){.addr = e.addr}
                                  : e;
}

static struct nat_mapping *by_inner(struct nat *n, uint8_t protocol,
                                    struct endpoint inner,
                                    struct endpoint other)
{
    const struct endpoint toward = part(n->cfg.mapping, other);

    for (size_t i = 0; i < n->n; i++) {
        struct nat_mapping *m = &n->maps[i];

        if (m->protocol == protocol && endpoint_equal(m->inner, inner) &&
            endpoint_equal(m->toward, toward)) {
            return m;
        }
    }
    return NULL;
}

static struct nat_mapping *by_outer(struct nat *n, uint8_t protocol,
                                    struct endpoint outer)
{
    for (size_t i = 0; i < n->n; i++) {
        struct nat_mapping *m = &n->maps[i];

        if (m->protocol == protocol && endpoint_equal(m->outer, outer)) {
            return m;
        }
    }
    return NULL;
}

/* The inner port if it is free and may show, otherwise one at random. False
 * if there is none. */
static bool pick_port(struct nat *n, uint8_t protocol, uint16_t inner,
                      struct endpoint *outer)
{
    *outer = (struct endpoint){.addr = n->cfg.outer, .port = inner};
    if (n->cfg.mapping == NAT_BY_NOTHING &&
        by_outer(n, protocol, *outer) == NULL) {
        return true;
    }
    for (unsigned i = 0; i < TRIES; i++) {
        outer->port = (uint16_t)(FIRST_PORT +
                                 p2p__rng_below(&n->rng, 65536 - FIRST_PORT));
        if (by_outer(n, protocol, *outer) == NULL) {
            return true;
        }
    }
    return false;
}

/* Room for one more mapping. */
static struct nat_mapping *take(struct nat *n)
{
    size_t oldest = 0;

    if (n->n < NAT_MAPPINGS) {
        return &n->maps[n->n++];
    }
    for (size_t i = 1; i < n->n; i++) {
        if (n->maps[i].used < n->maps[oldest].used) {
            oldest = i;
        }
    }
    return &n->maps[oldest];
}

static void note_peer(struct nat_mapping *m, struct endpoint peer)
{
    const size_t have = p2p__min(m->n_peers, NAT_PEERS);

    for (size_t i = 0; i < have; i++) {
        if (endpoint_equal(m->peers[i], peer)) {
            return;
        }
    }
    m->peers[m->n_peers++ % NAT_PEERS] = peer;
}

/* The mapping for what goes out, which it is used for; NULL: no port. */
static struct nat_mapping *map_out(struct nat *n, const struct packet *p,
                                   p2p_ns now)
{
    struct nat_mapping *m = by_inner(n, p->protocol, p->src, p->dst);
    struct endpoint outer;

    if (m == NULL) {
        if (!pick_port(n, p->protocol, p->src.port, &outer)) {
            return NULL;
        }
        m = take(n);
        *m = (struct nat_mapping){.protocol = p->protocol,
                                  .inner = p->src,
                                  .outer = outer,
                                  .toward = part(n->cfg.mapping, p->dst)};
    }
    m->used = now;
    note_peer(m, p->dst);
    return m;
}

/* Whether the filter lets one in. */
static bool lets_in(const struct nat *n, const struct nat_mapping *m,
                    struct endpoint from)
{
    const enum nat_by by = n->cfg.filtering;
    const size_t have = p2p__min(m->n_peers, NAT_PEERS);

    for (size_t i = 0; i < have; i++) {
        if (endpoint_equal(part(by, m->peers[i]), part(by, from))) {
            return true;
        }
    }
    return false;
}

static enum nat_to to_inside(struct nat *n, struct packet *p)
{
    struct nat_mapping *m = by_outer(n, p->protocol, p->dst);

    if (m == NULL || p->dst_port_at == 0 || !lets_in(n, m, p->src)) {
        return NAT_NOWHERE;
    }
    packet_set_dst(p, m->inner);
    packet_seal(p);
    return NAT_IN;
}

/* An error about something that went out: for whom that was from. */
static enum nat_to error_in(struct nat *n, struct packet *p)
{
    struct packet about;
    struct nat_mapping *m;

    if (!packet_read_about(p, &about)) {
        return NAT_NOWHERE;
    }
    m = by_outer(n, about.protocol, about.src);
    if (m == NULL || about.src_port_at == 0) {
        return NAT_NOWHERE;
    }
    packet_set_src(&about, m->inner);
    packet_seal_header(&about);
    packet_set_dst(p, (struct endpoint){.addr = m->inner.addr});
    packet_seal(p);
    return NAT_IN;
}

/* An error about something that came in. */
static enum nat_to error_out(struct nat *n, struct packet *p)
{
    struct packet about;
    struct nat_mapping *m;

    if (!packet_read_about(p, &about)) {
        return NAT_NOWHERE;
    }
    m = by_inner(n, about.protocol, about.dst, about.src);
    if (m == NULL || about.dst_port_at == 0) {
        return NAT_NOWHERE;
    }
    packet_set_dst(&about, m->outer);
    packet_seal_header(&about);
    packet_set_src(p, (struct endpoint){.addr = n->cfg.outer});
    packet_seal(p);
    return NAT_OUT;
}

enum nat_to nat_from_inside(struct nat *n, uint8_t *at, size_t len, p2p_ns now)
{
    struct packet p;
    struct nat_mapping *m;
    const bool readable = packet_read(&p, at, len);

    expire(n, now);
    if (!readable || (p.dst.addr == n->cfg.outer && !n->cfg.hairpin)) {
        return NAT_NOWHERE;
    }
    if (p.about != 0) {
        return error_out(n, &p);
    }
    m = p.src_port_at != 0 ? map_out(n, &p, now) : NULL;
    if (m == NULL) {
        return NAT_NOWHERE;
    }
    packet_set_src(&p, m->outer);
    if (p.dst.addr == n->cfg.outer) {
        return to_inside(n, &p);
    }
    packet_seal(&p);
    return NAT_OUT;
}

enum nat_to nat_from_outside(struct nat *n, uint8_t *at, size_t len, p2p_ns now)
{
    struct packet p;

    expire(n, now);
    if (!packet_read(&p, at, len) || p.dst.addr != n->cfg.outer) {
        return NAT_NOWHERE;
    }
    return p.about != 0 ? error_in(n, &p) : to_inside(n, &p);
}

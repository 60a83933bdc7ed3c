/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See proto_fuzz.h. */
#include "proto_fuzz.h"

#include <stdlib.h>

#define ECHO_BYTES 32U

enum step { DRAW = 0, ECHO = 252, WAIT = 253, END = 254 };

struct run {
    const struct p2p__proto_ops *ops;
    void *core;
    p2p_ns now;
    bool finished; /* tx ended our side */
    bool ended;    /* the peer ended its side */
    uint8_t drawn[256];
};

static int give(struct run *r, const uint8_t *p, size_t len)
{
    uint8_t *copy = r->ended ? NULL : malloc(len);
    struct p2p__slice in = {.p = copy, .len = len};
    int rv;

    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, p, len);
    rv = r->ops->rx(r->core, &in, r->now);
    free(copy);
    return rv;
}

static int draw(struct run *r, size_t room)
{
    struct p2p__outbuf out = {.p = r->drawn, .cap = room};
    int rv;

    if (r->finished) {
        return 0;
    }
    rv = r->ops->tx(r->core, &out, r->now);
    if (out.len > room || rv > P2P__PROTO_FIN) {
        abort();
    }
    r->finished = rv == P2P__PROTO_FIN;
    return rv < 0 ? rv : 0;
}

static int end(struct run *r)
{
    if (r->ended) {
        return 0;
    }
    r->ended = true;
    return r->ops->fin(r->core, r->now);
}

/* One step; returns its result and how many bytes it used. */
static int step(struct run *r, const uint8_t *p, size_t left, size_t *used)
{
    const uint8_t arg = left > 1 ? p[1] : 0;

    *used = 2;
    switch (p[0]) {
        case DRAW:
            return draw(r, arg);
        case ECHO:
            *used = 1;
            return give(r, r->drawn, ECHO_BYTES);
        case WAIT:
            r->now = p2p__ns_after(r->now, P2P__SEC(arg));
            return r->ops->expire(r->core, r->now);
        case END:
        case UINT8_MAX:
            *used = 1;
            return end(r);
        default:
            *used = 1 + p2p__min(p[0], left - 1);
            return give(r, p + 1, *used - 1);
    }
}

void proto_fuzz(const struct p2p__proto_ops *ops, void *core,
                void (*events)(void *core), const uint8_t *data, size_t size)
{
    struct run r = {.ops = ops, .core = core, .now = 1};
    size_t used;
    int rv = 0;

    for (size_t at = 0; at < size && rv == 0; at += used) {
        rv = step(&r, data + at, size - at, &used);
        events(core);
        (void)ops->deadline(core);
    }
    ops->fini(core);
}

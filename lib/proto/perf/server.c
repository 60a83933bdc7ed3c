/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The server of perf: see perf.h.
 *
 * Happy path: rx reads the header, drops the upload, and fin lets tx write
 * the download. What it sends is a count, never a buffer. Failure: an end
 * within the header, a client that neither sends nor reads.
 */
#include "proto/perf/perf.h"

#define HEADER_BYTES 8U

void p2p__perf_server_init(struct p2p__perf_server *s, struct p2p__job *owner,
                           p2p_ns now)
{
    *s = (struct p2p__perf_server){.owner = owner, .moved = now};
}

int p2p__perf_server_rx(struct p2p__perf_server *s, const struct p2p__slice *in,
                        p2p_ns now)
{
    assert(!s->ended);
    for (size_t i = 0; i < in->len && s->header < HEADER_BYTES; i++) {
        s->left = s->left << 8 | in->p[i];
        s->header++;
    }
    s->moved = now;
    return 0;
}

int p2p__perf_server_fin(struct p2p__perf_server *s, p2p_ns now)
{
    if (s->header < HEADER_BYTES) {
        return P2P_EPROTO;
    }
    s->ended = true;
    s->moved = now;
    p2p__mark(s->owner);
    return 0;
}

int p2p__perf_server_tx(struct p2p__perf_server *s, struct p2p__outbuf *out,
                        p2p_ns now)
{
    const size_t room = p2p__outbuf_room(out);
    const size_t n = s->left < room ? (size_t)s->left : room;

    if (!s->ended) {
        return 0;
    }
    assert(s->header == HEADER_BYTES);
    if (n > 0) {
        memset(out->p + out->len, 0, n);
        out->len += n;
        s->left -= n;
        s->moved = now;
    }
    return s->left == 0 ? P2P__PROTO_FIN : 0;
}

p2p_ns p2p__perf_server_deadline(const struct p2p__perf_server *s)
{
    return p2p__ns_after(s->moved, P2P__PERF_IDLE);
}

int p2p__perf_server_expire(struct p2p__perf_server *s, p2p_ns now)
{
    return now < p2p__perf_server_deadline(s) ? 0 : P2P_ETIMEDOUT;
}

void p2p__perf_server_fini(struct p2p__perf_server *s)
{
    s->left = 0;
}

P2P__PROTO_OPS(p2p__perf_server, P2P__PERF_PROTOCOL);

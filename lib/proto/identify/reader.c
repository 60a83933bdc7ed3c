/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end of identify that listens: see reader.h.
 *
 * Happy path: a length, a message, the peer's end; the messages stand one
 * behind the other in one buffer, and the view is made of that. The buffer
 * grows as bytes arrive, never because a length says so. Failure: anything
 * beyond a cap, an end within a message, a protobuf that is none.
 */
#include "proto/identify/reader.h"

#include "base/mem.h"
#include "wire/varint.h"

/* The least that the buffer grows to. */
#define ROOM_MIN 512U

void p2p__identify_reader_init(struct p2p__identify_reader *r,
                               const struct p2p__identify_reader_cfg *cfg,
                               p2p_ns now)
{
    const p2p_ns timeout =
        cfg->timeout > 0 ? cfg->timeout : P2P__IDENTIFY_TIMEOUT;

    *r = (struct p2p__identify_reader){
        .peer = cfg->peer,
        .quota = cfg->quota,
        .owner = cfg->owner,
        .deadline = p2p__ns_after(now, timeout),
    };
}

static bool is_within(const struct p2p__identify_reader *r)
{
    return r->left > 0 || r->prefix_len > 0;
}

/* Reads a length; left is 0 still when more bytes are needed. */
static int read_length(struct p2p__identify_reader *r, struct p2p__slice *in)
{
    uint64_t len;
    int rv = 0;

    while (rv == 0 && in->len > 0) {
        if (r->prefix_len == sizeof r->prefix) {
            return P2P_ETOOBIG;
        }
        r->prefix[r->prefix_len++] = *in->p;
        p2p__slice_skip(in, 1);
        rv = p2p__varint_get(r->prefix, r->prefix_len, &len);
    }
    if (rv <= 0) {
        return rv;
    }
    if (len > P2P__CAP_IDENTIFY_MESSAGE_BYTES) {
        return P2P_ETOOBIG;
    }
    if (r->messages == P2P__CAP_IDENTIFY_MESSAGES) {
        return P2P_ELIMIT;
    }
    r->messages++;
    r->prefix_len = 0;
    r->left = (size_t)len;
    return 0;
}

/* Makes room for n bytes of the message, charged before it is taken. */
static int grow(struct p2p__identify_reader *r, size_t n)
{
    size_t room = p2p__max(p2p__max(2 * r->room, ROOM_MIN), r->have + n);
    uint8_t *bytes;
    int rv;

    if (n <= r->room - r->have) {
        return 0;
    }
    room = p2p__min(room, r->have + r->left);
    rv = p2p__quota_take(r->quota, P2P__Q_MEMORY, room - r->room);
    if (rv != 0) {
        return rv;
    }
    bytes = p2p__realloc(r->bytes, room);
    if (bytes == NULL) {
        p2p__quota_give(r->quota, P2P__Q_MEMORY, room - r->room);
        return P2P_ENOMEM;
    }
    r->bytes = bytes;
    r->room = room;
    return 0;
}

int p2p__identify_reader_rx(struct p2p__identify_reader *r,
                            const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice rest = *in;

    (void)now;
    while (rest.len > 0 && !r->ended) {
        size_t n = p2p__min(r->left, rest.len);
        int rv = n == 0 ? read_length(r, &rest) : grow(r, n);

        if (rv != 0) {
            return rv;
        }
        if (n > 0) {
            memcpy(r->bytes + r->have, rest.p, n);
            r->have += n;
            r->left -= n;
            p2p__slice_skip(&rest, n);
        }
        assert(r->have <= (size_t)P2P__CAP_IDENTIFY_MESSAGES *
                              P2P__CAP_IDENTIFY_MESSAGE_BYTES);
    }
    return 0;
}

/* All was heard; the peer has until `deadline` to end its side. */
static int end(struct p2p__identify_reader *r, p2p_ns deadline)
{
    int rv;

    assert(!r->ended && !is_within(r) && r->messages > 0);
    r->ended = true;
    r->deadline = deadline;
    p2p__mark(r->owner);
    rv =
        p2p__identify_read(p2p__slice_of(r->bytes, r->have), r->peer, &r->info);
    r->told = rv == 0;
    return rv;
}

int p2p__identify_reader_fin(struct p2p__identify_reader *r, p2p_ns now)
{
    (void)now;
    if (r->ended) {
        r->deadline = P2P_NEVER;
        return 0;
    }
    return is_within(r) || r->messages == 0 ? P2P_EPROTO : end(r, P2P_NEVER);
}

int p2p__identify_reader_tx(struct p2p__identify_reader *r,
                            struct p2p__outbuf *out, p2p_ns now)
{
    (void)out;
    (void)now;
    return r->ended ? P2P__PROTO_FIN : 0;
}

const struct p2p__identify_info *p2p__identify_reader_next(
    struct p2p__identify_reader *r)
{
    if (!r->told) {
        return NULL;
    }
    r->told = false;
    return &r->info;
}

p2p_ns p2p__identify_reader_deadline(const struct p2p__identify_reader *r)
{
    return r->deadline;
}

int p2p__identify_reader_expire(struct p2p__identify_reader *r, p2p_ns now)
{
    if (now < r->deadline) {
        return 0;
    }
    return r->ended || is_within(r) || r->messages == 0
               ? P2P_ETIMEDOUT
               : end(r, p2p__ns_after(now, P2P__IDENTIFY_TIMEOUT));
}

void p2p__identify_reader_fini(struct p2p__identify_reader *r)
{
    p2p__free(r->bytes);
    p2p__quota_give(r->quota, P2P__Q_MEMORY, r->room);
    r->bytes = NULL;
    r->room = 0;
    r->have = 0;
    r->told = false;
}

P2P__PROTO_OPS(p2p__identify_reader, P2P__IDENTIFY_PROTOCOL);

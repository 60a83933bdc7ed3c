/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The end of identify that speaks: see writer.h.
 *
 * What goes out is six parts in a row: a length, the shared message, the
 * field `observed`, and the record, which may have a length of its own. tx
 * copies from where it was. Failure: a peer that speaks, does not
 * read, or does not end its side.
 */
#include "proto/identify/writer.h"

#include "proto/identify/reader.h"
#include "wire/varint.h"

struct part {
    const uint8_t *p;
    size_t len;
};

static void set_head(struct p2p__identify_writer *w, size_t i, size_t len)
{
    uint8_t buf[P2P__VARINT_PB_MAX];
    const size_t n = p2p__varint_put(buf, len);

    assert(n <= sizeof w->head[i]);
    memcpy(w->head[i], buf, n);
    w->head_len[i] = (uint8_t)n;
}

static void set_observed(struct p2p__identify_writer *w,
                         const struct p2p_multiaddr *ma)
{
    struct p2p__pbw pb;

    if (ma == NULL || ma->len == 0) {
        return;
    }
    p2p__pbw_init(&pb, w->observed, sizeof w->observed);
    p2p__pbw_bytes(&pb, P2P__IDENTIFY_OBSERVED, ma->bytes, ma->len);
    assert(p2p__pbw_end(&pb) > 0);
    w->observed_len = (uint16_t)pb.len;
}

void p2p__identify_writer_init(struct p2p__identify_writer *w,
                               const struct p2p__identify_writer_cfg *cfg,
                               p2p_ns now)
{
    const p2p_ns timeout =
        cfg->timeout > 0 ? cfg->timeout : P2P__IDENTIFY_TIMEOUT;
    size_t len;

    assert(cfg->self->message != NULL && cfg->self->record != NULL);
    *w = (struct p2p__identify_writer){
        .message = p2p__slab_ref(cfg->self->message),
        .record = p2p__slab_ref(cfg->self->record),
        .deadline = p2p__ns_after(now, timeout),
    };
    set_observed(w, cfg->observed);
    len = w->message->cap + w->observed_len;
    if (len + w->record->cap <= P2P__IDENTIFY_ONE_MESSAGE) {
        set_head(w, 0, len + w->record->cap);
    } else {
        set_head(w, 0, len);
        set_head(w, 1, w->record->cap);
    }
    p2p__mark(cfg->owner);
}

int p2p__identify_writer_rx(struct p2p__identify_writer *w,
                            const struct p2p__slice *in, p2p_ns now)
{
    (void)w;
    (void)now;
    return in->len > 0 ? P2P_EPROTO : 0;
}

int p2p__identify_writer_fin(struct p2p__identify_writer *w, p2p_ns now)
{
    (void)now;
    w->ended = true;
    return 0;
}

int p2p__identify_writer_tx(struct p2p__identify_writer *w,
                            struct p2p__outbuf *out, p2p_ns now)
{
    const struct part parts[] = {
        {w->head[0], w->head_len[0]},      {w->message->data, w->message->cap},
        {w->observed, w->observed_len},    {w->head[1], w->head_len[1]},
        {w->record->data, w->record->cap},
    };
    size_t begin = 0; /* of a part, in all of them */

    (void)now;
    for (size_t i = 0; i < P2P__COUNT(parts); i++) {
        const size_t end = begin + parts[i].len;

        if (w->sent < end) {
            size_t n = p2p__min(end - w->sent, p2p__outbuf_room(out));

            p2p__outbuf_put(out, parts[i].p + (w->sent - begin), n);
            w->sent += n;
        }
        if (w->sent < end) {
            return 0;
        }
        begin = end;
    }
    w->finished = true;
    return P2P__PROTO_FIN;
}

p2p_ns p2p__identify_writer_deadline(const struct p2p__identify_writer *w)
{
    return w->finished && w->ended ? P2P_NEVER : w->deadline;
}

int p2p__identify_writer_expire(struct p2p__identify_writer *w, p2p_ns now)
{
    return now < p2p__identify_writer_deadline(w) ? 0 : P2P_ETIMEDOUT;
}

void p2p__identify_writer_fini(struct p2p__identify_writer *w)
{
    p2p__slab_unref(w->message);
    p2p__slab_unref(w->record);
    w->message = NULL;
    w->record = NULL;
}

P2P__PROTO_OPS(p2p__identify_writer, P2P__IDENTIFY_PROTOCOL);

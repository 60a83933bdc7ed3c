/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See serve.h. Happy path: rx reads a request, its answer is made at once and
 * written by tx. Failure modes: a peer that asks before it was answered, too
 * much, too slowly or too often, or what makes no sense, loses the stream.
 */
#include "proto/serve/serve.h"

#include "base/mem.h"

void p2p__serve_init(struct p2p__serve *s, const struct p2p__serve_cfg *cfg,
                     p2p_ns now)
{
    assert(cfg->answer != NULL && cfg->room > 0);
    *s = (struct p2p__serve){.cfg = *cfg,
                             .deadline = p2p__ns_after(now, cfg->pause)};
    p2p__frame_init(&s->frame, cfg->quota, cfg->cap);
}

static void resize(struct p2p__serve *s, size_t room)
{
    assert(room <= s->room);
    p2p__quota_give(s->cfg.quota, P2P__Q_MEMORY, s->room - room);
    s->room = room;
}

static void drop(struct p2p__serve *s)
{
    p2p__free(s->out);
    resize(s, 0);
    s->out = NULL;
    s->len = s->written = 0;
}

/* Takes memory for an answer. 0, P2P_ELIMIT or P2P_ENOMEM. */
static int make_room(struct p2p__serve *s)
{
    if (p2p__quota_take(s->cfg.quota, P2P__Q_MEMORY, s->cfg.room) != 0) {
        return P2P_ELIMIT;
    }
    s->room = s->cfg.room;
    s->out = p2p__alloc(s->room);
    if (s->out == NULL) {
        drop(s);
        return P2P_ENOMEM;
    }
    return 0;
}

/* The answer is whole: what is not needed is given back. */
static int keep(struct p2p__serve *s, const struct p2p__pbw *w)
{
    const int len = p2p__pbw_end(w);
    uint8_t *less;

    if (len <= 0) {
        drop(s);
        return len;
    }
    s->len = (size_t)len;
    less = p2p__realloc(s->out, s->len);
    if (less != NULL) {
        s->out = less;
        resize(s, s->len);
    }
    p2p__mark(s->cfg.owner);
    return 0;
}

static int handle(struct p2p__serve *s, struct p2p__slice request, p2p_ns now)
{
    struct p2p__pbw w;
    int rv;

    assert(s->out == NULL && s->room == 0);
    if (++s->requests > s->cfg.requests) {
        return P2P_ELIMIT;
    }
    s->deadline = p2p__ns_after(now, s->cfg.pause);
    rv = make_room(s);
    if (rv != 0) {
        return rv;
    }
    p2p__pbw_init(&w, s->out, s->room);
    rv = s->cfg.answer(s->cfg.user, request, &w, now);
    if (rv != 0) {
        drop(s);
        return rv < 0 ? rv : 0;
    }
    return keep(s, &w);
}

int p2p__serve_rx(struct p2p__serve *s, const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, request;
    int rv = 0;

    while (rv == 0 && left.len > 0) {
        if (s->out != NULL) {
            return P2P_EPROTO; /* the answer comes first */
        }
        rv = p2p__frame_next(&s->frame, &left, &request);
        if (rv == 1) {
            rv = handle(s, request, now);
        }
    }
    return rv;
}

int p2p__serve_fin(struct p2p__serve *s, p2p_ns now)
{
    (void)now;
    s->ended = true;
    p2p__mark(s->cfg.owner);
    return p2p__frame_is_between(&s->frame) ? 0 : P2P_EPROTO;
}

int p2p__serve_tx(struct p2p__serve *s, struct p2p__outbuf *out, p2p_ns now)
{
    const size_t n = p2p__min(s->len - s->written, p2p__outbuf_room(out));

    assert(s->written <= s->len && s->len <= s->room);
    if (n > 0) {
        p2p__outbuf_put(out, s->out + s->written, n);
        s->written += n;
        s->deadline = p2p__ns_after(now, s->cfg.pause);
    }
    if (s->out != NULL && s->written == s->len) {
        drop(s);
    }
    return s->ended && s->out == NULL ? P2P__PROTO_FIN : 0;
}

p2p_ns p2p__serve_deadline(const struct p2p__serve *s)
{
    return s->deadline;
}

int p2p__serve_expire(struct p2p__serve *s, p2p_ns now)
{
    return now < s->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__serve_fini(struct p2p__serve *s)
{
    p2p__frame_fini(&s->frame);
    drop(s);
}

P2P__PROTO_OPS(p2p__serve, NULL);

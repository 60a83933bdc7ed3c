/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See talk.h. Failure mode: a peer that takes too long. */
#include "proto/autonat/talk.h"

void p2p__autonat_talk_init(struct p2p__autonat_talk *t,
                            const struct p2p__autonat_talk_cfg *cfg, size_t cap,
                            p2p_ns now)
{
    t->owner = cfg->owner;
    t->deadline = p2p__ns_after(now, P2P__AUTONAT_TIMEOUT);
    t->len = t->written = 0;
    t->last = t->over = false;
    p2p__frame_init(&t->frame, cfg->quota, cap);
}

void p2p__autonat_talk_open(struct p2p__autonat_talk *t, struct p2p__pbw *w)
{
    assert(t->written == t->len && !t->last);
    p2p__pbw_init(w, t->out, sizeof t->out);
}

void p2p__autonat_talk_say(struct p2p__autonat_talk *t,
                           const struct p2p__pbw *w, bool last)
{
    const int len = p2p__pbw_end(w);

    assert(len > 0);
    t->len = (size_t)len;
    t->written = 0;
    t->last = last;
    p2p__mark(t->owner);
}

int p2p__autonat_talk_tx(struct p2p__autonat_talk *t, struct p2p__outbuf *out,
                         p2p_ns now)
{
    const size_t n = p2p__min(t->len - t->written, p2p__outbuf_room(out));

    p2p__outbuf_put(out, t->out + t->written, n);
    t->written += n;
    return t->last && t->written == t->len ? p2p__autonat_talk_end(t, now) : 0;
}

int p2p__autonat_talk_end(struct p2p__autonat_talk *t, p2p_ns now)
{
    t->over = true;
    t->deadline = p2p__ns_after(now, P2P__AUTONAT_LINGER);
    return P2P__PROTO_FIN;
}

int p2p__autonat_talk_expire(const struct p2p__autonat_talk *t, p2p_ns now)
{
    return now < t->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__autonat_talk_fini(struct p2p__autonat_talk *t)
{
    p2p__frame_fini(&t->frame);
}

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See ask.h. Happy path: tx writes the request, rx gathers the answer, next
 * tells it. Failure modes: an answer that is too long, or does not come.
 */
#include "proto/ask/ask.h"

void p2p__ask_init(struct p2p__ask *a, const struct p2p__ask_cfg *cfg,
                   p2p_ns now)
{
    assert(cfg->request.len > 0);
    *a = (struct p2p__ask){.request = cfg->request,
                           .deadline = p2p__ns_after(now, cfg->timeout),
                           .awaits = cfg->cap > 0};
    p2p__frame_init(&a->frame, cfg->quota, p2p__max(cfg->cap, (size_t)1));
    p2p__mark(cfg->owner);
}

/* There is an answer to tell. */
static void answered(struct p2p__ask *a, p2p_ns deadline)
{
    assert(!a->answered);
    a->answered = a->told = true;
    a->deadline = deadline;
}

int p2p__ask_take(struct p2p__ask *a, struct p2p__slice *in)
{
    int rv;

    if (a->answered || !a->awaits) {
        return 0;
    }
    rv = p2p__frame_take(&a->frame, in, &a->answer);
    if (rv == 1) {
        answered(a, P2P_NEVER);
    }
    return rv < 0 ? rv : 0;
}

int p2p__ask_rx(struct p2p__ask *a, const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in;
    const bool was = a->answered;
    int rv = p2p__ask_take(a, &left);

    if (a->answered && !was) {
        a->deadline = p2p__ns_after(now, P2P__ASK_LINGER);
    }
    return rv;
}

int p2p__ask_fin(struct p2p__ask *a, p2p_ns now)
{
    (void)now;
    if (!a->awaits && !a->answered && p2p__ask_is_written(a)) {
        answered(a, a->deadline);
    }
    return a->answered || !a->awaits ? 0 : P2P_EPROTO;
}

int p2p__ask_tx(struct p2p__ask *a, struct p2p__outbuf *out, p2p_ns now)
{
    const size_t n =
        p2p__min(a->request.len - a->written, p2p__outbuf_room(out));

    (void)now;
    p2p__outbuf_put(out, a->request.p + a->written, n);
    a->written += n;
    assert(a->written <= a->request.len);
    return a->written < a->request.len ? 0 : P2P__PROTO_FIN;
}

bool p2p__ask_is_written(const struct p2p__ask *a)
{
    return a->written == a->request.len;
}

bool p2p__ask_next(struct p2p__ask *a, struct p2p__slice *answer)
{
    const bool told = a->told;

    a->told = false;
    *answer = a->answer;
    return told;
}

p2p_ns p2p__ask_deadline(const struct p2p__ask *a)
{
    return a->deadline;
}

int p2p__ask_expire(struct p2p__ask *a, p2p_ns now)
{
    return now < a->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__ask_fini(struct p2p__ask *a)
{
    p2p__frame_fini(&a->frame);
    p2p__slice_drop(&a->request);
    a->answer = (struct p2p__slice){0};
    a->told = false;
}

P2P__PROTO_OPS(p2p__ask, NULL);

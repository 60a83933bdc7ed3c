/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See ask.h. Happy path: tx writes the request, rx reads the status, next
 * tells it. Failure modes: an answer that is none, or that does not come.
 */
#include "proto/relay/ask.h"

void p2p__relay_ask_init(struct p2p__relay_ask *a,
                         const struct p2p__relay_ask_cfg *cfg, p2p_ns now)
{
    const p2p_ns timeout =
        cfg->timeout > 0 ? cfg->timeout : P2P__RELAY_ASK_TIMEOUT;
    struct p2p__pbw w;
    int len;

    assert(cfg->request->type != P2P__RELAY_STATUS);
    *a = (struct p2p__relay_ask){.kind = cfg->kind,
                                 .deadline = p2p__ns_after(now, timeout)};
    p2p__frame_init(&a->frame, cfg->quota, P2P__CAP_RELAY_MESSAGE_BYTES);
    p2p__pbw_init(&w, a->request, sizeof a->request);
    p2p__relay_msg_write(&w, cfg->kind, cfg->request);
    len = p2p__pbw_end(&w);
    assert(len > 0);
    a->request_len = (size_t)len;
    p2p__mark(cfg->owner);
}

int p2p__relay_ask_rx(struct p2p__relay_ask *a, struct p2p__slice *in)
{
    struct p2p__slice msg;
    int rv;

    if (a->answered) {
        return 0;
    }
    rv = p2p__frame_take(&a->frame, in, &msg);
    if (rv <= 0) {
        return rv;
    }
    rv = p2p__relay_msg_read(a->kind, msg, &a->answer);
    if (rv == 0 && a->answer.type != P2P__RELAY_STATUS) {
        rv = P2P_EPROTO;
    }
    if (rv == 0) {
        a->answered = a->told = true;
        a->deadline = P2P_NEVER;
    }
    return rv;
}

void p2p__relay_ask_tx(struct p2p__relay_ask *a, struct p2p__outbuf *out)
{
    const size_t n =
        p2p__min(a->request_len - a->written, p2p__outbuf_room(out));

    p2p__outbuf_put(out, a->request + a->written, n);
    a->written += n;
}

const struct p2p__relay_msg *p2p__relay_ask_next(struct p2p__relay_ask *a)
{
    const bool told = a->told;

    a->told = false;
    return told ? &a->answer : NULL;
}

bool p2p__relay_ask_is_answered(const struct p2p__relay_ask *a)
{
    return a->answered;
}

p2p_ns p2p__relay_ask_deadline(const struct p2p__relay_ask *a)
{
    return a->deadline;
}

int p2p__relay_ask_expire(struct p2p__relay_ask *a, p2p_ns now)
{
    return now < a->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__relay_ask_fini(struct p2p__relay_ask *a)
{
    p2p__frame_fini(&a->frame);
    a->told = false;
}

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
    struct p2p__ask_cfg ask = {.cap = P2P__CAP_RELAY_MESSAGE_BYTES,
                               .timeout = timeout,
                               .quota = cfg->quota,
                               .owner = cfg->owner};
    struct p2p__pbw w;
    int len;

    assert(cfg->request->type != P2P__RELAY_STATUS);
    *a = (struct p2p__relay_ask){.kind = cfg->kind};
    p2p__pbw_init(&w, a->request, sizeof a->request);
    p2p__relay_msg_write(&w, cfg->kind, cfg->request);
    len = p2p__pbw_end(&w);
    assert(len > 0);
    ask.request = p2p__slice_of(a->request, (size_t)len);
    p2p__ask_init(&a->ask, &ask, now);
}

int p2p__relay_ask_rx(struct p2p__relay_ask *a, struct p2p__slice *in)
{
    struct p2p__slice msg;
    int rv = p2p__ask_take(&a->ask, in);

    if (rv != 0 || !p2p__ask_next(&a->ask, &msg)) {
        return rv;
    }
    rv = p2p__relay_msg_read(a->kind, msg, &a->answer);
    if (rv == 0 && a->answer.type != P2P__RELAY_STATUS) {
        rv = P2P_EPROTO;
    }
    a->told = rv == 0;
    return rv;
}

void p2p__relay_ask_tx(struct p2p__relay_ask *a, struct p2p__outbuf *out)
{
    (void)p2p__ask_tx(&a->ask, out, 0); /* the stream does not end here */
}

const struct p2p__relay_msg *p2p__relay_ask_next(struct p2p__relay_ask *a)
{
    const bool told = a->told;

    a->told = false;
    return told ? &a->answer : NULL;
}

bool p2p__relay_ask_is_answered(const struct p2p__relay_ask *a)
{
    return a->ask.answered;
}

p2p_ns p2p__relay_ask_deadline(const struct p2p__relay_ask *a)
{
    return p2p__ask_deadline(&a->ask);
}

int p2p__relay_ask_expire(struct p2p__relay_ask *a, p2p_ns now)
{
    return p2p__ask_expire(&a->ask, now);
}

void p2p__relay_ask_fini(struct p2p__relay_ask *a)
{
    p2p__ask_fini(&a->ask);
    a->told = false;
}

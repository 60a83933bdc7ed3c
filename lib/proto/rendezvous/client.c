/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See client.h. Failure modes: an answer that does not come, that is none, or
 * that answers something else.
 */
#include "proto/rendezvous/client.h"

int p2p__rendezvous_client_init(struct p2p__rendezvous_client *c,
                                const struct p2p__rendezvous_client_cfg *cfg,
                                p2p_ns now)
{
    struct p2p__pbw w;
    int len;

    assert(cfg->request->type != P2P__RENDEZVOUS_REGISTERED &&
           cfg->request->type != P2P__RENDEZVOUS_DISCOVERED);
    *c = (struct p2p__rendezvous_client){
        .type = cfg->request->type,
        .owner = cfg->owner,
        .deadline = p2p__ns_after(now, P2P__RENDEZVOUS_TIMEOUT)};
    p2p__frame_init(&c->frame, cfg->quota, P2P__CAP_RENDEZVOUS_ANSWER_BYTES);
    p2p__pbw_init(&w, c->request, sizeof c->request);
    p2p__rendezvous_msg_write(&w, cfg->request);
    len = p2p__pbw_end(&w);
    if (len < 0) {
        return len;
    }
    c->len = (size_t)len;
    p2p__mark(cfg->owner);
    return 0;
}

/* There is an answer to tell. */
static void answered(struct p2p__rendezvous_client *c)
{
    assert(!c->answered);
    c->answered = c->told = true;
    c->deadline = P2P_NEVER;
}

int p2p__rendezvous_client_rx(struct p2p__rendezvous_client *c,
                              const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv;

    (void)now;
    if (c->answered) {
        return 0; /* of no interest any more */
    }
    rv = p2p__frame_take(&c->frame, &left, &msg);
    if (rv != 1) {
        return rv;
    }
    rv = p2p__rendezvous_msg_read(msg, &c->answer);
    if (rv == 0 && c->answer.type != c->type + 1) {
        rv = P2P_EPROTO;
    }
    if (rv == 0) {
        answered(c);
    }
    return rv;
}

int p2p__rendezvous_client_fin(struct p2p__rendezvous_client *c, p2p_ns now)
{
    (void)now;
    return c->answered || c->type == P2P__RENDEZVOUS_UNREGISTER ? 0
                                                                : P2P_EPROTO;
}

int p2p__rendezvous_client_tx(struct p2p__rendezvous_client *c,
                              struct p2p__outbuf *out, p2p_ns now)
{
    const size_t n = p2p__min(c->len - c->written, p2p__outbuf_room(out));

    (void)now;
    assert(c->written <= c->len);
    p2p__outbuf_put(out, c->request + c->written, n);
    c->written += n;
    if (c->written < c->len) {
        return 0;
    }
    if (c->type == P2P__RENDEZVOUS_UNREGISTER && !c->answered) {
        answered(c);
    }
    return P2P__PROTO_FIN;
}

const struct p2p__rendezvous_msg *p2p__rendezvous_client_next(
    struct p2p__rendezvous_client *c)
{
    const bool told = c->told;

    c->told = false;
    return told ? &c->answer : NULL;
}

p2p_ns p2p__rendezvous_client_deadline(const struct p2p__rendezvous_client *c)
{
    return c->deadline;
}

int p2p__rendezvous_client_expire(struct p2p__rendezvous_client *c, p2p_ns now)
{
    return now < c->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__rendezvous_client_fini(struct p2p__rendezvous_client *c)
{
    p2p__frame_fini(&c->frame);
    c->told = false;
}

P2P__PROTO_OPS(p2p__rendezvous_client, P2P__RENDEZVOUS_PROTOCOL);

/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See server_v1.h. Happy path: rx reads the request, next tells it, the owner
 * answers, tx writes that. Failure modes: what is no request, or does not
 * come, ends the stream.
 */
#include "proto/autonat/server_v1.h"

void p2p__autonat_server_v1_init(struct p2p__autonat_server_v1 *s,
                                 const struct p2p__autonat_talk_cfg *cfg,
                                 p2p_ns now)
{
    p2p__autonat_talk_init(&s->talk, cfg, P2P__CAP_AUTONAT_MESSAGE_BYTES, now);
    s->asked = s->told = false;
}

int p2p__autonat_server_v1_rx(struct p2p__autonat_server_v1 *s,
                              const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv;

    (void)now;
    if (s->asked) {
        return P2P_EPROTO;
    }
    rv = p2p__frame_take(&s->talk.frame, &left, &msg);
    if (rv <= 0) {
        return rv;
    }
    rv = p2p__autonat_v1_read(msg, &s->request);
    if (rv == 0 && (s->request.type != P2P__AUTONAT_V1_DIAL || left.len > 0)) {
        rv = P2P_EPROTO;
    }
    s->asked = s->told = rv == 0;
    return rv;
}

int p2p__autonat_server_v1_fin(struct p2p__autonat_server_v1 *s, p2p_ns now)
{
    (void)now;
    return s->asked ? 0 : P2P_EPROTO;
}

const struct p2p__autonat_v1_msg *p2p__autonat_server_v1_next(
    struct p2p__autonat_server_v1 *s)
{
    const bool told = s->told;

    s->told = false;
    return told ? &s->request : NULL;
}

void p2p__autonat_server_v1_answer(struct p2p__autonat_server_v1 *s,
                                   enum p2p__autonat_v1_status status,
                                   const struct p2p_multiaddr *addr)
{
    struct p2p__pbw w;

    assert(s->asked);
    p2p__autonat_talk_open(&s->talk, &w);
    p2p__autonat_v1_write_response(&w, status, addr);
    p2p__autonat_talk_say(&s->talk, &w, true);
}

int p2p__autonat_server_v1_tx(struct p2p__autonat_server_v1 *s,
                              struct p2p__outbuf *out, p2p_ns now)
{
    return p2p__autonat_talk_tx(&s->talk, out, now);
}

p2p_ns p2p__autonat_server_v1_deadline(const struct p2p__autonat_server_v1 *s)
{
    return s->asked && !s->talk.over ? P2P_NEVER : s->talk.deadline;
}

int p2p__autonat_server_v1_expire(struct p2p__autonat_server_v1 *s, p2p_ns now)
{
    return s->asked && !s->talk.over ? 0
                                     : p2p__autonat_talk_expire(&s->talk, now);
}

void p2p__autonat_server_v1_fini(struct p2p__autonat_server_v1 *s)
{
    p2p__autonat_talk_fini(&s->talk);
    s->told = false;
}

P2P__PROTO_OPS(p2p__autonat_server_v1, P2P__AUTONAT_V1_PROTOCOL);

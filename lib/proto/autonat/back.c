/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See back.h. The answer to a nonce is a message whose one field is left out
 * where it has the only value that it can have: go sends a length of nothing.
 * So any byte is an answer. Failure modes: no nonce, or too late.
 */
#include "proto/autonat/back.h"

static void begin(struct p2p__autonat_back *b,
                  const struct p2p__autonat_talk_cfg *cfg, p2p_ns now)
{
    p2p__autonat_talk_init(&b->talk, cfg, P2P__CAP_AUTONAT_BACK_BYTES, now);
    b->talk.deadline = p2p__ns_after(now, P2P__AUTONAT_BACK_TIMEOUT);
    b->says = b->heard = b->told = false;
}

void p2p__autonat_back_say(struct p2p__autonat_back *b,
                           const struct p2p__autonat_talk_cfg *cfg,
                           uint64_t nonce, p2p_ns now)
{
    struct p2p__pbw w;

    begin(b, cfg, now);
    b->says = true;
    b->nonce = nonce;
    p2p__autonat_talk_open(&b->talk, &w);
    p2p__autonat_v2_write_back(&w, nonce);
    p2p__autonat_talk_say(&b->talk, &w, true);
}

void p2p__autonat_back_hear(struct p2p__autonat_back *b,
                            const struct p2p__autonat_talk_cfg *cfg, p2p_ns now)
{
    begin(b, cfg, now);
}

/* What was waited for is here. */
static void heard(struct p2p__autonat_back *b)
{
    b->heard = b->told = true;
}

int p2p__autonat_back_rx(struct p2p__autonat_back *b,
                         const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, msg;
    int rv;

    (void)now;
    if (b->heard || in->len == 0) {
        return 0;
    }
    if (b->says) {
        heard(b);
        return 0;
    }
    rv = p2p__frame_next(&b->talk.frame, &left, &msg);
    if (rv <= 0) {
        return rv;
    }
    rv = p2p__autonat_v2_read_back(msg, &b->nonce);
    if (rv == 0) {
        heard(b);
    }
    return rv;
}

int p2p__autonat_back_fin(struct p2p__autonat_back *b, p2p_ns now)
{
    (void)now;
    if (!b->heard && !b->says) {
        return P2P_EPROTO;
    }
    if (!b->heard) {
        heard(b);
    }
    return 0;
}

int p2p__autonat_back_tx(struct p2p__autonat_back *b, struct p2p__outbuf *out,
                         p2p_ns now)
{
    return p2p__autonat_talk_tx(&b->talk, out, now);
}

bool p2p__autonat_back_next(struct p2p__autonat_back *b)
{
    const bool told = b->told;

    b->told = false;
    return told;
}

void p2p__autonat_back_answer(struct p2p__autonat_back *b)
{
    /* {status: OK}, written out: an empty message is none to some. */
    static const uint8_t ok[] = {2, 1 << 3, 0};
    struct p2p__pbw w;

    assert(b->heard && !b->says);
    p2p__autonat_talk_open(&b->talk, &w);
    p2p__pbw_raw(&w, ok, sizeof ok);
    p2p__autonat_talk_say(&b->talk, &w, true);
}

p2p_ns p2p__autonat_back_deadline(const struct p2p__autonat_back *b)
{
    return b->talk.deadline;
}

int p2p__autonat_back_expire(struct p2p__autonat_back *b, p2p_ns now)
{
    return p2p__autonat_talk_expire(&b->talk, now);
}

void p2p__autonat_back_fini(struct p2p__autonat_back *b)
{
    p2p__autonat_talk_fini(&b->talk);
    b->told = false;
}

P2P__PROTO_OPS(p2p__autonat_back, P2P__AUTONAT_V2_BACK_PROTOCOL);

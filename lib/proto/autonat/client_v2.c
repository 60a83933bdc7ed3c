/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See client_v2.h. Happy path: tx writes the request, rx reads what it costs,
 * tx writes that, rx reads the answer. Failure modes: a server that wants more
 * than there is reason for, speaks of an address that it was not told, or is
 * silent.
 */
#include "proto/autonat/client_v2.h"

#include "base/mem.h"

/* Draws the request. 0, P2P_ETOOBIG or P2P_ENOMEM. */
static int draw(struct p2p__autonat_client_v2 *c,
                const struct p2p__autonat_client_v2_cfg *cfg)
{
    struct p2p__pbw w;

    p2p__pbw_init(&w, NULL, 0);
    p2p__autonat_v2_write_request(&w, cfg->addrs, cfg->n_addrs, cfg->nonce);
    if (w.len > P2P__CAP_AUTONAT_MESSAGE_BYTES) {
        return P2P_ETOOBIG;
    }
    c->request_len = w.len;
    c->request = p2p__alloc(w.len);
    if (c->request == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, c->request, c->request_len);
    p2p__autonat_v2_write_request(&w, cfg->addrs, cfg->n_addrs, cfg->nonce);
    assert(p2p__pbw_end(&w) == (int)c->request_len);
    return 0;
}

int p2p__autonat_client_v2_init(struct p2p__autonat_client_v2 *c,
                                const struct p2p__autonat_client_v2_cfg *cfg,
                                p2p_ns now)
{
    assert(cfg->n_addrs > 0 && cfg->n_addrs <= P2P__CAP_AUTONAT_ADDRS_V2);
    *c = (struct p2p__autonat_client_v2){.n_addrs = cfg->n_addrs};
    p2p__autonat_talk_init(&c->talk, &cfg->talk, P2P__CAP_AUTONAT_MESSAGE_BYTES,
                           now);
    c->talk.deadline = p2p__ns_after(now, P2P__AUTONAT_ANSWER_TIMEOUT);
    p2p__mark(c->talk.owner);
    return draw(c, cfg);
}

/* The server says what it costs. */
static int take_charge(struct p2p__autonat_client_v2 *c,
                       const struct p2p__autonat_v2_msg *msg)
{
    if (c->charged || c->request != NULL || msg->index >= c->n_addrs) {
        return P2P_EPROTO;
    }
    if (msg->bytes > P2P__CAP_AUTONAT_DATA_BYTES) {
        return P2P_ELIMIT;
    }
    c->charged = true;
    c->owed = msg->bytes;
    p2p__mark(c->talk.owner);
    return 0;
}

/* The server says what it came to. */
static int take_answer(struct p2p__autonat_client_v2 *c,
                       const struct p2p__autonat_v2_msg *msg)
{
    if (msg->status == P2P__AUTONAT_V2_OK && msg->index >= c->n_addrs) {
        return P2P_EPROTO;
    }
    c->answer = *msg;
    c->answered = c->told = true;
    p2p__mark(c->talk.owner);
    return 0;
}

int p2p__autonat_client_v2_rx(struct p2p__autonat_client_v2 *c,
                              const struct p2p__slice *in, p2p_ns now)
{
    struct p2p__slice left = *in, bytes;
    struct p2p__autonat_v2_msg msg;
    int rv = 0;

    (void)now;
    while (rv == 0 && left.len > 0 && !c->answered) {
        rv = p2p__frame_next(&c->talk.frame, &left, &bytes);
        if (rv != 1) {
            continue;
        }
        rv = p2p__autonat_v2_read(bytes, &msg);
        if (rv == 0) {
            rv = msg.type == P2P__AUTONAT_V2_RESPONSE ? take_answer(c, &msg)
                 : msg.type == P2P__AUTONAT_V2_DATA_REQUEST
                     ? take_charge(c, &msg)
                     : P2P_EPROTO;
        }
    }
    return rv;
}

int p2p__autonat_client_v2_fin(struct p2p__autonat_client_v2 *c, p2p_ns now)
{
    (void)now;
    return c->answered ? 0 : P2P_EPROTO;
}

/* Writes of the request what there is room for. */
static void write_request(struct p2p__autonat_client_v2 *c,
                          struct p2p__outbuf *out)
{
    const size_t n =
        p2p__min(c->request_len - c->request_written, p2p__outbuf_room(out));

    p2p__outbuf_put(out, c->request + c->request_written, n);
    c->request_written += n;
    if (c->request_written == c->request_len) {
        p2p__free(c->request);
        c->request = NULL;
    }
}

/* Writes of the data what there is room for: zeros. */
static void write_data(struct p2p__autonat_client_v2 *c,
                       struct p2p__outbuf *out, p2p_ns now)
{
    struct p2p__autonat_talk *t = &c->talk;
    struct p2p__pbw w;

    while (p2p__outbuf_room(out) > 0 && (c->owed > 0 || c->piece > 0)) {
        size_t n;

        if (c->piece == 0) {
            c->piece = p2p__min(c->owed, P2P__AUTONAT_PIECE_BYTES);
            c->owed -= c->piece;
            p2p__autonat_talk_open(t, &w);
            p2p__autonat_v2_write_data_head(&w, c->piece);
            p2p__autonat_talk_say(t, &w, false);
        }
        (void)p2p__autonat_talk_tx(t, out, now);
        n = t->written < t->len ? 0 : p2p__min(c->piece, p2p__outbuf_room(out));
        if (n > 0) {
            memset(out->p + out->len, 0, n);
        }
        out->len += n;
        c->piece -= n;
    }
}

int p2p__autonat_client_v2_tx(struct p2p__autonat_client_v2 *c,
                              struct p2p__outbuf *out, p2p_ns now)
{
    if (c->answered) {
        return p2p__autonat_talk_end(&c->talk, now);
    }
    if (c->request != NULL) {
        write_request(c, out);
    }
    if (c->request == NULL) {
        write_data(c, out, now);
    }
    return 0;
}

const struct p2p__autonat_v2_msg *p2p__autonat_client_v2_next(
    struct p2p__autonat_client_v2 *c)
{
    const bool told = c->told;

    c->told = false;
    return told ? &c->answer : NULL;
}

p2p_ns p2p__autonat_client_v2_deadline(const struct p2p__autonat_client_v2 *c)
{
    return c->talk.deadline;
}

int p2p__autonat_client_v2_expire(struct p2p__autonat_client_v2 *c, p2p_ns now)
{
    return p2p__autonat_talk_expire(&c->talk, now);
}

void p2p__autonat_client_v2_fini(struct p2p__autonat_client_v2 *c)
{
    p2p__autonat_talk_fini(&c->talk);
    p2p__free(c->request);
    c->request = NULL;
    c->told = false;
}

P2P__PROTO_OPS(p2p__autonat_client_v2, P2P__AUTONAT_V2_REQUEST_PROTOCOL);

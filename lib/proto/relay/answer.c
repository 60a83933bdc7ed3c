/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See answer.h. Happy path: rx reads the request, next tells it, the owner
 * says what it comes to, tx writes that. Failure modes: a request that is none
 * is told so; one that does not come ends the stream.
 */
#include "proto/relay/answer.h"

#include "base/mem.h"

void p2p__relay_answer_init(struct p2p__relay_answer *a,
                            const struct p2p__relay_answer_cfg *cfg, p2p_ns now)
{
    const p2p_ns timeout =
        cfg->timeout > 0 ? cfg->timeout : P2P__RELAY_REQUEST_TIMEOUT;

    *a = (struct p2p__relay_answer){.kind = cfg->kind,
                                    .owner = cfg->owner,
                                    .deadline = p2p__ns_after(now, timeout)};
    p2p__frame_init(&a->frame, cfg->quota, P2P__CAP_RELAY_MESSAGE_BYTES);
}

/* What is wrong with a request; P2P__RELAY_OK: nothing. */
static enum p2p__relay_status look_at(const struct p2p__relay_answer *a, int rv)
{
    if (rv != 0 ||
        (a->request.type == P2P__RELAY_CONNECT && a->request.peer.len == 0)) {
        return P2P__RELAY_MALFORMED_MESSAGE;
    }
    return a->request.type == P2P__RELAY_RESERVE ||
                   a->request.type == P2P__RELAY_CONNECT
               ? P2P__RELAY_OK
               : P2P__RELAY_UNEXPECTED_MESSAGE;
}

int p2p__relay_answer_rx(struct p2p__relay_answer *a, struct p2p__slice *in)
{
    struct p2p__relay_msg no = {.type = P2P__RELAY_STATUS};
    struct p2p__slice msg;
    int rv;

    if (a->asked) {
        return 0;
    }
    rv = p2p__frame_take(&a->frame, in, &msg);
    if (rv <= 0) {
        return rv;
    }
    a->asked = true;
    a->deadline = P2P_NEVER;
    rv = p2p__relay_msg_read(a->kind, msg, &a->request);
    no.status = look_at(a, rv);
    a->told = no.status == P2P__RELAY_OK;
    return a->told ? 0 : p2p__relay_answer_say(a, &no);
}

const struct p2p__relay_msg *p2p__relay_answer_next(struct p2p__relay_answer *a)
{
    const bool told = a->told;

    a->told = false;
    return told ? &a->request : NULL;
}

int p2p__relay_answer_say(struct p2p__relay_answer *a,
                          const struct p2p__relay_msg *status)
{
    struct p2p__pbw w;

    assert(a->asked && a->out == NULL);
    assert(status->type == P2P__RELAY_STATUS);
    p2p__pbw_init(&w, NULL, 0);
    p2p__relay_msg_write(&w, a->kind, status);
    if (w.len > P2P__CAP_RELAY_MESSAGE_BYTES) {
        return P2P_ETOOBIG;
    }
    a->out_len = w.len;
    a->out = p2p__alloc(a->out_len);
    if (a->out == NULL) {
        return P2P_ENOMEM;
    }
    p2p__pbw_init(&w, a->out, a->out_len);
    p2p__relay_msg_write(&w, a->kind, status);
    assert(p2p__pbw_end(&w) == (int)a->out_len);
    p2p__mark(a->owner);
    return 0;
}

void p2p__relay_answer_tx(struct p2p__relay_answer *a, struct p2p__outbuf *out)
{
    size_t n;

    if (a->out != NULL) {
        n = p2p__min(a->out_len - a->written, p2p__outbuf_room(out));
        p2p__outbuf_put(out, a->out + a->written, n);
        a->written += n;
    }
}

bool p2p__relay_answer_is_asked(const struct p2p__relay_answer *a)
{
    return a->asked;
}

bool p2p__relay_answer_is_said(const struct p2p__relay_answer *a)
{
    return a->out != NULL && a->written == a->out_len;
}

p2p_ns p2p__relay_answer_deadline(const struct p2p__relay_answer *a)
{
    return a->deadline;
}

int p2p__relay_answer_expire(struct p2p__relay_answer *a, p2p_ns now)
{
    return now < a->deadline ? 0 : P2P_ETIMEDOUT;
}

void p2p__relay_answer_fini(struct p2p__relay_answer *a)
{
    p2p__frame_fini(&a->frame);
    p2p__free(a->out);
    a->out = NULL;
    a->told = false;
}

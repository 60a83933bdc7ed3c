/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* /ipfs/ping/1.0.0 on streams: every host answers, and asks when told to. */
#include "proto/ping/ping.h"

#include "base/mem.h"
#include "host/attach.h"

/* Answering: lives as long as its stream. */
struct answer {
    struct p2p__attach a;
    struct p2p__pong core;
};

static void answer_events(void *user, p2p_ns now)
{
    (void)user;
    (void)now;
}

static void answer_done(void *user, int status, p2p_ns now)
{
    struct answer *s = user;

    (void)status;
    (void)now;
    p2p__attach_fini(&s->a);
    p2p__pong_fini(&s->core);
    p2p__free(s);
}

static const struct p2p__attach_cb answer_cb = {
    .events = answer_events,
    .done = answer_done,
};

static void on_inbound(void *user, struct p2p_stream *stream, p2p_ns now)
{
    struct answer *s = p2p__zalloc(sizeof *s);
    struct p2p__pong_cfg cfg = {0};

    if (s == NULL) {
        p2p__stream_reset(stream, P2P_ENOMEM);
        return;
    }
    p2p__attach_init(&s->a, user, &answer_cb, s);
    cfg.owner = &s->a.job;
    p2p__pong_init(&s->core, &cfg, now);
    p2p__attach_start(&s->a, stream, &p2p__pong_ops, &s->core);
}

int p2p__host_ping_init(struct p2p_host *h)
{
    return p2p__handlers_set(&h->swarm->handlers, p2p__pong_ops.protocol,
                             on_inbound, h);
}

/* Asking: some round trips on one stream. */
struct question {
    struct p2p__attach a;
    struct p2p__ping core;
    p2p_ping_done done;
    void *user;
    uint32_t left;
};

static void question_events(void *user, p2p_ns now)
{
    struct question *q = user;
    struct p2p__ping_ev ev;

    (void)now;
    while (p2p__ping_next(&q->core, &ev)) {
        if (q->left > 0) {
            q->left--;
            q->done(q->user, 0, ev.rtt / 1000);
        }
    }
}

static void question_done(void *user, int status, p2p_ns now)
{
    struct question *q = user;

    (void)now;
    if (q->left > 0) {
        q->done(q->user, status < 0 ? status : P2P_ECLOSED, 0);
    }
    p2p__attach_fini(&q->a);
    p2p__ping_fini(&q->core);
    p2p__free(q);
}

static const struct p2p__attach_cb question_cb = {
    .events = question_events,
    .done = question_done,
};

int p2p_host_ping(struct p2p_host *host, const struct p2p_peer_id *peer,
                  uint32_t count, p2p_ping_done done, void *user)
{
    struct question *q;
    struct p2p_stream *stream;
    struct p2p__ping_cfg cfg = {.env = &host->env, .count = count};
    int rv;

    if (count == 0 || done == NULL) {
        return P2P_EINVAL;
    }
    q = p2p__zalloc(sizeof *q);
    if (q == NULL) {
        return P2P_ENOMEM;
    }
    stream =
        p2p__host_open(host, peer, p2p__ping_ops.protocol, P2P__PATH_ANY, &rv);
    if (stream == NULL) {
        p2p__free(q);
        return rv;
    }
    q->done = done;
    q->user = user;
    q->left = count;
    p2p__attach_init(&q->a, host, &question_cb, q);
    cfg.owner = &q->a.job;
    p2p__ping_init(&q->core, &cfg, p2p__host_now(host));
    p2p__attach_start(&q->a, stream, &p2p__ping_ops, &q->core);
    return 0;
}
